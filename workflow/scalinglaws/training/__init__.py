"""Training of ensembles: state that survives a kill, progress, optimisers, engines."""
