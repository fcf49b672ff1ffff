"""What a run proves: documents from which it is recomputed."""
