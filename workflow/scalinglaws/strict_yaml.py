"""YAML as it looks: strictly read, and refused where YAML would read something else."""

import io
import re
from pathlib import Path
from typing import Any

import yaml

from scalinglaws.errors import InputError, unreadable

PLAIN = {
    "int": re.compile(r"[-+]?(0|[1-9][0-9]*)"),
    "float": re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"),
}


class StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A safe loader that refuses what YAML would silently read otherwise than it looks.

    That is a key written twice (the last counts) and a number that is not in plain decimals: 010
    is eight, 1:30 is ninety.
    """


def mapping_without_duplicates(loader: Any, node: Any) -> dict[Any, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise InputError(
                f"{node.start_mark.name}, line {node.start_mark.line + 1}: key {key!r} is written "
                "more than once; keep one of them."
            )
    loader.flatten_mapping(node)
    return dict(loader.construct_pairs(node, deep=True))


StrictLoader.add_constructor(
    yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping_without_duplicates
)


def plain_number(kind: str) -> Any:
    """A constructor of YAML's numbers of one kind, ``int`` or ``float``, in plain decimals."""

    def construct(loader: Any, node: Any) -> Any:
        if PLAIN[kind].fullmatch(node.value):
            return getattr(yaml.SafeLoader, f"construct_yaml_{kind}")(loader, node)
        raise InputError(
            f"{node.start_mark.name}, line {node.start_mark.line + 1}: {node.value} is no number "
            "in plain decimals, and YAML reads such ones otherwise than they look (010 is 8, 1:30 "
            "is 90); write it as 10, 0.5 or 1.0e-3."
        )

    return construct


for kind in PLAIN:
    StrictLoader.add_constructor(f"tag:yaml.org,2002:{kind}", plain_number(kind))


def read_yaml(path: Path) -> Any:
    """Parse a YAML file; None if it is empty.

    Raises InputError for a file that cannot be read, is not UTF-8 or not YAML, for a repeated key
    and for a number that YAML reads otherwise than it looks.
    """
    try:
        stream = NamedText(path.read_bytes().decode("utf-8-sig"))
        stream.name = str(path)
        return yaml.load(stream, Loader=StrictLoader)
    except FileNotFoundError as problem:
        raise InputError(f"{path} does not exist; restore it from the repository.") from problem
    except OSError as problem:
        raise InputError(unreadable(path, problem)) from problem
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        raise InputError(
            f"{path} is not UTF-8 text (byte {problem.object[problem.start]:#04x} in line {line}); "
            "save it as UTF-8 and run the same command again."
        ) from problem
    except yaml.YAMLError as problem:
        reason = " ".join(str(problem).split())
        raise InputError(f"{path} is not valid YAML: {reason}; mend that line.") from problem
    except (TypeError, ValueError, RecursionError) as problem:  # a list as key, 32 May
        raise InputError(f"{path} is not valid YAML ({problem}); mend it.") from problem


class NamedText(io.StringIO):
    """Text with the name of its file, which YAML's complaints repeat."""

    name: str


def read_mapping(path: Path, name: str) -> dict[Any, Any]:
    """A YAML file that must hold keys with values; ``name`` stands for it in messages.

    Raises InputError.
    """
    content = read_yaml(path)
    if not isinstance(content, dict):
        found = "is empty" if content is None else f"holds a {type(content).__name__}"
        raise InputError(
            f"{name} {found}; expected lines of the form 'key: value': mend it, or restore it "
            "from the repository."
        )
    return content
