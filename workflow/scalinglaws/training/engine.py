"""How a training step is run: as it stands, or recorded once as a CUDA graph and replayed.

A step is a function without arguments or result. It reads and changes tensors that stay where they
are (parameters, running statistics, moments, the place in the order of the images), so that a
recording of it can be replayed: the host then launches one graph instead of some hundred kernels
of 5 to 10 us each, which is most of the time of a small network's step. Nothing in a step may wait
for the device: no number is read back, none is drawn on the host.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor

Step = Callable[[], None]
WARM_UP = 3  # steps before a recording: libraries choose their kernels and take their workspaces


class Recording(Protocol):
    def replay(self) -> None:
        """Do once more what was recorded."""


Recorder = Callable[[Step, Sequence[torch.Generator]], Recording]


class Engine(Protocol):
    def prepare(self, step: Step, kind: Hashable) -> None:
        """Before the first step of a kind; steps of one kind do the same to the same tensors.

        Leaves their state as it was, but not the generators: seed these afterwards.
        """

    def run(self, step: Step, times: int, kind: Hashable) -> None:
        """The step so many times."""


class Plain:
    """Every step as it stands."""

    def prepare(self, step: Step, kind: Hashable) -> None:
        """Nothing to do."""

    def run(self, step: Step, times: int, kind: Hashable) -> None:
        for _ in range(times):
            step()


@dataclass
class Captured:
    """Records each kind of step at its first use and replays it from then on.

    - `state`: everything that a step changes in place.
    - `generators`: those that a step draws from, on the device.
    """

    state: Sequence[Tensor]
    generators: Sequence[torch.Generator]
    recorder: Recorder
    recordings: dict[Hashable, Recording] = field(default_factory=dict)

    def prepare(self, step: Step, kind: Hashable) -> None:
        if kind in self.recordings:
            return
        kept = [tensor.detach().clone() for tensor in self.state]
        self.recordings[kind] = self.recorder(step, self.generators)
        with torch.no_grad():
            # Recording takes its steps for real. Copied in place: a graph knows tensors by address.
            for tensor, before in zip(self.state, kept, strict=True):
                tensor.copy_(before)

    def run(self, step: Step, times: int, kind: Hashable) -> None:
        recording = self.recordings[kind]
        for _ in range(times):
            recording.replay()


@dataclass
class GraphRecorder:
    """Records CUDA graphs that share one memory: nothing in it is needed between two replays."""

    pool: Any = None

    def __call__(self, step: Step, generators: Sequence[torch.Generator]) -> Recording:
        """A graph of the step, after `WARM_UP` steps on a stream of their own."""
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UP):
                step()
        torch.cuda.current_stream().wait_stream(aside)
        graph: Any = torch.cuda.CUDAGraph()
        # Else every replay would draw what was drawn while recording.
        for generator in generators:
            graph.register_generator_state(generator)
        with torch.cuda.graph(graph, pool=self.pool):
            step()
        self.pool = graph.pool()
        recording: Recording = graph
        return recording


def device_generator(device: str | torch.device) -> torch.Generator:
    """Random numbers made where they are used; the caller seeds it from a named stream."""
    return torch.Generator(device)


def engine_for(
    device: str, state: Sequence[Tensor], generators: Sequence[torch.Generator]
) -> Engine:
    """Graphs on GPUs; a CPU launches nothing that a recording could save."""
    return Captured(state, generators, GraphRecorder()) if device == "cuda" else Plain()
