"""What a run is: specs, the envelope, operations, the engine and its result."""
