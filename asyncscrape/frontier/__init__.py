"""The durable queue and journal of a job."""
