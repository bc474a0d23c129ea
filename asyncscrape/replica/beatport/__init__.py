"""Beatport: its API, its public pages of both generations, and the hosts of its pictures and previews."""
