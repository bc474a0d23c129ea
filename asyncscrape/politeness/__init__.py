"""How we treat other people's servers, as arithmetic: numbers in, a time or a verdict out. Nothing in here waits."""
