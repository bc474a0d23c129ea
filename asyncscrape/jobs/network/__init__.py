"""The built-in job "network": who listens to whom at SoundCloud, as sparse matrices and a map of communities."""
