"""The store for kept answers: WARC files in a folder, and an index of them.

Like every store it reads the journal behind its own cursor. It begins where its index says: what a killed write has
left behind that is cut off, and comes again.
"""
