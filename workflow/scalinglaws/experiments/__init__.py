"""What is run: one module per experiment, run(settings, data, session) -> columns."""
