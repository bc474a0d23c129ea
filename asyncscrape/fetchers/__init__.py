"""How bytes are brought from the network."""
