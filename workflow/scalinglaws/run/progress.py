"""How far a run is: what is done, what runs, how long still. Reads files, disturbs nothing."""

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from scalinglaws.planning.blocks import Block
from scalinglaws.planning.plan import Plan
from scalinglaws.planning.spans import OVERHEAD, on_what, span
from scalinglaws.planning.table import duration, total_cost
from scalinglaws.run.events import Event, read

Show = Callable[[str, bool], None]
OURS = "error: "  # how the sentences of our own verbs begin
BELIEVED = 60.0  # seconds of a run that a calibrated plan counts for


@dataclass
class Progress:
    """Follows one Snakemake run of a plan."""

    plan: Plan
    targets: Sequence[str]
    cores: int = 1
    gpus: int = 0
    done: int = 0
    total: int = 0
    failed: int = 0
    started: str = ""
    began: float = field(default_factory=time.monotonic)
    last: str = ""
    said: list[str] = field(default_factory=list)
    waiting: list[Block] = field(default_factory=list)

    def __post_init__(self) -> None:
        asked = self.plan.blocks_for(self.targets)
        self.waiting = [block for block in asked if not self.finished(block)]

    def promise(self) -> str:
        """How long the run will take here, by the plan, before anything has been seen of it.

        Jobs that are no blocks are few seconds each; those that are done already count as well.
        """
        named = [name for name in self.targets if name in (*self.plan.papers, *self.plan.figures())]
        jobs = total_cost(self.plan, named).jobs
        there = len(self.plan.blocks_for(self.targets)) - len(self.waiting)
        time = span(self.plan.machine, self.waiting, jobs - there, self.cores, self.gpus).text()
        kept = f"; {there} blocks are there already" if there else ""
        machine = on_what(self.plan.machine, self.cores, self.gpus)
        return f"about {time}{kept} ({machine})"

    def follow(self, lines: Iterable[str], log: Path) -> None:
        """Copy what Snakemake and its jobs say to the log; remember steps, starts, complaints."""
        stream = log.open("w", encoding="utf-8")
        for line in lines:  # to the end, whatever the disk: Snakemake waits for its reader
            text = self.heard(line)
            with suppress(OSError):
                stream.write(text)
                stream.flush()
        with suppress(OSError):
            stream.close()

    def heard(self, line: str) -> str:
        """Remember what a line tells; returns it as a person reads it."""
        text, event = read(line)
        if text.startswith(OURS):
            self.said.append(text.strip())
        self.last = text.strip() or self.last
        if event is None:
            return text
        self.heed(event)
        return f"{text}{event.text}\n"

    def heed(self, event: Event) -> None:
        self.done = self.done if event.done is None else event.done
        self.total = self.total if event.total is None else event.total
        if event.kind == "job_info":
            self.started = event.message or event.rule or ""
        elif event.kind == "job_error":
            self.failed += 1
            self.said.append(f"Error in rule {event.rule}:")
        elif event.kind == "error":
            # The kind of error stands in the first line, what is wrong in the second.
            self.said.append(" ".join(event.text.strip().splitlines()[:2]))

    def complaints(self) -> list[str]:
        """The sentences a person needs, each once, our own before Snakemake's.

        Where Snakemake failed before it could tell, the last line there was.
        """
        unique = list(dict.fromkeys(self.said))
        own = [line for line in unique if line.startswith(OURS)]
        return own or unique or [self.last]

    def finished(self, block: Block) -> bool:
        return Path(self.plan.block_file(block)).exists()

    def part(self, block: Block) -> float | None:
        """How much of a running block is done, 0 to 1; None if it does not run."""
        state = Path(self.plan.block_file(block)).with_suffix(".state") / "progress.json"
        try:
            message = json.loads(state.read_text())
            return min(1.0, message["done"] / message["total"])
        except (OSError, ValueError, KeyError, ZeroDivisionError):
            return None

    def line(self) -> str:
        """One line: jobs done and failed, running blocks with their part, time gone and left."""
        elapsed = time.monotonic() - self.began
        running = [
            (block, part)
            for block in self.waiting
            if not self.finished(block) and (part := self.part(block)) is not None
        ]
        names = ", ".join(f"{block.experiment} {part:.0%}" for block, part in running)
        doing = (names or self.started) if self.done < self.total else ""
        count = f"{self.done}/{self.total} jobs" if self.total else "starting"
        count += f", {self.failed} failed" if self.failed else ""
        return f"{count} | {duration(elapsed)}{self.left(elapsed, running)} | {doing}".rstrip(" |")

    def left(self, elapsed: float, running: list[tuple[Block, float]]) -> str:
        """Time left: the longer of what cores and GPUs still have to do, each at its pace so far.

        Nothing until some work has been seen, unless the plan is calibrated to this machine: then
        it counts as the first minute's experience.
        """
        still = [block for block in self.waiting if not self.finished(block)]
        other_jobs = max(0, self.total - len(self.waiting))
        other_left = max(0, self.total - self.done - len(still))
        spans = [
            self.span(elapsed, still, running, False, OVERHEAD * other_jobs, OVERHEAD * other_left),
            self.span(elapsed, still, running, True),
        ]
        if self.done == self.total or elapsed < 5 or None in spans:
            return ""
        return f", about {duration(max(span for span in spans if span is not None))} left"

    def span(
        self,
        elapsed: float,
        still: list[Block],
        running: list[tuple[Block, float]],
        gpu: bool,
        more: float = 0.0,
        more_left: float = 0.0,
    ) -> float | None:
        """Seconds that the blocks with or without a GPU still take; None where nobody can know.

        `more` seconds of work were planned beside the blocks, `more_left` of them are left.
        """
        remaining = self.work(still, gpu) + more_left
        remaining -= sum(self.seconds(block) * part for block, part in running if block.gpu == gpu)
        achieved = self.work(self.waiting, gpu) + more - remaining
        if remaining <= 0:
            return 0.0
        if self.plan.machine.told:
            elapsed += BELIEVED
            achieved += BELIEVED * max(1, self.gpus if gpu else self.cores)
        return remaining * elapsed / achieved if achieved > 0 else None

    def work(self, blocks: Iterable[Block], gpu: bool) -> float:
        return sum(self.seconds(block) + OVERHEAD for block in blocks if block.gpu == gpu)

    def seconds(self, block: Block) -> float:
        return self.plan.machine.wall_seconds(block)


def painter() -> Show:
    """For a terminal: one line, repainted."""

    def show(line: str, last: bool) -> None:
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r{line[:width]:<{width}}" + ("\n" if last else ""))
        sys.stderr.flush()

    return show


def line_printer(every: float = 20.0) -> Show:
    """For logs: a new line when something changed, at most every ``every`` seconds."""
    shown_at, shown = 0.0, ""

    def show(line: str, last: bool) -> None:
        nonlocal shown_at, shown
        now = time.monotonic()
        if line != shown and (last or now - shown_at >= every):
            print(line, file=sys.stderr, flush=True)
            shown_at, shown = now, line

    return show
