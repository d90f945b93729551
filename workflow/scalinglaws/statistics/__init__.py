"""Power laws, windows, bootstrap and intervals."""
