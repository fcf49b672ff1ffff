"""Records in files: saved, signed, read back with distrust; those of test runs, too."""
