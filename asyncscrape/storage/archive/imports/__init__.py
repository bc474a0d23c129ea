"""WARC files of others: their records become answers of the job's own archive, see `importing`."""
