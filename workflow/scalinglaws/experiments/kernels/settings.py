"""What a block of each experiment is given: records that its plan writes and its run reads."""

from dataclasses import dataclass

from scalinglaws.experiments.seeds import SeedRange


@dataclass(frozen=True)
class KernelTheory:
    """Spectra i^-(1 + alpha), i = 1..`size`, against the numbers of `samples`."""

    alphas: tuple[float, ...]
    size: int
    samples: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class SphereKernels(SeedRange):
    """Training sets of `sizes` points, `test_size` held out, on spheres of each dimension."""

    dimensions: tuple[int, ...]
    sizes: tuple[int, ...]
    test_size: int


@dataclass(frozen=True, kw_only=True)
class GaussianFeatures(SeedRange):
    """D and P in `sizes`, the other unlimited or at `resonance`.

    The variance-limited excess has `draws` of D or P in `variance_sizes`, the other `fixed`.
    """

    alphas: tuple[float, ...]
    features: int
    sizes: tuple[int, ...]
    resonance: int
    fixed: int
    variance_sizes: tuple[int, ...]
    draws: int


@dataclass(frozen=True, kw_only=True)
class RandomFeatures(SeedRange):
    """As GaussianFeatures, on `population` images averaged over each of `pools`^2 pixels.

    Losses are means over `orders` of the points; `hidden` units lie below the features.
    """

    dataset: str
    pools: tuple[int, ...]
    population: int
    hidden: int
    sizes: tuple[int, ...]
    orders: int
    fixed: int
    variance_sizes: tuple[int, ...]
    draws: int


@dataclass(frozen=True, kw_only=True)
class PretrainedFeatures(SeedRange):
    """The extractor (`pool` to `learning_rate`), the examples, and the grids of D and P.

    `kernel_sizes` and `spectrum_size`: examples of the comparison with kernels of wide networks.
    """

    dataset: str
    pool: int
    widths: tuple[int, ...]
    hidden: int
    features: int
    steps: int
    batch: int
    learning_rate: float
    population: int
    test_size: int
    data_sizes: tuple[int, ...]
    parameter_sizes: tuple[int, ...]
    resonance: int
    resonance_sizes: tuple[int, ...]
    fixed: int
    variance_sizes: tuple[int, ...]
    sets: int
    kernel_sizes: tuple[int, ...]
    spectrum_size: int
