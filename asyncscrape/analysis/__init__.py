"""The parts that reports of several jobs share: finished tables, picture style, offline pages, whole files."""
