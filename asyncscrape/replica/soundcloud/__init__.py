"""Copies of SoundCloud's hosts: both APIs, tokens, pages, and the hosts of pictures, waveforms and audio."""
