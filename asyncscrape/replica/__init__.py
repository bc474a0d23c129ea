"""Local copies of the sources, for demos and tests; imports nothing else of this package.

All answer well by default. `control` is where tests switch what goes wrong, and see what was asked.
"""
