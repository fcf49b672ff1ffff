"""The command line, ``tier2``: one module a command, loaded when it is used."""
