"""What the numbers were computed with: interpreter, libraries, processor."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    *("numpy", "scipy", "pandas", "pyarrow", "torch", "jax", "jaxlib", "diffrax", "numba"),
    *("matplotlib", "seaborn", "statsmodels", "typst", "snakemake"),
)


def environment() -> dict[str, Any]:
    """Versions, processor and cards; nothing that changes between two runs on one machine."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor_name(),
        "gpus": gpus(),
        "packages": {name: installed_version(name) for name in PACKAGES},
    }


def gpus() -> list[str]:
    """Cards of this machine with their drivers; of a block's own its table's header tells."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        listed = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in listed.stdout.splitlines() if line.strip()]


def installed_version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def processor_name() -> str:
    """The processor's model as Linux tells it; elsewhere what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"
