"""The frontier in Postgres, for many workers on many machines.

`job_schema/` holds the tables, and transactions over them; `team/` the workers beside one another; the files here the
requests, hosts, records and generations, as those of the same names in `sqlite/`.
"""
