"""A record shop that one would really scrape, with the everyday faults of a real one."""
