"""How fast tier2 is, as ratios to yardsticks that stand beside it: ``python -m benchmarks --help``."""
