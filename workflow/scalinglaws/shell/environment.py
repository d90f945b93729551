"""What libraries read from the environment as they load, set before they do."""

import os

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")


def steady_environment() -> None:
    """Set what a notebook, a GPU shell or a cluster may have set otherwise, before libraries load.

    Theory is float64 on the CPU, and figures are drawn into files.
    """
    for variable in [name for name in os.environ if name.startswith("JAX_")]:
        del os.environ[variable]
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["MPLBACKEND"] = "Agg"
    set_xla_flags(threads=1)


def set_xla_flags(threads: int) -> None:
    """XLA takes all cores otherwise, and its reductions then depend on how many there are."""
    os.environ["XLA_FLAGS"] = (
        f"--xla_cpu_multi_thread_eigen={str(threads > 1).lower()} "
        f"intra_op_parallelism_threads={threads}"
    )


def limit_threads(threads: int) -> None:
    """Before numpy, torch or XLA load: they read these once."""
    for variable in THREAD_VARIABLES:
        os.environ[variable] = str(threads)
    set_xla_flags(threads)
