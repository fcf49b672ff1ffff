"""What is for type checkers is not imported: ``nox -s typing`` looks at it."""

collect_ignore = ["right.py", "wrong.py"]
