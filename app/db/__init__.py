"""PostgreSQL: started, migrated, and reached through one kind of transaction."""
