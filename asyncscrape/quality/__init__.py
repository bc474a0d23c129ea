"""What a run found, and whether that is what was expected. Pure: no I/O."""
