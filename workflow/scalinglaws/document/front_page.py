"""The parts of README.md that follow from files: findings, scales with their times, figures.

Each stands between two html comments; `make front-page` writes it anew; a test holds it to that.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from scalinglaws.claims.page import markup
from scalinglaws.config import PAPERS, REPOSITORY, SCALES, read_paper
from scalinglaws.errors import InputError
from scalinglaws.planning.machine import assumed
from scalinglaws.planning.plan import assemble
from scalinglaws.planning.spans import target_span
from scalinglaws.planning.table import total_cost

PAGE = REPOSITORY / "README.md"
REFERENCE = Path("results/reference")
VERDICTS = ("reproduced", "differs", "undecided", "not run")
FEW = 5  # findings on the front page
# Per scale: what it is for, the machine in words, its cores and cards, its data.
ABOUT = {
    "quick": (
        "a first look: every effect visible, some claims undecided",
        ("2 cores, 8 GB", 2, 0),
        "real digits that pip installs, synthetic",
    ),
    "laptop": (
        "narrower intervals, more claims decided",
        ("2 cores, 16 GB", 2, 0),
        "MNIST, Fashion-MNIST, CIFAR-10, CIFAR-100, synthetic",
    ),
    "workstation": (
        "the networks for real: whole images, the papers' architectures",
        ("8 cores, one GPU (H100 class)", 8, 1),
        "also SVHN",
    ),
    "paper": ("the authors' sizes", ("cluster, GPUs", 8, 0), "the same"),
}


def front_page(text: str, root: Path = REPOSITORY) -> str:
    """README with its written parts as files say now. Raises InputError where a part is missing."""
    for name, lines in {
        "findings": findings_lines(root),
        "scales": scale_lines(),
        "figures": figure_lines(),
    }.items():
        text = replaced(text, name, lines)
    return text


def replaced(text: str, name: str, lines: Iterable[str]) -> str:
    block = re.compile(rf"(<!-- {name}: [^>]*-->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    if len(block.findall(text)) != 1:
        raise InputError(
            f"README.md has no part between '<!-- {name}: ... -->' and '<!-- end of {name} -->', "
            "expected one; restore these two comments."
        )
    written = "".join(f"{line}\n" for line in lines)
    return block.sub(lambda found: f"{found[1]}{written}{found[2]}", text)


def findings_lines(root: Path) -> list[str]:
    """Picture, counts and a few findings of the shipped results; nothing where none are shipped."""
    shipped = [
        folder
        for scale in reversed(SCALES)
        if (root / (folder := REFERENCE / scale / "findings") / "findings.json").is_file()
    ]
    if not shipped:
        return []
    folder = shipped[0]
    found = json.loads((root / folder / "findings.json").read_text("utf-8"))
    papers = found["papers"]
    pictures = [f"![Every claim in units of its margin]({folder}/forest.png)", ""]
    return [
        "",
        *(pictures if (root / folder / "forest.png").is_file() else []),
        plain(found["headline"]),
        "",
        *count_lines(papers),
        "",
        *(f"- {plain(sentence['text'])}" for sentence in first_of_each(papers)),
        "",
        *more_lines(root, folder),
    ]


def count_lines(papers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A table: claims of each paper by verdict; self-checks say nothing of a paper."""
    yield f"| paper | {' | '.join(VERDICTS)} |"
    yield "|---|" + "---:|" * len(VERDICTS)
    for paper in papers:
        kinds = [counts for kind, counts in paper["counts"].items() if kind != "ours"]
        counts = [sum(kind.get(verdict, 0) for kind in kinds) for verdict in VERDICTS]
        yield f"| {paper['slug']} | {' | '.join(map(str, counts))} |"


def first_of_each(papers: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The first finding of every paper, then the second of every paper, and so on."""
    turns = chain.from_iterable(zip_longest(*(paper["sentences"] for paper in papers)))
    return [sentence for sentence in turns if sentence is not None][:FEW]


def plain(text: str) -> str:
    """As a page of text shows it: apostrophes need no escape there."""
    return markup(text).replace("&#x27;", "'")


def more_lines(root: Path, folder: Path) -> Iterator[str]:
    pages = {
        "all findings, what differs and why, what is undecided": folder / "findings.md",
        "the replication paper": folder.parent / "replication.pdf",
        "the ledger, claim by claim": folder.parent / "ledger.html",
        "a card per figure": folder.parent / "figures" / "index.html",
    }
    links = [f"[{name}]({page})" for name, page in pages.items() if (root / page).is_file()]
    if links:
        yield f"Shipped with the repository: {', '.join(links)}."
        yield ""


def scale_lines() -> Iterator[str]:
    """A row per scale with the plan's time on the machine that it is made for."""
    yield "| scale | for | on | takes | data |"
    yield "|---|---|---|---|---|"
    for scale in SCALES:
        aim, (machine, cores, gpus), data = ABOUT[scale]
        time = target_span(assemble({"scale": scale}, assumed()), (), cores, gpus).text()
        yield f"| `{scale}` | {aim} | {machine} | {time} | {data} |"
    jobs = total_cost(assemble({"scale": "quick"}, assumed())).jobs
    yield ""
    yield f"All figures at scale `quick` take {jobs} jobs."


def figure_lines() -> Iterator[str]:
    """The targets of each paper."""
    for slug in PAPERS:
        names = ", ".join(f"`{name}`" for name in read_paper(slug)["figures"])
        yield f"- `{slug}`: {names}"
