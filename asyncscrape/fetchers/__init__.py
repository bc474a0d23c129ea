"""Bringing bytes from the network."""
