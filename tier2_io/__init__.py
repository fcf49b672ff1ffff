"""Everything of tier2 that touches the world: files, the terminal, the command line.

PYTEST_DONT_REWRITE, as in tier2_core.
"""
