import os
import shutil
import subprocess
from types import SimpleNamespace

import pytest

from scalinglaws.errors import InputError
from scalinglaws.provenance import manifest, verify
from scalinglaws.storage import write_json


@pytest.fixture
def unpacked(tmp_path, monkeypatch):
    """This repository's folder as a zip leaves it, inside a thesis that git knows."""
    folder = tmp_path / "thesis" / "scalinglaws"
    folder.mkdir(parents=True)
    make_repository(tmp_path / "thesis")
    monkeypatch.setattr(manifest, "REPOSITORY", folder)
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


def test_judging_again_writes_nothing_into_the_results(tmp_path, monkeypatch):
    header = {"format": 1, "station": "ledger", "name": "damico2025", "code": {}}
    write_json(tmp_path / "ledger" / "damico2025.json", {"claims": [{"x": [1.5]}]}, header)
    monkeypatch.setattr(verify, "judged_rows", lambda paper, fits: [{"x": (1.5,)}])
    plan = SimpleNamespace(papers={"damico2025": {"fits": {}}})
    before = listing(tmp_path)
    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(shutil, "move", refuse)
    assert list(verify.check_ledger(tmp_path, plan)) == []
    assert listing(tmp_path) == before


def refuse(*arguments):
    raise AssertionError("something was written")


def listing(folder):
    return {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}
