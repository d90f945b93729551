"""Snakemake whose SLURM plugin looks at its jobs every two seconds.

The plugin lengthens its pause by ten seconds at each look that finds no job ended, up to three
minutes, and has no option for it. On a cluster that spares the scheduler; where a test waits for
jobs that are lost, it was half of the time.
"""

import sys

from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor

PAUSE = 2.0  # seconds


def same(executor: Executor, seconds: float) -> None:
    """The plugin asks for a longer pause: it stays as it is."""


if __name__ == "__main__":
    pause = property(lambda executor: PAUSE, same)
    Executor.next_seconds_between_status_checks = pause  # type: ignore[assignment]
    sys.exit(main())
