"""``python -m scalinglaws VERB``."""

from scalinglaws.shell.cli import main

main()
