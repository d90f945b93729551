"""What a network asks of a GPU: kernels, operations and bytes of its steps, and memory.

Counted from shapes; `planning.machine` says what they take. A training step is one replayed CUDA
graph, so small networks cost their number of kernels, large ones their operations and traffic.
"""

from dataclasses import dataclass

BYTES = {"float32": 4, "tf32": 4, "bf16": 2}  # of an activation; parameters have 4
# Of what the layers write: once written and once read in the forward pass; read again, and their
# gradients written and read, in the backward pass.
TRAINING_PASSES, EVALUATION_PASSES = 5, 2
# Numbers per parameter that a step reads or writes: weights in both passes, gradients, and what the
# fused optimiser updates (weights and moments, gradients read).
PARAMETER_PASSES = {"adam": 11, "adamw": 11, "sgd": 7}
MOMENTS = {"adam": 2, "adamw": 2, "sgd": 1}
CASTS = 3  # kernels that bf16 adds per layer: weight, input, gradient
STEP_KERNELS = 30  # order and augmentation of the images, loss, optimiser
EVALUATED = 1000  # images of one pass over a test set
CONTEXT_MB = 500  # the driver's and the libraries' own
SPARE = 1.2  # convolutions' workspaces, fragments


@dataclass(frozen=True)
class Footprint:
    """A network as a GPU sees it.

    - `products`: (narrower side, multiply-adds of one image's forward pass) of its layers.
    - `numbers`: what the layers write for one image, normalisations and ReLUs included.
    - `kernels`: of a forward and a backward pass.
    """

    products: tuple[tuple[int, float], ...]
    numbers: float
    parameters: int
    kernels: int


@dataclass(frozen=True)
class Work:
    """`steps` alike: `products` holds (narrower side, operations), `traffic` bytes of one step.

    `fixed_seconds` a step takes on any card: what cannot be spread.
    """

    steps: float
    precision: str
    launches: float
    products: tuple[tuple[int, float], ...]
    traffic: float
    fixed_seconds: float = 0.0


def training(
    network: Footprint,
    steps: float,
    batch: int,
    precision: str,
    optimiser: str,
) -> Work:
    """Steps of `batch` images: 2 operations per multiply-add forward and 4 backward."""
    traffic = TRAINING_PASSES * network.numbers * batch * BYTES[precision]
    traffic += 4.0 * PARAMETER_PASSES[optimiser] * network.parameters
    casts = CASTS * len(network.products) if precision == "bf16" else 0
    products = tuple((side, 6 * count * batch) for side, count in network.products)
    launches = STEP_KERNELS + network.kernels + casts
    return Work(steps, precision, launches, products, traffic)


def evaluation(network: Footprint, looks: float, images: int, precision: str) -> Work:
    """`looks` passes over `images`; what learns in bf16 is measured in tf32."""
    precision = "tf32" if precision == "bf16" else precision
    traffic = EVALUATION_PASSES * network.numbers * images * BYTES[precision]
    products = tuple((side, 2 * count * images) for side, count in network.products)
    launches = network.kernels / 2 * -(-images // EVALUATED)
    return Work(looks, precision, launches, products, traffic)


def gpu_memory_mb(
    network: Footprint, batch: int, precision: str, optimiser: str, resident: float
) -> int:
    """Parameters with gradients and moments, activations and their gradients, `resident` bytes."""
    copies = 2 + MOMENTS[optimiser] + (precision == "bf16") / 2
    trained = 2 * batch * network.numbers * BYTES[precision]
    # Nothing is kept for a backward pass: a few layers at a time.
    layers = max(1, len(network.products))
    evaluated = 3 * EVALUATED * network.numbers * BYTES[precision] / layers
    held = 4 * copies * network.parameters + max(trained, evaluated) + resident
    return CONTEXT_MB + int(SPARE * held / 1e6)
