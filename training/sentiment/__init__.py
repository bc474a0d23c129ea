"""The comments that the sentiment of comments is learnt from, and the scripts that learn and evaluate it."""
