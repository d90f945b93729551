"""``python -m scalinglaws VERB``; refuses a Python that the packages are not those of."""

import sys

WANTED = (3, 11)  # what envs/*.lock and pyproject.toml are for
INSTALL = "run 'make environment', then 'source .venv/bin/activate'"


def python_problem(found: tuple[int, ...]) -> str | None:
    """One sentence where another Python runs this, else None."""
    if found[:2] == WANTED:
        return None
    return (
        f"this is Python {found[0]}.{found[1]}, expected Python 3.11: install it, then {INSTALL}."
    )


def package_problem(lacking: ModuleNotFoundError) -> str:
    """One sentence for a package of the lock that is not there. Raises what is our own fault."""
    package = (lacking.name or "").partition(".")[0]
    if package in ("", "scalinglaws"):
        raise lacking
    return f"the package {package} is not in the environment of {sys.executable}: {INSTALL}."


def run() -> None:
    problem = python_problem((sys.version_info.major, sys.version_info.minor))
    if problem is None:
        try:
            from scalinglaws.shell.cli import main

            main()  # which imports what a verb needs
        except ModuleNotFoundError as lacking:
            problem = package_problem(lacking)
    if problem:
        print(f"error: {problem}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    run()
