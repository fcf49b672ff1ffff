"""Suites from files: read, run and told of; and as pytest collects them."""
