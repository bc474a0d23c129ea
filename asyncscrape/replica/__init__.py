"""Local copies of the sources, for demos and tests; imports nothing else from this package.

By default nothing goes wrong. At `control`, tests switch faults on and see what was asked.
"""
