"""Normal and chi-distributed random numbers for compiled loops, a few nanoseconds each.

Where a step needs only some tens of normals, numpy's 10 to 15 ns for each would be nearly all of
its time. Bits: eight xoshiro256++ generators (Blackman and Vigna 2021) side by side in vector
registers, and a ninth for the few draws that need more; all seeded from one named stream.
Normals: ziggurat with 256 layers (Marsaglia and Tsang 2000). Chi-squared: Marsaglia and Tsang's
rejection for the gamma distribution. Both are exact in law.
"""

import math

import numba
import numpy as np

LANES = 8
LAYERS = 256
# Where the tail begins and the area of each layer, for 256 layers (Marsaglia and Tsang 2000).
TAIL = 3.6541528853610088
AREA = 0.00492867323399
U = np.uint64


def layers() -> tuple[np.ndarray, np.ndarray]:
    """Right edges x_0 > x_1 = TAIL > ... > x_256 = 0 of the layers, and exp(-x^2/2) there."""
    edges = np.zeros(LAYERS + 1)
    edges[0], edges[1] = AREA / math.exp(-(TAIL**2) / 2), TAIL
    for i in range(1, LAYERS - 1):
        edges[i + 1] = math.sqrt(-2 * math.log(AREA / edges[i] + math.exp(-(edges[i] ** 2) / 2)))
    return edges, np.exp(-(edges**2) / 2)


EDGES, HEIGHTS = layers()


def first_state(sequence: np.random.SeedSequence) -> np.ndarray:
    """State (4, LANES + 1) of the bit generators, from the seed sequence of a named stream."""
    return sequence.generate_state(4 * (LANES + 1), np.uint64).reshape(4, LANES + 1)


@numba.njit
def fill_bits(state: np.ndarray, out: np.ndarray) -> None:
    """Fill (rows, LANES) with random bits; each lane is a generator of its own."""
    for row in range(len(out)):
        for j in range(LANES):
            a, b, c, d = state[0, j], state[1, j], state[2, j], state[3, j]
            total = a + d
            # Rotations by 23 and 45 and the shift by 17 are those of xoshiro256++.
            out[row, j] = ((total << U(23)) | (total >> U(41))) + a
            c ^= a
            d ^= b
            state[0, j] = a ^ d
            state[1, j] = b ^ c
            state[2, j] = c ^ (b << U(17))
            state[3, j] = (d << U(45)) | (d >> U(19))


@numba.njit
def spare_bits(state: np.ndarray) -> np.uint64:
    """64 bits of the ninth generator."""
    a, b, c, d = state[0, LANES], state[1, LANES], state[2, LANES], state[3, LANES]
    total = a + d
    c ^= a
    d ^= b
    state[0, LANES] = a ^ d
    state[1, LANES] = b ^ c
    state[2, LANES] = c ^ (b << U(17))
    state[3, LANES] = (d << U(45)) | (d >> U(19))
    return ((total << U(23)) | (total >> U(41))) + a


@numba.njit
def uniform(bits: np.uint64) -> float:
    """In (0, 1]: its logarithm is finite."""
    return float(np.int64(bits >> U(11)) + 1) * 2.0**-53


@numba.njit
def slow_normal(state: np.ndarray, layer: int, x: float) -> float:
    """|x| of a draw that left its rectangle (1 % of all), or of a new one if it is rejected."""
    while True:
        if x < EDGES[layer + 1]:
            return x
        if layer == 0:
            # Marsaglia (1964): exponential beyond TAIL, kept with probability exp(-beyond^2 / 2).
            beyond = -math.log(uniform(spare_bits(state))) / TAIL
            if -2 * math.log(uniform(spare_bits(state))) > beyond * beyond:
                return TAIL + beyond
        low, high = HEIGHTS[layer], HEIGHTS[layer + 1]
        height = low + uniform(spare_bits(state)) * (high - low)
        if layer > 0 and height < math.exp(-0.5 * x * x):
            return x
        bits = spare_bits(state)
        layer = int(np.int64(bits & U(255)))
        x = np.int64(bits >> U(12)) * 2.0**-52 * EDGES[layer]


@numba.njit
def fill_normals(state: np.ndarray, bits: np.ndarray, out: np.ndarray) -> None:
    """Fill flat `out` with independent standard normals.

    `bits` is room for random bits, uint64 (rows, LANES) with at least as many entries. Of each,
    bits 0 to 7 choose the layer, bit 8 the sign, the upper 52 the place. Written out here: as a
    function of its own, called for each number, it takes ten times as long.
    """
    fill_bits(state, bits)
    source = bits.reshape(-1)
    for i in range(len(out)):
        drawn = source[i]
        layer = int(np.int64(drawn & U(255)))
        x = np.int64(drawn >> U(12)) * 2.0**-52 * EDGES[layer]
        if x >= EDGES[layer + 1]:
            x = slow_normal(state, layer, x)
        out[i] = x * (1.0 - 2.0 * np.int64((drawn >> U(8)) & U(1)))


@numba.njit
def slow_gamma(state: np.ndarray, d: float, c: float, x: float, u: float) -> float:
    """The normal x of an accepted draw: this one by the exact test, else of new ones."""
    while True:
        cube = (1.0 + c * x) ** 3
        if cube > 0 and math.log(u) < 0.5 * x * x + d * (1.0 - cube + math.log(cube)):
            return x
        # Rare, so Box and Muller will do.
        length = math.sqrt(-2.0 * math.log(uniform(spare_bits(state))))
        x = length * math.cos(2.0 * math.pi * uniform(spare_bits(state)))
        u = uniform(spare_bits(state))


@numba.njit
def fill_chi(state: np.ndarray, bits: np.ndarray, freedom: int, out: np.ndarray) -> None:
    """Turn standard normals in flat `out` into lengths of normal vectors of `freedom` entries.

    `bits` is room for as many random bits, uint64 (rows, LANES).
    """
    if freedom == 1:
        for i in range(len(out)):
            out[i] = abs(out[i])
        return
    fill_bits(state, bits)
    source = bits.reshape(-1)
    # chi^2 / 2 is a gamma variable of shape freedom / 2; d and c as Marsaglia and Tsang have them.
    d = 0.5 * freedom - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    for i in range(len(out)):
        x = out[i]
        u = (np.int64(source[i] >> U(11)) + 1) * 2.0**-53  # above 0
        # Bounds the exact test and needs no logarithm; it nearly always decides.
        if 1.0 + c * x <= 0 or u >= 1.0 - 0.0331 * x**4:
            x = slow_gamma(state, d, c, x, u)
        out[i] = math.sqrt(2.0 * d * (1.0 + c * x) ** 3)
