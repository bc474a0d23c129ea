"""The TOML file: `loading.load` reads it into `models.Config`, or reports every mistake in it at once."""
