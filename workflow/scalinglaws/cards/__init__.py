"""A page per figure: picture, verdicts, command, code, and the fit window to move by hand."""
