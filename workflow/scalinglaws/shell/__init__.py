"""The verbs of the command line, for people and for rules."""
