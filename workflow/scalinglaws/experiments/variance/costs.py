"""Expected time and memory of the variance-limited networks: measured, on a GPU counted."""

from dataclasses import replace

from scalinglaws.experiments.variance.sizes import SYNTHETIC, CNNSizes, MLPSizes, WideSizes
from scalinglaws.networks.shapes import MYRTLE_POOLS, Myrtle
from scalinglaws.planning.datasets import SHAPES
from scalinglaws.planning.gpu_work import (
    CONTEXT_MB,
    Footprint,
    Work,
    evaluation,
    gpu_memory_mb,
    training,
)
from scalinglaws.planning.network_costs import product

START_UP = 4.0  # seconds
PRECISION = "float32"  # differences of losses of 1e-4 and less are what is measured
MYRTLE_KERNELS = 40  # of a forward and a backward pass, weights of the examples included
# Measured on an H200: 4.2 ms a step of 1,000 images of 32 x 32, where counted operations ask for
# 0.8 and traffic for 0.3; repeatable gradients of eight-channel weights take half of it.
MYRTLE_SLOWNESS = 5.0
WIDE_KERNELS = 75  # of a step of the network and of its linearisation
LAUNCH_SECONDS = 9.4e-6  # of a kernel that the host launches (measured there): no step is recorded


def mlp_seconds(task: str, sizes: MLPSizes) -> float:
    """Measured: 0.14 ms a step for 20 inputs, 0.22 ms for 49, at width 8 on 3,000 examples."""
    side, channels, _ = (0, 0, 0) if task == SYNTHETIC else SHAPES[task]
    inputs = sizes.input_dimension if task == SYNTHETIC else (side // sizes.pooling) ** 2 * channels
    per_example = (28e-9 + 0.9e-9 * inputs) * sizes.width / 8
    return sizes.steps * sizes.population * per_example


def cnn_seconds(side: int, sizes: CNNSizes) -> float:
    """Measured: 13 microseconds a step and image of 7 x 7 or 8 x 8 pixels at eight channels."""
    per_image = 0.25e-6 * side**2 * sizes.channels / 8
    return sizes.steps * sizes.population * per_image


def cnn_work(task: str, sizes: CNNSizes, members: int) -> tuple[Work, Work]:
    """Full-batch descent on the population, and the test losses at the end."""
    network, steps = myrtle_of(task, sizes), members * sizes.steps
    descent = training(network, steps, sizes.population, PRECISION, "sgd")
    products = tuple((side, MYRTLE_SLOWNESS * count) for side, count in descent.products)
    return (
        replace(descent, products=products),
        evaluation(network, members, sizes.test_size, PRECISION),
    )


def cnn_gpu_memory_mb(task: str, sizes: CNNSizes) -> int:
    side, channels, _ = SHAPES[task]
    images = sizes.population + sizes.test_size
    resident = 4.0 * images * channels * (side // sizes.pooling) ** 2
    return gpu_memory_mb(myrtle_of(task, sizes), sizes.population, PRECISION, "sgd", resident)


def myrtle_of(task: str, sizes: CNNSizes) -> Footprint:
    side, channels, classes = SHAPES[task]
    return myrtle_footprint(Myrtle(channels, sizes.channels, classes), side // sizes.pooling)


def myrtle_footprint(network: Myrtle, side: int) -> Footprint:
    """Convolutions with bias and ReLU, two of them with a mean-pool; the logits."""
    *convolutions, last = network.weight_shapes
    found, numbers = [], float(network.channels * side**2)
    for layer, shape in enumerate(convolutions):
        found.append(product(shape, side**2))
        numbers += 2 * network.width * side**2
        if layer in MYRTLE_POOLS:
            side //= 2
            numbers += network.width * side**2
    products = (*found, product(last))
    return Footprint(products, numbers, network.parameter_count, MYRTLE_KERNELS)


def line_seconds(task: str, sizes: WideSizes) -> float:
    """Seconds of one initialisation at all widths; measured for 12 to 100 training examples.

    Training: per step three products with the training examples and one pass over the weights;
    linearisation: tangent kernel, a product with it per step; four passes over the test set.
    """
    examples, rows = sizes.train_size, sizes.train_size * classes_of(task, sizes)
    total = 0.0
    for width in sizes.widths:
        weights = weights_of(width, sizes)
        descent = sizes.steps * (1.2e-4 + weights * (6 * examples / 6e10 + 2.5e-10))
        kernel = rows**2 * (1.5e-8 + 6e-11 * width + 1.5e-10 * sizes.steps)
        total += descent + kernel + 8 * weights * sizes.test_size / 8e10
    return total


def line_work(task: str, sizes: WideSizes, count: int) -> list[Work]:
    """Of so many networks at each width: descent with its linearisation, then the rest.

    The rest are the tangent kernel of the training set and four passes over the test set.
    """
    examples, rows = sizes.train_size, sizes.train_size * classes_of(task, sizes)
    found = []
    for width in sizes.widths:
        weights = weights_of(width, sizes)
        descent = ((min(width, examples), 6.0 * examples * weights), (rows, 2.0 * rows**2))
        traffic = 4.0 * (7 * weights + rows**2)  # weights and gradients; the kernel is read once
        steps, launching = count * sizes.steps, WIDE_KERNELS * LAUNCH_SECONDS
        found.append(Work(steps, PRECISION, WIDE_KERNELS, descent, traffic, launching))
        once = ((width, 2.0 * rows**2 * width + 8.0 * weights * sizes.test_size),)
        found.append(Work(count, PRECISION, WIDE_KERNELS, once, 4.0 * (4 * weights + 3 * rows**2)))
    return found


def weights_of(width: int, sizes: WideSizes) -> float:
    """With about a hundred inputs and outputs."""
    return (sizes.hidden_layers - 1) * width**2 + 100.0 * width


def wide_gpu_memory_mb(sizes: WideSizes) -> int:
    """Weights, gradients and a copy at the start, as on the host; kernels likewise."""
    weights = sizes.hidden_layers * max(sizes.widths) ** 2
    return CONTEXT_MB + int(4 * 4e-6 * weights + largest_kernel_mb(sizes))


def largest_kernel_mb(sizes: WideSizes) -> float:
    """The tangent kernel of the training set and its factors."""
    rows = max(sizes.train_size * classes_of(task, sizes) for task in sizes.tasks)
    return 4e-6 * rows * (3 * rows + 3 * max(sizes.widths))


def classes_of(task: str, sizes: WideSizes) -> int:
    return sizes.classes if task == SYNTHETIC else SHAPES[task][2]
