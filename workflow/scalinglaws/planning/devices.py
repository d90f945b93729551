"""What a plan may ask of the device that trains."""

from scalinglaws.errors import InputError

PRECISIONS = ("float32", "tf32", "bf16")


def check_precision(where: str, precision: str, device: str) -> None:
    """Raises InputError where the device does not know the precision."""
    if precision == "tf32" and device == "cpu":
        raise InputError(
            f"{where}.precision is tf32, which only NVIDIA GPUs know, but device is cpu: add "
            "device=cuda, or choose float32 or bf16 in config/scales."
        )
