"""One alarm clock for Snakemake's scheduler.

While jobs wait, the scheduler of Snakemake (9.27.1) looks again every second whether more may
start, which its limit of jobs per second asks for. But every look sets an alarm of its own, and so
does every job that ends: after N jobs it looks N times a second, each time at all jobs that are
ready. At 117 finished jobs that took a tenth of a core beside the training, and it grows with N
squared over a run; the threads that wait are N as well. Here an alarm is set only where none is.
"""

import threading
from typing import Any


def one_alarm(scheduler: type[Any]) -> None:
    """Give a class of schedulers an alarm that is set once until it rings."""

    def schedule(self: Any, delay: float) -> None:
        if getattr(self, "alarm", None) is not None:
            return

        def ring() -> None:
            # Before the scheduler wakes: its next look sets the next alarm.
            self.alarm = None
            self._open_jobs.release()

        self.alarm = threading.Timer(delay, ring)
        self.alarm.start()

    scheduler._schedule_reevalutation = schedule


def wake_once() -> None:
    """In this process, where its Snakemake has the scheduler that needs it."""
    from snakemake.scheduling import job_scheduler

    if hasattr(job_scheduler.JobScheduler, "_schedule_reevalutation"):
        one_alarm(job_scheduler.JobScheduler)
