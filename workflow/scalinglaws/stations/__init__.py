"""One module per rule: reads declared inputs, calls the science, writes declared outputs."""
