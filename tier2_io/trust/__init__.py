"""How far a mission can be trusted: what its code touches, and whether it comes out the same elsewhere."""
