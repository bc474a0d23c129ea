"""Sounds and pictures to a mood: loops, melodies, covers, and what can be had from pictures of waveforms."""
