"""The report of the job "network": matrices, communities, and a map of them."""
