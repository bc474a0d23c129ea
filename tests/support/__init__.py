"""What several tests need: servers, configs, crawls, and the program as users start it."""
