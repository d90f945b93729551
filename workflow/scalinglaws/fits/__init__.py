"""One module per fit that config/papers names: tables to quantities with intervals."""
