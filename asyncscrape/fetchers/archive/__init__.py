"""Answers from the archive of a job, in the place of the network."""
