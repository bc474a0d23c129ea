"""What comments under music say about it: a label, its probability, a language; and the same over a track's time."""
