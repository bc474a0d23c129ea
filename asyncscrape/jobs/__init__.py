"""What a crawl is to do: page rules of the user's own, or one of the built-in jobs."""
