"""The block of the curves that D'Amico et al. (arXiv:2505.13230) released, a table like our own."""

from scalinglaws.experiments.released.files import checksum
from scalinglaws.planning.blocks import Block, Request


def blocks(request: Request) -> list[Block]:
    """One block for all sets; the files' checksums are settings, so an edited file is read again.

    Raises InputError when a file is missing. Seed and device change nothing here.
    """
    sets = {name: checksum(name) for name in request.sizes["sets"]}
    return [
        request.block(
            "all",
            {"sets": sets},
            members=len(sets),
            core_seconds=3.0,
            station="theory",
            memory_mb=600,
        )
    ]
