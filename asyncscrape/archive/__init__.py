"""Every answer that was parsed, kept in the format that archivists share: WARC 1.1.

An answer is made ready where it is parsed (`kept_answer`, `warc_records`, `redaction`), and travels through the
journal with the records of its page. A store of its own puts it into files, `storage/archive`. So a page is done when
its answer is safe, and both survive the same kills.
"""
