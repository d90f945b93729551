"""From tables to judged quantities, one module per fit: estimate(tables, settings)."""
