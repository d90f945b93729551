"""One module per experiment: blocks(sizes, seed, device) -> list of Block."""
