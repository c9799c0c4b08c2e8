"""Background work: a job is a row with a lease, the broker is its doorbell."""
