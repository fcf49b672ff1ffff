"""Everything of tier2 that touches the world: files, the terminal, the command line."""
