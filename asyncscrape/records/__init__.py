"""The line that a record is on its way: encoded and decoded here and nowhere else."""
