"""Everything that only a GPU can tell: one command, at most eight minutes, results as json.

    python tests/gpu/check.py --output check.json

Needs torch 2.11 or newer with CUDA, numpy, scipy, pandas, pyarrow and yaml; neither snakemake nor
jsonschema. Every section runs in a process of its own, so that one that fails leaves the others
standing. `--package FOLDER` checks the package in another folder (before a change, say);
`--device cpu` tries the sections themselves where there is no GPU.

- `card`: what it is, peaks by precision, bandwidth, cost of a kernel launched and replayed.
- `bytes`: every network trained twice, and killed and resumed: equal bytes, or what went wrong.
- `gradients`: against float64 on the CPU, by precision.
- `speed`: milliseconds a step by network, precision and engine; share of the card's peak.
- `kernels`: where the time of a step goes, kernel by kernel.
- `streams`: does a second network beside the first one pay?
- `variance`: the variance-limited networks: equal bytes, the CPU's numbers, milliseconds a step.
- `precision`: paired runs judged by two one-sided tests (equivalence.py).
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
LIMIT = {
    **{"card": 60, "bytes": 150, "gradients": 60, "speed": 150, "kernels": 60, "streams": 60},
    **{"variance": 100, "precision": 200},
}
PRECISIONS = ("float32", "tf32", "bf16")


def main() -> int:
    options = parser().parse_args()
    sys.path[:0] = [str(options.package), str(HERE.parents[1])]
    if options.inside:
        from gpu.bare import without_jsonschema

        without_jsonschema()
        options.output.write_text(json.dumps(inside(options)))
        return 0
    found: dict[str, Any] = {}
    for section in options.sections.split(","):
        found[section] = outside(section, options)
        print(f"== {section}: {found[section]['seconds']:.0f} s", flush=True)
        show(section, found[section])
        options.output.write_text(json.dumps(found, indent=1))
    return int(any("failed" in result for result in found.values()))


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    made.add_argument("--output", type=Path, required=True)
    made.add_argument("--package", type=Path, default=HERE.parents[2] / "workflow")
    made.add_argument("--sections", default=",".join(LIMIT))
    made.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    made.add_argument("--only", default="", help="networks whose names hold one of these, a,b")
    made.add_argument("--small", action="store_true", help="small networks, few steps")
    made.add_argument(
        "--data", type=Path, help="npz with a data set for `precision`, else made images"
    )
    made.add_argument("--seeds", type=int, default=6, help="of `precision`")
    made.add_argument(
        "--root", type=int, default=1, help="another root gives `precision` new seeds"
    )
    made.add_argument("--precisions", default="tf32,bf16", help="that `precision` compares, a,b")
    made.add_argument("--inside", help=argparse.SUPPRESS)
    return made


def outside(section: str, options: argparse.Namespace) -> dict[str, Any]:
    """A section in its own process, whatever becomes of it."""
    began = time.monotonic()
    limit = LIMIT[section] * (1 if options.device == "cuda" else 10)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "section.json"
        command = [sys.executable, str(HERE), *sys.argv[1:], "--inside", section]
        command += ["--output", str(output)]
        try:
            done = subprocess.run(command, timeout=limit, capture_output=True, text=True)
            problem = "" if done.returncode == 0 else done.stderr.strip()[-2000:]
        except subprocess.TimeoutExpired:
            problem = f"not done within {limit} s"
        result = json.loads(output.read_text()) if output.exists() else {}
    if problem:
        result["failed"] = problem
    return {**result, "seconds": time.monotonic() - began}


def inside(options: argparse.Namespace) -> dict[str, Any]:
    sections: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
        **{"card": card, "bytes": equal_bytes, "gradients": gradients, "speed": speed},
        **{"kernels": kernels, "streams": streams, "variance": variance, "precision": precision},
    }
    return sections[options.inside](options)


def wanted(names: Iterable[str], options: argparse.Namespace) -> list[str]:
    """The networks that `--only` names; all without it."""
    return [name for name in names if any(part in name for part in options.only.split(","))]


def attempt(action: Callable[[], Any]) -> Any:
    """What an action gives, or the last line of what went wrong."""
    try:
        return action()
    except Exception as problem:
        lines = traceback.format_exception(problem)
        print("".join(lines), file=sys.stderr)
        return {"failed": f"{type(problem).__name__}: {problem}"[:500]}


# -- card ---------------------------------------------------------------------------------------


def card(options: argparse.Namespace) -> dict[str, Any]:
    import torch

    if options.device == "cpu":
        return {"torch": torch.__version__, "device": "cpu"}
    properties = torch.cuda.get_device_properties(0)
    return {
        "name": properties.name,
        "memory_mb": properties.total_memory >> 20,
        "multiprocessors": properties.multi_processor_count,
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
        "driver": driver(),
        "peaks": {name: peak(name) for name in PRECISIONS},
        "bandwidth": bandwidth(),
        **launches(),
    }


def driver() -> str:
    query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    return subprocess.run(query, capture_output=True, text=True).stdout.strip()


def timed(action: Callable[[], Any], repeats: int) -> float:
    """Median seconds of an action on the device."""
    import torch

    for _ in range(3):
        action()
    marks = [torch.cuda.Event(enable_timing=True) for _ in range(repeats + 1)]
    marks[0].record()
    for mark in marks[1:]:
        action()
        mark.record()
    torch.cuda.synchronize()
    spans = sorted(first.elapsed_time(last) for first, last in pairwise(marks))
    return float(1e-3 * spans[len(spans) // 2])


def peak(precision: str) -> float:
    """Operations per second of a large product of random numbers."""
    import torch

    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    size = 8192
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    left, right = (torch.randn(size, size, device="cuda").to(kind) for _ in range(2))
    return 2 * size**3 / timed(lambda: left @ right, 8)


def bandwidth() -> float:
    """Bytes per second, read and written, of a large copy."""
    import torch

    source = torch.randn(1 << 28, device="cuda")
    target = torch.empty_like(source)
    return 8 * len(source) / timed(lambda: target.copy_(source), 10)


def launches() -> dict[str, float]:
    """Seconds of the host per small kernel, one by one and in a replayed graph."""
    import torch

    value, many = torch.zeros(1, device="cuda"), 1000

    def small() -> None:
        for _ in range(many):
            value.add_(1)

    graph = torch.cuda.CUDAGraph()
    small()
    with torch.cuda.graph(graph):
        small()
    return {
        "launch_seconds": timed(small, 10) / many,
        "replay_seconds": timed(graph.replay, 10) / many,
    }


# -- bytes --------------------------------------------------------------------------------------


def short_cases(options: argparse.Namespace, precision: str) -> dict[str, Any]:
    """All networks for some steps: full batches and a tail, kills between."""
    from gpu.cases import PANELS, panel_case, scan_case

    few = {"epochs": 3, "log_epochs": 3, "test_images": 100}
    if options.small:
        few |= {"batch_size": 16}
    size = 40 if options.small else 200
    cases = {name: panel_case(name, precision, size, **few) for name in PANELS}
    if options.small:
        cases = {"ViT_MNIST": cases["ViT_MNIST"]}
    steps = {"steps": 210, "evaluate_every": 100, "test_size": 100}
    steps["batch"] = 2 if options.small else 32
    noisy = {"variant": {"noise": 1.0, "noise_kind": "resampled"}}
    for name in ["WRN-10-1", "CNN-4"]:
        cases[name] = scan_case(name, precision, 100, **steps)
    cases["WRN-10-1, noise"] = scan_case("WRN-10-1", precision, 100, **steps, **noisy)
    return cases


def equal_bytes(options: argparse.Namespace) -> dict[str, Any]:
    cases = short_cases(options, "bf16")
    return {
        name: attempt(lambda case=cases[name]: repeated(case, options.device))
        for name in wanted(cases, options)
    }


def repeated(case: Any, device: str) -> dict[str, Any]:
    """Whether bytes are equal; else which quantities differ, and by how much."""
    from gpu.cases import run_case
    from interruption import Killed, KilledAfterSaves
    from scalinglaws.training.session import Session

    extra = {"precision": case[1]["precision"]} if "precision" in Session.__annotations__ else {}
    first, again = (run_case(case, Session(device=device, **extra)) for _ in range(2))
    with tempfile.TemporaryDirectory() as folder:
        killed = KilledAfterSaves(Path(folder), "key", device=device, save_every=0, **extra)
        killed.lives = 2
        with suppress(Killed):
            run_case(case, killed)
        kept = Session(Path(folder), "key", device=device, save_every=0, **extra)
        resumed = run_case(case, kept)
    return {"repeat": difference(first, again), "resume": difference(first, resumed)}


def difference(first: Any, other: Any) -> Any:
    """True for the same bytes, else the largest relative difference of each quantity."""
    import numpy as np

    from interruption import same_bytes

    if same_bytes(first, other):
        return True
    apart = np.abs(first["value"] - other["value"]) / np.abs(first["value"])
    names = first["quantity"]
    found = {str(name): float(np.nanmax(apart[names == name])) for name in set(names.tolist())}
    return {name: value for name, value in found.items() if value > 0}


def distance(first: Any, other: Any) -> dict[str, float]:
    """Largest difference of each quantity in units of its largest value."""
    import numpy as np

    found = {}
    for name in sorted(set(other["quantity"].tolist())):
        ours, theirs = (part["value"][part["quantity"] == name] for part in (first, other))
        found[name] = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
    return found


# -- gradients ----------------------------------------------------------------------------------


def gradients(options: argparse.Namespace) -> dict[str, Any]:
    from gpu.cases import PANELS

    names = ["CNN_MNIST", "ViT_MNIST"] if options.small else wanted(PANELS, options)
    return {name: attempt(lambda name=name: gradient_errors(name, options)) for name in names}


def gradient_errors(name: str, options: argparse.Namespace) -> dict[str, float]:
    """Relative distance to the gradient of double precision on the CPU, without dropout."""
    import importlib

    import numpy as np
    import torch
    import torch.nn.functional as F

    from gpu.cases import SIDES, panel_case
    from scalinglaws.experiments.learning_curves.settings import network_of
    from scalinglaws.training.arithmetic import computing_in, set_arithmetic

    module, settings = panel_case(name, "float32", 64, dropout=0.0, init_factor=1.0)
    experiment = importlib.import_module(f"scalinglaws.experiments.{module}")
    side, channels, classes = SIDES[settings["dataset"]]
    stream = np.random.default_rng(3)
    pixels = torch.tensor(stream.standard_normal((32, channels, side, side)), dtype=torch.float32)
    labels = torch.tensor(stream.integers(0, classes, 32))

    architecture = experiment.ARCHITECTURE
    network = network_of(architecture.kind, settings, side, channels, classes)
    start = architecture.init(network, np.random.default_rng(5), 1.0)

    def gradient(device: str, kind: Any, precision: str) -> Any:
        set_arithmetic(device, 4, precision)
        leaves = [tensor.to(device, kind).requires_grad_() for tensor in start]
        kept = [t.to(device, kind) for t in architecture.initial_statistics(network)]
        with computing_in(precision, device):
            outputs = architecture.logits(
                network, leaves, kept, pixels.to(device, kind), training=True, dropout=None
            )
            loss = F.cross_entropy(outputs, labels.to(device))
        slopes = torch.autograd.grad(loss, leaves)
        return torch.cat([slope.double().cpu().flatten() for slope in slopes])

    exact = gradient("cpu", torch.float64, "float32")
    chosen = PRECISIONS if options.device == "cuda" else ("float32", "bf16")
    return {
        precision: float(
            (gradient(options.device, torch.float32, precision) - exact).norm() / exact.norm()
        )
        for precision in chosen
    }


# -- speed --------------------------------------------------------------------------------------


def speed(options: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds a step; old packages know neither precision nor engines."""
    import scalinglaws.training as training

    new = (Path(training.__file__).parent / "engine.py").exists()
    names = ["CNN_CIFAR10", "WRN-28-10", "ViT_MNIST"]
    if new:
        names += ["ResNet_MNIST", "CNN-4", "WRN-10-1"]
        names += ["CNN_CIFAR100", "ResNet_CIFAR10", "ViT_CIFAR10", "WRN-16-4"]
    kinds = [("float32", "plain")]
    if new and options.device == "cuda":
        kinds += [("bf16", "plain"), *((precision, "captured") for precision in PRECISIONS)]
    if options.small:
        names = ["ViT_MNIST", "WRN-10-1"]
    return {
        name: {
            f"{kind[0]} {kind[1]}": attempt(
                lambda chosen=(name, *kind): step_time(*chosen, options)
            )
            for kind in (kinds if number < 6 else kinds[-2:])
        }
        for number, name in enumerate(names)
        if wanted([name], options)
    }


