"""The RO-Crate of a folder of results, held against what RO-Crate 1.1 asks for."""

import json
import re
import subprocess

import pytest

from scalinglaws.errors import InputError
from scalinglaws.provenance import crate as crate_module
from scalinglaws.provenance.crate import FORMATS, crate
from scalinglaws.provenance.manifest import file_sha256

FILES = {
    "environment.json": b"{}",
    "figures/damico2025_fig1.csv": b"x,y\n1,2\n",
    "figures/damico2025_fig1.png": b"png",
    "fits/worschech2024/plateau.json": b"{}\n",
    "ledger/bahri2021.json": b"{}",
    "replication.pdf": b"pdf",
}
COMMIT = "0" * 40


@pytest.fixture
def results(tmp_path):
    """A folder with the files of a manifest."""
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    record = {
        "scale": "quick",
        "papers": ["bahri2021", "damico2025", "worschech2024"],
        "seed": 7,
        "device": "cpu",
        "source": {"commit": COMMIT, "modified": False},
        "files": {name: file_sha256(tmp_path / name) for name in FILES},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(record))
    return tmp_path


def by_id(made):
    found = {entity["@id"]: entity for entity in made["@graph"]}
    assert len(found) == len(made["@graph"])  # flattened: an entity stands once
    return found


def references(value):
    if isinstance(value, list):
        return [name for item in value for name in references(item)]
    if isinstance(value, dict):
        return [value["@id"]] if set(value) == {"@id"} else references(list(value.values()))
    return []


def test_descriptor_and_root_have_what_the_specification_demands(results):
    entities = by_id(crate(results))
    descriptor, root = entities["ro-crate-metadata.json"], entities["./"]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert root["@type"] == "Dataset"
    assert all(root[name] for name in ("name", "description", "license", "hasPart"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", root["datePublished"])


def test_every_entity_has_type_and_name_and_every_reference_leads_to_one(results):
    made = crate(results)
    entities = by_id(made)
    assert all(entity["@type"] for entity in entities.values())
    unnamed = {name for name, entity in entities.items() if not entity.get("name")}
    assert unnamed == {"ro-crate-metadata.json"}
    outside = set(references(made["@graph"])) - set(entities)
    assert outside == {crate_module.SPECIFICATION}


def test_the_parts_are_the_files_of_the_manifest_with_size_and_sum(results):
    entities = by_id(crate(results))
    parts = [part["@id"] for part in entities["./"]["hasPart"]]
    assert parts == sorted({*FILES, "manifest.json"})
    for name, content in FILES.items():
        entity = entities[name]
        assert entity["@type"] == "File"
        assert entity["contentSize"] == str(len(content))
        assert entity["sha256"] == file_sha256(results / name)
        assert entity["encodingFormat"] == FORMATS[name[name.rindex(".") :]]


def test_a_run_of_the_workflow_made_the_files(results):
    entities = by_id(crate(results))
    run = entities["#run"]
    assert run["@type"] == "CreateAction"
    assert run["result"] == entities["./"]["hasPart"]
    workflow = entities[run["instrument"]["@id"]]
    assert workflow["@type"] == "SoftwareSourceCode"
    assert COMMIT in workflow["version"]


def test_the_papers_are_named_and_a_figure_is_about_its_own(results):
    entities = by_id(crate(results))
    papers = [paper["@id"] for paper in entities["./"]["isBasedOn"]]
    assert [entities[paper]["@type"] for paper in papers] == 3 * ["ScholarlyArticle"]
    about = entities["figures/damico2025_fig1.csv"]["about"]["@id"]
    assert "Implicit bias" in entities[about]["name"]
    assert "about" not in entities["environment.json"]


def test_the_day_is_the_commits_and_without_git_that_of_the_registration(results, monkeypatch):
    asked = []

    def answered(*arguments):
        asked.append(arguments)
        return "2031-02-03"

    monkeypatch.setattr(crate_module, "git", answered)
    assert by_id(crate(results))["./"]["datePublished"] == "2031-02-03"
    assert asked[0][-1] == COMMIT

    def missing(*arguments):
        raise subprocess.CalledProcessError(128, "git")

    monkeypatch.setattr(crate_module, "git", missing)
    registered = crate_module.registrations()[-1]["date"]
    assert by_id(crate(results))["./"]["datePublished"] == str(registered)


def test_a_folder_without_a_list_of_files_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match=r"lists no files, expected a manifest .*; run: make repr"):
        crate(tmp_path)


def test_a_listed_file_that_is_missing_is_refused(results):
    (results / "replication.pdf").unlink()
    with pytest.raises(InputError, match=r"replication\.pdf"):
        crate(results)
