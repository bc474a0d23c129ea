"""The built-in job "music": artists, tracks, every timed comment, and the features of each track."""
