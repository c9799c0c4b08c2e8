"""People and their programs: accounts, logins, API tokens, quotas, rates."""
