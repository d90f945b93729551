"""Snakemake's events as lines for `scalinglaws.run.progress`: snakemake --logger scalinglaws."""

import sys
from contextlib import suppress
from logging import LogRecord

from snakemake_interface_logger_plugins.base import LogHandlerBase

from scalinglaws.run.events import event_of, written


class LogHandler(LogHandlerBase):
    """Takes the place of Snakemake's own output; its filter and its wording stay."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = False
    has_formatter = False
    needs_rulegraph = False

    def emit(self, record: LogRecord) -> None:
        line = written(event_of(vars(record), self.format(record)))
        with suppress(OSError):  # who reads may be gone; the run goes on
            # In one piece: with PYTHONUNBUFFERED print writes text and break apart, and what a job
            # says in between would stand at the end of this line.
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()
