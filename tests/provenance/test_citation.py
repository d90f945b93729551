"""CITATION.cff against what the Citation File Format 1.2.0 asks for."""

import re

import pytest
import yaml

from scalinglaws import __version__
from scalinglaws.config import PAPERS, REPOSITORY, read_paper

# The format's required keys, and those of its others that are used here.
TOP = {"cff-version", "message", "title", "authors"}
USED = {"type", "license", "keywords", "references", "version"}
REFERENCE = {"type", "title", "authors"}
REFERENCE_USED = {"journal", "volume", "issue", "year", "doi", "url", "collection-title"}
KINDS = {"article", "conference-paper"}
ENTITY, PERSON = {"name"}, {"family-names", "given-names"}


@pytest.fixture(scope="module")
def citation():
    return yaml.safe_load((REPOSITORY / "CITATION.cff").read_text("utf-8"))


def test_the_keys_are_the_formats(citation):
    assert set(citation) >= TOP
    assert set(citation) <= TOP | USED
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    for reference in citation["references"]:
        assert set(reference) >= REFERENCE
        assert set(reference) <= REFERENCE | REFERENCE_USED
        assert reference["type"] in KINDS
        assert isinstance(reference["year"], int)


def test_authors_are_entities_or_persons(citation):
    assert citation["authors"] == [{"name": "The scalinglaws contributors"}]
    authors = [author for one in citation["references"] for author in one["authors"]]
    assert authors
    assert all(set(author) in (ENTITY, PERSON) for author in authors)


def test_the_version_is_the_packages_and_the_licence_that_of_the_repository(citation):
    assert citation["version"] == __version__
    assert (REPOSITORY / "LICENSE").read_text("utf-8").startswith(f"{citation['license']} License")


def test_each_replicated_paper_is_cited_by_its_title_and_address(citation):
    cited = {
        reference["url"]: re.sub(r"\s+", " ", reference["title"]).lower()
        for reference in citation["references"]
    }
    papers = [read_paper(slug) for slug in PAPERS]
    assert cited == {
        f"https://arxiv.org/abs/{paper['arxiv']}": paper["title"].lower() for paper in papers
    }
