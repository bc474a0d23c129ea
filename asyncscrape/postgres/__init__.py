"""A Postgres server as everybody meets it: its address, its names, and its errors in plain words."""
