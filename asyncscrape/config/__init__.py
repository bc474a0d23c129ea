"""The TOML file: `loading.load` reads it into `models.Config`, or names every mistake in it at once."""
