"""Theory, one per file; symbols follow the papers."""
