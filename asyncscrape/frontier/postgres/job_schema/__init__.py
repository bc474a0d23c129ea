"""The schema of a job in the database: where it is, its tables and statements, and transactions over them."""
