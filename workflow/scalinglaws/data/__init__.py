"""Data sets: registry, readers, synthetic inputs and task transforms."""
