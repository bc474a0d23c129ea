"""Politeness to other people's servers, as arithmetic: numbers in, a time or a verdict out. Nothing here waits."""
