"""What will be computed and what it will cost; nothing heavy, Snakemake parses through it."""
