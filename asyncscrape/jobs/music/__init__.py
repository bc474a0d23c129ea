"""The job "music": artists, their tracks, every comment, and what Beatport knows of each track."""
