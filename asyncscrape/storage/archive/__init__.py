"""The store for kept answers: WARC files in a folder or in S3, and an index of them, which is always in the folder.

Like every store it reads the journal behind its own cursor. A write adds its records to the last file, or makes an
object of them; only then the index names them, in one transaction. It begins where its index says: what a killed
write has left behind that is cut off or removed, and comes again.

Where several workers may add to it there is no such index, see `shared`.
"""