def step_time(
    name: str, precision: str, engine: str, options: argparse.Namespace
) -> dict[str, float]:
    """Of panels by the clock around their epochs; of scans from two runs of different lengths."""
    from gpu.cases import PANELS

    with chosen_engine(engine):
        if name in PANELS:
            milliseconds = 1e3 * epoch_time(name, precision, options)
        else:
            few, many = (8, 24) if name.startswith("WRN-28") else (16, 116)
            if options.small:
                few, many = 1, 3
            spans = [scan_time(name, precision, n, options) for n in (1, few, many)]
            milliseconds = 1e3 * (spans[2] - spans[1]) / (many - few)
    operations = 6 * batch_of(name) * multiply_adds_of(name)
    return {"milliseconds": milliseconds, "operations_per_second": operations / milliseconds * 1e3}


def epoch_time(name: str, precision: str, options: argparse.Namespace) -> float:
    """Seconds a step, draws and their way to the device included; the first epochs do not count."""
    import torch

    from gpu.cases import panel_case, run_case
    from scalinglaws.training import image_epochs
    from scalinglaws.training.session import Session

    steps, epochs = (1, 3) if options.small else (10, 12)
    wait = torch.cuda.synchronize if options.device == "cuda" else (lambda: None)
    spans: list[float] = []
    original = image_epochs.one_epoch

    def timed_epoch(*arguments: Any) -> None:
        wait()
        began = time.perf_counter()
        original(*arguments)
        wait()
        spans.append((time.perf_counter() - began) / steps)

    image_epochs.one_epoch = timed_epoch
    try:
        few = {"epochs": epochs, "log_epochs": 2, "test_images": 50}
        case = panel_case(name, precision, batch_of(name) * steps, **few)
        run_case(case, Session(device=options.device))
    finally:
        image_epochs.one_epoch = original
    late = sorted(spans[2:])
    return late[len(late) // 2]


def scan_time(name: str, precision: str, steps: int, options: argparse.Namespace) -> float:
    from gpu.cases import run_case, scan_case
    from scalinglaws.training.session import Session

    few = {"steps": steps, "evaluate_every": 10**6, "test_size": 50}
    case = scan_case(name, precision, 1000, **few)
    began = time.perf_counter()
    run_case(case, Session(device=options.device))
    return time.perf_counter() - began


def batch_of(name: str) -> int:
    return 32 if name == "CNN-4" else 128


def multiply_adds_of(name: str) -> float:
    """Of one image's forward pass."""
    from gpu.cases import PANELS, SCANS, sizes_at
    from scalinglaws.experiments.image_scans import costs
    from scalinglaws.experiments.image_scans.plan import variant
    from scalinglaws.experiments.image_scans.settings import Training
    from scalinglaws.experiments.learning_curves.plan import panel_of
    from scalinglaws.planning import network_costs
    from scalinglaws.planning.blocks import Request

    if name in PANELS:
        sizes = sizes_at("paper")["damico2025"][PANELS[name]]
        asked = Request("damico2025", "learning_curves", PANELS[name], sizes, 1, "cuda")
        return network_costs.multiply_adds(panel_of(asked, name).network)
    experiment, shape = SCANS[name]
    sizes = sizes_at("paper")["bahri2021"][experiment]
    training = Training(**{field.name: sizes[field.name] for field in fields(Training)})
    return costs.multiply_adds(variant("cifar10", **shape), training)


@contextmanager
def chosen_engine(name: str) -> Iterator[None]:
    """`plain` in place of what the device would have."""
    from scalinglaws.training import image_epochs, image_steps

    if name == "captured" or not hasattr(image_epochs, "engine_for"):
        yield
        return
    from scalinglaws.training.engine import Plain

    original = image_epochs.engine_for
    for module in (image_epochs, image_steps):
        module.engine_for = lambda *_: Plain()
    try:
        yield
    finally:
        for module in (image_epochs, image_steps):
            module.engine_for = original


# -- kernels ------------------------------------------------------------------------------------


def kernels(options: argparse.Namespace) -> dict[str, Any]:
    names = ["CNN_MNIST"] if options.small else ["CNN_CIFAR10", "ResNet_MNIST", "ViT_MNIST"]
    lower = PRECISIONS[1:] if options.device == "cuda" else ("float32",)
    return {
        f"{name} {precision}": attempt(
            lambda chosen=(name, precision): kernel_times(*chosen, options)
        )
        for name in wanted(names, options)
        for precision in lower
    }


def kernel_times(name: str, precision: str, options: argparse.Namespace) -> dict[str, Any]:
    """Microseconds a step and calls a step of the costliest kernels, and the sum of all."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    run, _ = replayed(name, precision, options)
    cuda = options.device == "cuda"
    steps = 20 if cuda else 2
    run(3)
    kind = ProfilerActivity.CUDA if cuda else ProfilerActivity.CPU
    with profile(activities=[kind]) as profiler:
        run(steps)
        if cuda:
            torch.cuda.synchronize()
    field = "self_device_time_total" if cuda else "self_cpu_time_total"
    events = sorted(
        profiler.key_averages(), key=lambda event: float(getattr(event, field)), reverse=True
    )
    spans = {event.key: getattr(event, field) / steps for event in events}
    calls = {event.key: event.count / steps for event in events}
    first = {key[:150]: [round(span, 2), calls[key]] for key, span in list(spans.items())[:24]}
    return {"sum": sum(spans.values()), "kernels": sum(calls.values()), "first": first}


# -- streams ------------------------------------------------------------------------------------


def streams(options: argparse.Namespace) -> dict[str, Any]:
    """Two processes with a network each against one: how much more is done in the same time."""
    names = ["ViT_MNIST"] if options.small else ["ViT_MNIST", "CNN_CIFAR10", "ResNet_MNIST"]
    names = wanted(names, options)
    return {name: attempt(lambda name=name: beside(name, options)) for name in names}


def beside(name: str, options: argparse.Namespace) -> dict[str, float]:
    import threading

    import torch

    precision = "bf16" if options.device == "cuda" else "float32"
    replay = [replayed(name, precision, options) for _ in range(2)]
    steps = 5 if options.small else 200

    def follow(engine: Any) -> None:
        run, stream = engine
        if stream is None:
            return run(steps)
        with torch.cuda.stream(stream):
            run(steps)
        return None

    def span(engines: Any) -> float:
        wait = torch.cuda.synchronize if options.device == "cuda" else (lambda: None)
        wait()
        began = time.perf_counter()
        threads = [threading.Thread(target=follow, args=(engine,)) for engine in engines]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait()
        return time.perf_counter() - began

    alone, both = (min(span(replay[:count]) for _ in range(2)) for count in (1, 2))
    return {"one": alone / steps, "two": both / steps, "gain": 2 * alone / both}


def replayed(name: str, precision: str, options: argparse.Namespace) -> Any:
    """A network with its recorded step: how to run it, and a stream of its own."""
    import importlib

    import torch

    from gpu.cases import made_data, panel_case
    from scalinglaws.experiments.learning_curves import curves
    from scalinglaws.training import image_epochs
    from scalinglaws.training.arithmetic import set_arithmetic

    module, settings = panel_case(name, precision, 128, test_images=50)
    set_arithmetic(options.device, 1, precision)
    experiment = importlib.import_module(f"scalinglaws.experiments.{module}")
    task = curves.task_of(
        settings, made_data(settings["dataset"]), experiment.ARCHITECTURE, options.device
    )
    slot = image_epochs.slot_of(task, 512)
    member = image_epochs.start(task, slot, {"panel": name, "P": 128, "seed": 0}, 0.0)
    ((kind, (step, _)),) = image_epochs.steps_of(task, slot, member).items()
    slot.engine.prepare(step, kind)

    def run(times: int) -> None:
        for _ in range(times):
            slot.place.zero_()
            slot.engine.run(step, 1, kind)

    return run, torch.cuda.Stream() if options.device == "cuda" else None


# -- variance -----------------------------------------------------------------------------------

VARIANCE: dict[str, dict[str, Any]] = {
    "variance_limited_cnn": {
        **{"tasks": ["cifar10"], "population": 1000, "test_size": 200, "data_sizes": [20000]},
        **{"losses": ["cross_entropy"], "sets": 2, "seeds": 1, "seeds_per_block": 1},
    },
    "variance_limited_centred": {
        **{"tasks": ["mnist"], "losses": ["cross_entropy"], "test_size": 200, "seeds": 1},
        **{"widths": [64, 512, 4096], "seeds_per_block": 1},
    },
}


def variance(options: argparse.Namespace) -> dict[str, Any]:
    names = wanted(VARIANCE, options)
    return {name: attempt(lambda name=name: of_variance(name, options)) for name in names}


def of_variance(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Bytes twice, the largest distance from the CPU's losses, milliseconds a step of a network."""
    steps = (20, 60) if not options.small else (1, 3)
    block = {count: variance_block(name, count, options) for count in steps}
    devices = [options.device, options.device, "cpu"]
    first, again, exact = (variance_run(block[steps[0]], device) for device in devices)
    spans = [variance_time(block[count], options.device) for count in (*steps, *steps)]
    networks = block[steps[0]].members
    longer = min(spans[1], spans[3]) - min(spans[0], spans[2])
    return {
        "repeat": difference(first, again),
        "from_cpu": distance(first, exact),
        "milliseconds": 1e3 * longer / (steps[1] - steps[0]) / networks,
    }


def variance_block(name: str, steps: int, options: argparse.Namespace) -> Any:
    """The block of scale workstation with fewer networks and steps."""
    from gpu.cases import sizes_at
    from scalinglaws.experiments.variance.plan import blocks
    from scalinglaws.planning.blocks import Request

    sizes = {**sizes_at("workstation")["bahri2021"][name], **VARIANCE[name], "steps": steps}
    if options.small:
        sizes |= {"population": 100} if "population" in sizes else {"widths": [64, 128]}
    (block,) = blocks(Request("bahri2021", "variance", name, sizes, 1, options.device))
    return block


def variance_run(block: Any, device: str) -> Any:
    from gpu.cases import made_data, run_case
    from scalinglaws.training.session import Session

    module = block.module.removeprefix("scalinglaws.experiments.")
    data = {task: made_data(task) for task in block.datasets}
    case = module, {**block.settings, "precision": "float32"}
    return run_case(case, Session(device=device), data)


def variance_time(block: Any, device: str) -> float:
    began = time.perf_counter()
    variance_run(block, device)
    return time.perf_counter() - began


# -- precision ----------------------------------------------------------------------------------


def precision(options: argparse.Namespace) -> dict[str, Any]:
    from gpu.equivalence import MARGIN

    names = ["CNN_CIFAR10", "WRN-16-4", "ViT_CIFAR10", "ResNet_CIFAR10"]
    if options.small:
        names = ["CNN_MNIST", "ResNet_MNIST", "ViT_MNIST", "WRN-10-1"]
    names = wanted(names, options)
    found = {name: attempt(lambda name=name: paired(name, options)) for name in names}
    return {"margin": MARGIN, **found}


SMALL: dict[str, dict[str, Any]] = {
    "CNN_MNIST": {"widths": [8, 16, 16], "hidden": [32], "init_factor": 1.0},
    "ResNet_MNIST": {"widths": [8, 16, 16, 16], "blocks_per_stage": [1, 1, 1, 1]},
    "ViT_MNIST": {"dim": 32, "depth": 2, "heads": 2, "learning_rate": 0.001},
}


def paired(name: str, options: argparse.Namespace) -> Any:
    from gpu.cases import PANELS, run_case
    from gpu.equivalence import compared
    from scalinglaws.training.session import Session

    data = loaded(options.data) if options.data else None

    def run(chosen: str) -> Any:
        case = paired_case(name, chosen, data, options)
        return run_case(case, Session(device=options.device), data)

    quantities = ["test_error", "test_loss", "spectral_complexity", "frobenius_norm"]
    if name not in PANELS:
        quantities = ["final_test_error", "best_test_loss"]
    lower = options.precisions.split(",") if options.device == "cuda" else ["bf16"]
    return compared(run, lower, quantities)


def paired_case(name: str, precision: str, data: Any, options: argparse.Namespace) -> Any:
    """Some seeds of a network while it learns; `small`: a few minutes of a processor for all."""
    from gpu.cases import PANELS, panel_case, scan_case

    small, seeds = options.small, options.seeds
    tests = 200 if data is None else 1000
    if name in PANELS:
        size, epochs = (4000, 12) if name.startswith("CNN") else (2000, 10)
        few = {"epochs": epochs, "log_epochs": 8, "test_images": tests}
        if small:
            few |= {**SMALL[name], "epochs": 8, "batch_size": 32, "pool": 2, "augmentation": "none"}
            few |= {"dataset": next(iter(data or {"mnist": 0}))}
        size = 500 if small else min(size, 1000 if data is None else size)
        module, settings = panel_case(name, precision, size, seeds, **few)
        return module, {**settings, "seed": options.root}
    few = {"steps": 200, "evaluate_every": 50, "test_size": tests}
    if small:
        task = next(iter(data or {"mnist": 0}))
        few |= {"batch": 32, "pooling": 2, "variant": {"task": task, "width": 8}}
    size = 500 if small or data is None else 4000
    module, settings = scan_case(name, precision, size, seeds, **few)
    return module, {**settings, "seed": options.root}


def loaded(path: Path) -> Any:
    """A data set, or a part of one, from an npz of ours; without a card it is CIFAR-10."""
    import numpy as np

    from scalinglaws.data.dataset import Dataset

    names = ("train_images", "train_labels", "test_images", "test_labels")
    card = {"name": "cifar10", "sha256": "part"}
    card |= {"mean": [0.4914, 0.4822, 0.4465], "std": [0.247, 0.2435, 0.2616]}
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in names}
        card = json.loads(str(archive["card"])) if "card" in archive.files else card
    return {card["name"]: Dataset(card["name"], card=card, **arrays)}


# -- what a person reads ------------------------------------------------------------------------


def show(section: str, result: dict[str, Any]) -> None:
    for name, value in result.items():
        if name == "seconds":
            continue
        if section == "speed" and isinstance(value, dict):
            for kind, entry in value.items():
                print(f"  {name:16s} {kind:18s} {speed_text(entry)}")
        elif section == "precision" and isinstance(value, dict) and "failed" not in value:
            for kind, table in value.items():
                for quantity, entry in table.items():
                    print(
                        f"  {name:16s} {kind:5s} {quantity:20s} {entry['mean']:+.4f} "
                        f"[{entry['low']:+.4f}, {entry['high']:+.4f}] {entry['verdict']}"
                    )
        else:
            print(f"  {name:16s} {json.dumps(value)[:600]}")
    sys.stdout.flush()


def speed_text(entry: dict[str, Any]) -> str:
    if "milliseconds" not in entry:
        return str(entry)[:200]
    rate = entry["operations_per_second"] / 1e12
    return f"{entry['milliseconds']:8.3f} ms {rate:7.1f} T/s"


if __name__ == "__main__":
    sys.exit(main())
