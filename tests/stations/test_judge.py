import shutil
import subprocess
import sys

import pytest
import yaml

from scalinglaws.codedigest import ROOT
from scalinglaws.config import CONFIG, read_claims
from scalinglaws.errors import InputError
from scalinglaws.stations.judge import judge_claims
from scalinglaws.statistics.quantity import NUMERICAL, quantity
from scalinglaws.storage import FORMAT, read_json, write_json

CODE = "from scalinglaws.codedigest import code_digest as d; print(d('scalinglaws.stations.judge'))"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A copy of the package, to edit."""
    folder = tmp_path_factory.mktemp("copy") / "scalinglaws"
    return shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns("__pycache__"))


def digest_of(package):
    environment = {"PYTHONPATH": str(package.parent)}
    command = [sys.executable, "-c", CODE]
    return subprocess.run(command, env=environment, check=True, capture_output=True).stdout


@pytest.mark.parametrize("shown_by", ["page", "strip", "table", "wording"])
def test_an_edit_of_what_shows_verdicts_judges_nothing_again(package, shown_by):
    before = digest_of(package)
    with (package / "claims" / f"{shown_by}.py").open("a") as file:
        file.write("STYLE = 'h1 { color: red; }'\n")
    assert digest_of(package) == before


def test_an_edit_of_how_verdicts_are_found_judges_all_again(package):
    before = digest_of(package)
    with (package / "claims" / "verdict.py").open("a") as file:
        file.write("VERDICTS = ()\n")
    assert digest_of(package) != before


def test_claims_and_departures_are_read_from_the_files_that_are_named(tmp_path):
    claim = read_claims("damico2025")[0]
    claim |= {"quantities": ["laws.one"], "published": 1.0, "departures": []}
    (tmp_path / "claims.yaml").write_text(yaml.safe_dump([claim]))
    header = {"format": FORMAT, "station": "fits", "name": "laws", "code": {}}
    one = quantity(1.0, (1.0, 1.0), interval_kind=NUMERICAL)
    write_json(tmp_path / "laws.json", {"quantities": {"one": one}}, header)
    named = ["damico2025", [str(tmp_path / "laws.json")], tmp_path / "claims.yaml"]
    run = {"scale": "quick", "seed": 1, "look": 1}
    judge_claims(*named, CONFIG / "departures.yaml", run, tmp_path / "ledger.json")
    (row,) = read_json(tmp_path / "ledger.json")["claims"]
    assert (row["id"], row["verdict"]) == (claim["id"], "reproduced")
    (tmp_path / "departures.yaml").write_text("- {id: 3}\n")
    with pytest.raises(InputError, match=r"departures\.yaml"):
        judge_claims(*named, tmp_path / "departures.yaml", run, tmp_path / "ledger.json")
