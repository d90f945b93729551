"""Which seeds a block holds: a part of the settings of every experiment that deals them out."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SeedRange:
    """The root seed, and the seeds first_seed, first_seed + 1, ... of one block."""

    seed: int
    first_seed: int
    seeds: int

    @property
    def seed_range(self) -> range:
        return range(self.first_seed, self.first_seed + self.seeds)
