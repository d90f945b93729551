"""Power laws, windows, bootstrap; one module per paper turns tables into quantities."""
