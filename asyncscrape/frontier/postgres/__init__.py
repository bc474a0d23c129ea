"""The frontier in Postgres, for many workers on many machines."""
