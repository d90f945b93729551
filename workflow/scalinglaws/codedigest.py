"""Which of our source files a module depends on, and what each of them does, as digests.

Snakemake does not see edits in imported modules, so each rule carries these digests in its
parameters, and each result file carries them in its header. Imports are found by reading, not by
importing.

A digest covers what the code does. Comments, docstrings and formatting do not enter, and a module
of this package that is imported stands for its content and not for its name: a file that is only
moved keeps its digest, and so do those that import it.
"""

import ast
import hashlib
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

PACKAGE = "scalinglaws"
ROOT = Path(__file__).resolve().parent
# Trees are written as Python 3.11 does: 3.13 leaves empty lists out unless told.
WRITTEN = {"show_empty": True} if sys.version_info >= (3, 13) else {}
WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


class Imported(NamedTuple):
    """One name that a module takes from this package."""

    module: str  # where it comes from
    name: str  # what it is called there; empty for the module itself
    bound: str  # what it is called here


@cache
def module_file(module: str) -> Path | None:
    """The source file of a dotted module of this package, or None if there is none."""
    base = ROOT.joinpath(*module.split(".")[1:])
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def is_own(module: str | None) -> bool:
    return module is not None and module.split(".")[0] == PACKAGE


def imported(module: str, node: ast.AST) -> list[Imported]:
    """What one statement imports from this package."""
    if isinstance(node, ast.Import):
        own = [alias for alias in node.names if is_own(alias.name)]
        return [Imported(alias.name, "", alias.asname or alias.name) for alias in own]
    if isinstance(node, ast.ImportFrom) and node.level:
        raise ValueError(f"{module}: relative imports hide dependencies from the code digest")
    if isinstance(node, ast.ImportFrom) and node.module and is_own(node.module):
        return [taken(node.module, alias) for alias in node.names]
    return []


def taken(source: str, alias: ast.alias) -> Imported:
    bound, inner = alias.asname or alias.name, f"{source}.{alias.name}"
    return Imported(inner, "", bound) if module_file(inner) else Imported(source, alias.name, bound)


class Bare(ast.NodeTransformer):
    """A syntax tree without docstrings and without imports from this package, which it keeps.

    One walk does both: trees of all files are most of what a plan of many jobs reads.
    """

    def __init__(self, module: str) -> None:
        self.module = module
        self.imports: set[Imported] = set()

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, WITH_DOCSTRING) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
        # A field since Python 3.12: blocks of one run may be computed by another Python.
        if getattr(node, "type_params", None) == []:
            delattr(node, "type_params")
        return super().generic_visit(node)

    def visit_Import(self, node: ast.Import) -> ast.Import | None:
        self.imports.update(imported(self.module, node))
        node.names = [alias for alias in node.names if not is_own(alias.name)]
        return node if node.names else None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        self.imports.update(imported(self.module, node))
        return None if is_own(node.module) else node


class Source(NamedTuple):
    """What is read from one file: its imports from this package, and a digest of all else."""

    imports: tuple[Imported, ...]
    shape: str


@cache
def source(module: str) -> Source:
    file = module_file(module)
    assert file is not None, module
    return parsed(module, file.read_bytes())


@cache
def parsed(module: str, content: bytes) -> Source:
    bare = Bare(module)
    tree = bare.visit(ast.parse(content))
    found = sorted(bare.imports)
    names = sorted((item.name, item.bound if item.name else "") for item in found)
    return Source(tuple(found), short(ast.dump(tree, **WRITTEN), *map(str, names)))


def short(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


@cache
def direct_imports(module: str) -> tuple[str, ...]:
    """Modules of this package that a module imports itself, each once."""
    if module_file(module) is None:
        return ()
    names = {item.module for item in source(module).imports}
    return tuple(sorted(name for name in names if module_file(name)))


@cache
def file_digest(module: str) -> str:
    """What a module does, a dot, and from where it takes what.

    A source is named by its content: else a name that now comes from another module with another
    meaning would leave all digests as they were.
    """
    own = source(module)
    wires = [
        (source(item.module).shape if module_file(item.module) else item.module, *item[1:])
        for item in own.imports
    ]
    return f"{own.shape}.{short(*map(str, sorted(wires)))[:4]}"


@cache
def known_digests() -> frozenset[str]:
    """Of every module of this package, whatever they are called."""
    files = (file.relative_to(ROOT).with_suffix("") for file in ROOT.rglob("*.py"))
    return frozenset(file_digest(".".join((PACKAGE, *file.parts))) for file in files)


def digest_now(module: str, made: str) -> str:
    """The digest that a module has now; of one that moved, what it was; "gone" if none has it."""
    if module_file(module) is not None:
        return file_digest(module)
    return made if made in known_digests() else "gone"


def changed_modules(code: Mapping[str, str]) -> list[str]:
    """Modules of a result's header that do something else now than when it was made.

    An edit changes what all importers take as well: those are named only where they alone changed.
    """
    now = {module: digest_now(module, made) for module, made in code.items()}
    changed = [module for module, made in code.items() if now[module] != made]
    own = [module for module in changed if now[module][:12] != code[module][:12]]
    return own or changed


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


def code_now(*entries: str) -> dict[str, str]:
    """As `code_digest`, of the files as they are at this moment: a process may outlive an edit.

    Raises SyntaxError for a file that is being edited.
    """
    forget()
    return code_digest(*entries)


def forget() -> None:
    """Read the files again when they are asked for next."""
    for read_once in (module_file, source, direct_imports, file_digest, known_digests):
        read_once.cache_clear()
    code_digest.cache_clear()


def named_code(code: Mapping[str, str]) -> str:
    """One name for all that modules do; a module that is only moved leaves it as it is."""
    return short(*sorted(code.values()))
