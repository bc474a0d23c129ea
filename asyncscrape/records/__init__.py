"""The JSON line that carries a record to the stores: encoded and decoded here and nowhere else."""
