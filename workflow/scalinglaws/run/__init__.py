"""One run of the whole workflow: reproduce, its progress, its lock."""
