"""Plain HTTP: one exchange at a time over pooled connections."""
