"""Which of our source files a module depends on, found by reading imports, not by importing.

Snakemake does not see edits in imported modules, so each rule carries these digests in its
parameters, and each result file carries them in its header.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = "scalinglaws"
ROOT = Path(__file__).resolve().parent


@cache
def module_file(module: str) -> Path | None:
    """The source file of a dotted module of this package, or None if there is none."""
    base = ROOT.joinpath(*module.split(".")[1:])
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def imported_names(module: str, node: ast.AST) -> list[str]:
    """Dotted names of this package that one import statement may refer to."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE]
    if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == PACKAGE:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    if isinstance(node, ast.ImportFrom) and node.level:
        raise ValueError(f"{module}: relative imports hide dependencies from the code digest")
    return []


@cache
def direct_imports(module: str) -> tuple[str, ...]:
    source = module_file(module)
    if source is None:
        return ()
    tree = ast.parse(source.read_bytes())
    names = {name for node in ast.walk(tree) for name in imported_names(module, node)}
    return tuple(sorted(name for name in names if module_file(name)))


@cache
def file_digest(module: str) -> str:
    source = module_file(module)
    assert source is not None, module
    # Of the text: a clone for Windows ends its lines with \r\n.
    text = source.read_bytes().replace(b"\r\n", b"\n")
    return hashlib.sha256(text).hexdigest()[:12]


@cache
def code_digest(*entries: str) -> dict[str, str]:
    """Digest of every source file that the entry modules reach, keyed by module name.

    Raises ValueError when an entry names no module of this package.
    """
    found: set[str] = set()
    waiting = list(entries)
    for entry in entries:
        if module_file(entry) is None:
            raise ValueError(f"no module {entry} in {ROOT}")
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting.extend(direct_imports(module))
    return {module: file_digest(module) for module in sorted(found)}
