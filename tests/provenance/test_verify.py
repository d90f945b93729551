import json
import os
import re
import shutil
import subprocess

import numpy as np
import pytest

from scalinglaws import repository
from scalinglaws.config import CONFIG, read_claims
from scalinglaws.errors import InputError
from scalinglaws.planning.plan import assemble
from scalinglaws.provenance import manifest, verify
from scalinglaws.stations.judge import judge_claims
from scalinglaws.statistics.quantity import quantity
from scalinglaws.storage import FORMAT, write_json, write_table


@pytest.fixture
def unpacked(tmp_path, monkeypatch):
    """This repository's folder as a zip leaves it, inside a thesis that git knows."""
    folder = tmp_path / "thesis" / "scalinglaws"
    folder.mkdir(parents=True)
    make_repository(tmp_path / "thesis")
    monkeypatch.setattr(manifest, "REPOSITORY", folder)
    monkeypatch.setattr(repository, "REPOSITORY", folder)
    return folder


def make_repository(folder):
    for command in (
        ("init", "--quiet"),
        ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--allow-empty", "-qm", "one"),
    ):
        subprocess.run(["git", "-C", str(folder), *command], check=True)


def test_inside_another_repository_no_commit_is_recorded(unpacked):
    assert manifest.commit() == {"commit": None, "modified": None}


def test_a_repository_that_the_shell_names_is_not_ours(unpacked, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(unpacked.parent / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(unpacked))
    assert manifest.commit() == {"commit": None, "modified": None}


def test_a_checkout_of_its_own_is_recorded_whatever_the_shell_names(unpacked, monkeypatch):
    make_repository(unpacked)
    monkeypatch.setenv("GIT_DIR", str(unpacked.parent / ".git"))
    recorded = manifest.commit()
    assert len(recorded["commit"]) == 40
    assert recorded["modified"] is False


@pytest.mark.parametrize("content", ["[]", "{}", "3", '{"files": {}}', "no json", '{"files": 3}'])
def test_a_folder_whose_manifest_is_none_is_refused(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(InputError, match=r"manifest\.json is (not a manifest|damaged or another)"):
        verify.verify(tmp_path, print)


def test_judging_again_writes_nothing_into_the_results(quick, tmp_path, monkeypatch):
    header = {"format": 1, "station": "ledger", "name": "damico2025", "code": {}}
    write_json(tmp_path / "ledger" / "damico2025.json", {"claims": [{"x": [1.5]}]}, header)
    monkeypatch.setattr(verify, "judged_rows", lambda paper, fits, run: [{"x": (1.5,)}])
    before = listing(tmp_path)
    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(shutil, "move", refuse)
    assert list(verify.check_ledger(tmp_path, quick, {"damico2025": []})) == []
    assert listing(tmp_path) == before


@pytest.fixture(scope="module")
def quick():
    return assemble({"scale": "quick"})


def header(station, name):
    return {"format": FORMAT, "station": station, "name": name, "code": {}}


def small_set(folder, plan, block):
    """The fits and the ledger of one paper and one block, with their manifest."""
    paper, departures = "damico2025", CONFIG / "departures.yaml"
    fits = {name: {} for name in plan.papers[paper]["fits"]}
    for name in {name for claim in read_claims(paper) for name in claim["quantities"]}:
        fit, key = name.split(".")
        fits[fit][key] = quantity(1.0, (0.9, 1.1), n_seeds=8)
    files = {name: folder / "fits" / paper / f"{name}.json" for name in fits}
    for name, file in files.items():
        write_json(file, {"quantities": fits[name]}, header("fits", name))
    ledger, run = folder / "ledger" / f"{paper}.json", folder / verify.block_file(block)
    listed = [str(file) for file in files.values()]
    claims = CONFIG / "claims" / f"{paper}.yaml"
    judge_claims(paper, listed, claims, departures, plan.config, ledger)
    write_table(run, ROWS, header("runs", block.name))
    record = manifest.manifest(plan, [*files.values(), ledger, run], folder)
    write_json(folder / "manifest.json", record)


ROWS = {"member": np.array(["a"]), "value": np.array([0.25])}


@pytest.fixture
def shipped(quick, tmp_path, monkeypatch):
    """A reference as small as one may be shipped; its block, when repeated, gives its rows."""
    block = next(each for each in quick.blocks if each.experiment == "perceptron_square")
    small_set(tmp_path, quick, block)
    monkeypatch.setattr(verify, "compute", lambda job: (ROWS, {}))
    monkeypatch.setattr(verify, "released_problems", lambda: iter(()))
    return tmp_path


def said(folder):
    lines = []
    return verify.verify(folder, lines.append), lines


def test_a_small_reference_is_verified_by_what_its_manifest_lists(shipped):
    sound, lines = said(shipped)
    assert sound, lines
    assert [line.split()[0] for line in lines] == ["ok"] * 6


def test_what_is_listed_is_checked(shipped, monkeypatch):
    monkeypatch.setattr(verify, "compute", lambda job: ({**ROWS, "value": np.ones(2)}, {}))
    sound, lines = said(shipped)
    assert not sound
    assert re.search(r"block perceptron_square/samples0to\d+: column value differs", "".join(lines))


def test_what_is_not_listed_is_told_and_no_failure(shipped):
    record = json.loads((shipped / "manifest.json").read_text())
    record["files"] = {name: sha for name, sha in record["files"].items() if "fits/" in name}
    write_json(shipped / "manifest.json", record)
    sound, lines = said(shipped)
    assert sound, lines
    assert [line.split()[0] for line in lines] == ["ok", "ok", "ok", "none", "none", "ok"]


def test_all_missing_files_are_told_at_once(shipped):
    lost = [
        shipped / "fits/damico2025" / f"{name}.json" for name in ("released_refit", "variant_laws")
    ]
    for file in lost:
        file.unlink()
    sound, lines = said(shipped)
    assert not sound
    listed = lines[: lines.index("ok     the manifest belongs to this configuration")]
    assert all(any(f"{file} does not exist" in line for line in listed) for file in lost)
    assert "ok     results were made by this source code" in lines


def refuse(*arguments):
    raise AssertionError("something was written")


def listing(folder):
    return {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}
