"""Trains the network that goes on with tunes, on tunes of a composer that works by rules."""
