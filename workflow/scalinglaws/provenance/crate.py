"""An RO-Crate of a results folder: its files, what made them, the papers they are about.

RO-Crate 1.1 (https://w3id.org/ro/crate/1.1) with the profile Process Run Crate 0.5. Everything in
it is the manifest's and the configuration's, so that the same results give the same bytes.
"""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from scalinglaws import __version__
from scalinglaws.config import read_paper
from scalinglaws.errors import InputError
from scalinglaws.files import missing
from scalinglaws.repository import git
from scalinglaws.stations.registration import registrations
from scalinglaws.storage import read_json

NAME = "ro-crate-metadata.json"
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
TERMS = "https://w3id.org/ro/terms/workflow-run#"
LICENCE = "https://spdx.org/licenses/MIT"
PYTHON, CONTRIBUTORS, WORKFLOW, RUN = (
    "https://www.python.org/",
    "#contributors",
    "#workflow",
    "#run",
)
FORMATS = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".png": "image/png",
}
SINGLE = {
    "environment.json": "Interpreter, libraries and processor of the run",
    "ledger.html": "The ledger: every claim and its verdict, as a page",
    "manifest.json": "The manifest: sha256 of every file, configuration, seed and commit",
    "numbers.json": "Every number that the replication paper quotes",
    "plan/plan.json": "The plan: every block and what it was expected to cost",
    "replication.pdf": "The replication paper",
}
ROOMS = {  # the folder of a file -> what the file is
    "cards": "Card of a figure",
    "figures": "Figure",
    "findings": "Findings",
    "fits": "Fitted quantities with intervals",
    "ledger": "The ledger of a paper",
    "runs": "Rows of one trained block",
    "tables": "Table of an experiment",
    "theory": "Rows of one block of theory",
}
Entity = dict[str, Any]


def crate(folder: Path) -> Entity:
    """The crate of a folder of results with a manifest. Raises InputError where it has none."""
    record = read_json(folder / "manifest.json")
    if not isinstance(record.get("files"), dict):
        raise InputError(
            f"{folder / 'manifest.json'} lists no files, expected a manifest as make reproduce "
            "writes it; run: make reproduce"
        )
    papers = {slug: read_paper(slug) for slug in record["papers"]}
    files = [
        file_entity(folder, name, record["files"].get(name), papers)
        for name in sorted({*record["files"], "manifest.json"})
    ]
    return {
        "@context": [f"{SPECIFICATION}/context", {"sha256": f"{TERMS}sha256"}],
        "@graph": [
            {
                "@id": NAME,
                "@type": "CreativeWork",
                "about": {"@id": "./"},
                "conformsTo": {"@id": SPECIFICATION},
            },
            root_entity(record, files, papers),
            *made_by(record, files),
            *map(article, papers.values()),
            *files,
        ],
    }


def root_entity(
    record: Mapping[str, Any], files: list[Entity], papers: Mapping[str, Any]
) -> Entity:
    scale = record["scale"]
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Three papers on neural scaling laws, recomputed and judged: scale {scale}",
        "description": (
            "Figures, fits, verdicts claim by claim and a replication paper, made by one Snakemake "
            f"workflow at scale {scale} with root seed {record['seed']}."
        ),
        "datePublished": date(record["source"]["commit"]),
        "license": {"@id": LICENCE},
        "author": {"@id": CONTRIBUTORS},
        "publisher": {"@id": CONTRIBUTORS},
        "conformsTo": {"@id": PROFILE},
        "mentions": {"@id": RUN},
        "isBasedOn": [{"@id": address(paper)} for paper in papers.values()],
        "hasPart": [{"@id": file["@id"]} for file in files],
    }


def made_by(record: Mapping[str, Any], files: list[Entity]) -> Iterator[Entity]:
    """The run, the workflow, and what these name."""
    commit = record["source"]["commit"]
    yield {
        "@id": RUN,
        "@type": "CreateAction",
        "name": f"python -m scalinglaws reproduce --scale {record['scale']}",
        "description": f"One run of the workflow on device {record['device']}.",
        "instrument": {"@id": WORKFLOW},
        "agent": {"@id": CONTRIBUTORS},
        "result": [{"@id": file["@id"]} for file in files],
    }
    yield {
        "@id": WORKFLOW,
        "@type": "SoftwareSourceCode",
        "name": "scalinglaws",
        "description": "The Snakemake workflow and the Python package that it calls.",
        "version": f"{__version__}, commit {commit or 'not recorded'}",
        "programmingLanguage": {"@id": PYTHON},
        "license": {"@id": LICENCE},
        "author": {"@id": CONTRIBUTORS},
    }
    yield {
        "@id": PROFILE,
        "@type": "CreativeWork",
        "name": "Process Run Crate",
        "version": PROFILE.rsplit("/", 1)[-1],
    }
    yield {
        "@id": CONTRIBUTORS,
        "@type": "Organization",
        "name": "The scalinglaws contributors",
        "description": "All who have contributed to the workflow.",
    }
    yield {"@id": PYTHON, "@type": "ComputerLanguage", "name": "Python", "url": PYTHON}
    yield {
        "@id": LICENCE,
        "@type": "CreativeWork",
        "name": "MIT License",
        "description": "A short and permissive licence: keep the notice, no warranty.",
        "url": LICENCE,
    }


def article(paper: Mapping[str, Any]) -> Entity:
    return {
        "@id": address(paper),
        "@type": "ScholarlyArticle",
        "name": paper["title"],
        "description": f"{paper['authors']}: {paper['title']}, arXiv:{paper['arxiv']}",
        "url": address(paper),
    }


def address(paper: Mapping[str, Any]) -> str:
    return f"https://arxiv.org/abs/{paper['arxiv']}"


def file_entity(
    folder: Path, name: str, sha256: str | None, papers: Mapping[str, Mapping[str, Any]]
) -> Entity:
    """A file of the folder; without a sum for the manifest itself, which holds the sums."""
    path = PurePosixPath(name)
    entity: Entity = {
        "@id": name,
        "@type": "File",
        "name": described(path, papers),
        "encodingFormat": FORMATS.get(path.suffix, "application/octet-stream"),
        "contentSize": str(size(folder / name)),
    }
    if slug := next((slug for slug in papers if slug in name), None):
        entity["about"] = {"@id": address(papers[slug])}
    return entity | ({"sha256": sha256} if sha256 else {})


def size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError as problem:
        raise InputError(missing(path)) from problem


def described(path: PurePosixPath, papers: Mapping[str, Mapping[str, Any]]) -> str:
    """What a file is, in words."""
    slug, _, _ = path.stem.partition("_")
    figures = papers[slug]["figures"] if slug in papers else {}
    if path.stem in figures:
        return f"{figures[path.stem]['title']} ({path.name})"
    if path.as_posix() in SINGLE:
        return SINGLE[path.as_posix()]
    return f"{ROOMS.get(path.parts[0], 'File')}: {path.stem}"


def date(commit: str | None) -> str:
    """The day of the commit that made the results, the same in every clone.

    Without git it is the day on which claims and seeds were last registered.
    """
    if commit:
        try:
            return git("show", "--no-patch", "--format=%cs", commit)
        except (OSError, subprocess.CalledProcessError):
            pass
    return str(registrations()[-1]["date"])
