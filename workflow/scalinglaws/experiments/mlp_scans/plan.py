"""Blocks of the multilayer perceptrons: an ensemble of all sizes for each range of seeds."""

from collections.abc import Sequence
from itertools import pairwise

from scalinglaws.errors import InputError
from scalinglaws.experiments.mlp_scans.settings import Digits, FixedSets, Online, Settings
from scalinglaws.planning.blocks import Block, Request
from scalinglaws.planning.datasets import SHAPES, SIZES

FLOPS = 9e10  # multiply-adds and their kin per second in stacked products of width 128 to 192
ADAM_SECONDS = 1.2e-9  # per parameter and step, fused
ONLINE_FLOPS = 1.1e11  # multiply-adds per second in the products of a padded stack
STEP_SECONDS = 8e-5  # of the calls of one step of such a stack, whatever its size


def blocks(request: Request) -> list[Block]:
    """Raises InputError where sizes are impossible or determine no exponent."""
    if request.experiment == "teacher_student":
        return fixed_set_blocks(request)
    if request.experiment == "digits_mlp":
        return [block for task in request.sizes["tasks"] for block in digits_blocks(task, request)]
    return online_blocks(request)


def fixed_set_blocks(request: Request) -> list[Block]:
    return [fixed_set_block(settings, request) for settings in request.seeded(FixedSets)]


def fixed_set_block(settings: FixedSets, request: Request) -> Block:
    layers = [settings.student_layers(dimension) for dimension in settings.dimensions]
    check_parameters(settings)
    each = len(settings.data_sizes) * settings.seeds
    held = len(settings.data_sizes) * largest_split(settings) * settings.student_width
    return request.block(
        f"seeds{settings.first_seed}",
        settings,
        run="run_fixed_sets",
        members=each * len(layers),
        core_seconds=4.0 + each * sum(nested_seconds(layer, settings) for layer in layers),
        memory_mb=800 + int(held * 1.5e-5),
        kernel="products",
    )


def check_parameters(settings: FixedSets) -> None:
    width, largest = settings.student_width, max(settings.data_sizes)
    for dimension in settings.dimensions:
        sides = pairwise(settings.student_layers(dimension))
        parameters = sum((left + 1) * right for left, right in sides)
        if largest > parameters:
            raise InputError(
                f"teacher_student: data_sizes holds D = {largest}, but a student of width {width} "
                f"has P = {parameters} parameters in d = {dimension}; expected D <= P, the law "
                "holds for P >> D; lower data_sizes or raise student_width."
            )


def digits_blocks(task: str, request: Request) -> list[Block]:
    return [digits_block(settings, request) for settings in request.seeded(Digits, task=task)]


def digits_block(settings: Digits, request: Request) -> Block:
    check_images(settings)
    members = settings.seeds * len(settings.data_sizes)
    side, channels, classes = SHAPES[settings.task]
    features = (side // settings.pooling) ** 2 * channels
    layers = [features, *[settings.width] * settings.hidden_layers, classes]
    held = members / settings.seeds * largest_split(settings) * settings.width
    return request.block(
        f"{settings.task}_{settings.first_seed}",
        settings,
        run="run_digits",
        members=members,
        core_seconds=4.0 + members * nested_seconds(layers, settings),
        datasets=(settings.task,),
        memory_mb=1000 + int(held * 2e-5),
        kernel="products",
    )


def check_images(settings: Digits) -> None:
    task, largest, aside = settings.task, max(settings.data_sizes), settings.validation_size
    (train, test), (side, _, _) = SIZES[task], SHAPES[task]
    if largest + aside > train:
        raise InputError(
            f"digits_mlp.data_sizes: the largest, {largest}, and {aside} validation examples are "
            f"{largest + aside}, but {task} has {train} training examples; choose smaller sizes in "
            "config/scales."
        )
    if settings.test_size > test:
        raise InputError(
            f"digits_mlp.test_size is {settings.test_size} but {task} has {test} test examples; "
            "choose a smaller one in config/scales."
        )
    if side % settings.pooling:
        raise InputError(
            f"digits_mlp.pooling is {settings.pooling}, which does not divide the side {side} of "
            f"{task}; choose a divisor in config/scales."
        )


def nested_seconds(layers: Sequence[int], settings: Settings) -> float:
    """Seconds to train one network in a stack and to measure it on the way."""
    weights = sum(left * right for left, right in pairwise(layers))
    training = settings.steps * weights * (6 * settings.batch / FLOPS + ADAM_SECONDS)
    measured = settings.test_size + settings.validation_size
    measurements = settings.steps / settings.evaluate_every + 1
    return float(training + measurements * 2 * weights * measured / FLOPS)


def largest_split(settings: FixedSets | Digits) -> int:
    """Examples of the largest set a stack is evaluated on: test, validation or training."""
    return max(settings.test_size, settings.validation_size, *settings.data_sizes)


def online_blocks(request: Request) -> list[Block]:
    targets, powers = learned_online(request)
    blocks = request.seeded(Online, targets=targets, powers=powers)
    return [online_block(settings, request) for settings in blocks]


def learned_online(request: Request) -> tuple[list[list[int]], list[float]]:
    """Per teacher the dimensions of its factors, and the powers of the losses |f - F|^p."""
    sizes = request.sizes
    if request.experiment == "model_size_scan":
        return [[dimension] for dimension in sizes["dimensions"]], [2.0]
    if request.experiment == "power_losses":
        return [[sizes["dimension"]]], sizes["powers"]
    return sizes["factors"], [2.0]


def online_block(settings: Online, request: Request) -> Block:
    if len(settings.widths) < 3:
        raise InputError(
            f"{request.experiment}: widths is {list(settings.widths)}; expected at least 3 widths, "
            "fewer determine no exponent."
        )
    groups = settings.seeds * len(settings.targets) * len(settings.powers)
    return request.block(
        f"seeds{settings.first_seed}",
        settings,
        run="run_online",
        members=groups * len(settings.widths),
        core_seconds=4.0 + groups * group_seconds(settings),
        memory_mb=700,
        kernel="products",
    )


def group_seconds(settings: Online) -> float:
    """One seed of one target: all widths padded to the widest, and a teacher for each factor."""
    widest, teacher = max(settings.widths), settings.teacher_width
    teachers = sum(map(len, settings.targets)) / len(settings.targets)
    students = 6 * len(settings.widths) * widest * (widest + 60)
    work = students + 2 * teachers * teacher * (teacher + 60)
    measured = (settings.test_size + settings.validation_size) / settings.evaluate_every
    examples = settings.batch + 0.5 * measured
    return float(settings.steps * (STEP_SECONDS + examples * work / ONLINE_FLOPS))
