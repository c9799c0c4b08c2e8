"""Pages that belong to no one feature: home, health, licences, how to call the service."""
