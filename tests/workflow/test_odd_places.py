"""A small run where paths, rights, environment and texts are as awkward as they get."""

import json
import os
import re
import shlex

import pytest
import yaml
from repository import SOURCE, TINY, copy_repository

pytestmark = pytest.mark.workflow
FIGURE = "damico2025_appendix_mse"
HOSTILE = 'It\'s "$(touch executed)"; touch executed & `touch executed` | {output} 100 % \\ ü'


def retitle(repository, title):
    path = repository.path / "config/papers/damico2025.yaml"
    record = yaml.safe_load(path.read_text())
    record["figures"][FIGURE]["title"] = title
    path.write_text(yaml.safe_dump(record, allow_unicode=True))


def test_a_figure_is_made_in_an_odd_folder_without_a_home_for_its_owner_alone(
    tmp_path, monkeypatch
):
    repository = copy_repository(tmp_path / "Löhne & Spaß (1) it's")
    repository.resize(TINY)
    retitle(repository, HOSTILE)
    for variable in ("HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    before = os.umask(0o077)
    try:
        run = repository.verb("reproduce", "--cores", "2", FIGURE)
    finally:
        os.umask(before)
    assert run.returncode == 0, run.stdout[-3000:]
    results = repository.path / "results/quick"
    files = {path.suffix: path for path in (results / "figures").iterdir()}
    assert set(files) == {".pdf", ".png", ".csv", ".json"}
    assert {path.stat().st_mode & 0o077 for path in results.rglob("*")} == {0}
    assert not list(repository.path.rglob("executed"))
    assert not list(results.rglob("*.state"))


RULES = sorted((SOURCE / "workflow" / "rules").glob("*.smk"))
# Values that the program makes, or that schemas bound to letters, digits and underscores.
PLAIN = (
    *("run", "digest", "digests", "planned", "device", "state"),
    *("scale", "papers", "results", "root", "stem"),
)


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_values_that_a_configuration_may_word_freely_are_quoted_for_the_shell(file):
    for name, quoted in re.findall(r"\{params\.(\w+)(:q)?\}", file.read_text()):
        assert quoted or name in PLAIN, f"{file.name} hands {name} to a shell as it is"


def test_a_hostile_title_reaches_its_program_as_one_word(tmp_path):
    repository = copy_repository(tmp_path / "repository")
    retitle(repository, HOSTILE)
    shown = repository.snakemake("-n", "-p", f"results/quick/figures/{FIGURE}.pdf").stdout
    (line,) = (line for line in shown.splitlines() if f"scalinglaws draw {FIGURE}" in line)
    words = shlex.split(line)
    assert json.loads(words[words.index("--record") + 1])["title"] == HOSTILE
