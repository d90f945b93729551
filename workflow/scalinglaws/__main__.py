"""``python -m scalinglaws VERB``."""

from scalinglaws.cli import main

main()
