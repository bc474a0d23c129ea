"""Files on their way into a blob store: when one may be downloaded, equal bytes once, further paths of one file."""
