import pytest

from made_ledger import made_rows, whole_fits
from scalinglaws.claims.verdict import DIFFERS
from scalinglaws.errors import InputError
from scalinglaws.stations.findings import terminal_text, write_findings
from scalinglaws.storage import FORMAT, read_json, write_json

FILES = ["findings.json", "findings.md", "forest.pdf", "forest.png"]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Ledgers and fits of one paper, as the rules before this one leave them."""
    folder = tmp_path_factory.mktemp("results")
    fits = whole_fits("worschech2024", {"worschech2024_F6b": DIFFERS})
    header = {"format": FORMAT, "code": {}, "settings": {"look": 1}, "registration": None}
    rows = made_rows("worschech2024", fits)
    ledger = {**header, "station": "ledger", "name": "worschech2024"}
    write_json(folder / "ledger" / "worschech2024.json", {"claims": rows}, ledger)
    for name, quantities in fits.items():
        path = folder / "fits" / "worschech2024" / f"{name}.json"
        write_json(path, {"quantities": quantities}, {**header, "station": "fits", "name": name})
    return folder


def written(results, output):
    fits = sorted(map(str, results.glob("fits/*/*.json")))
    write_findings([str(results / "ledger" / "worschech2024.json")], fits, "quick", output)
    return {path.name: path.read_bytes() for path in output.iterdir()}


def test_the_same_ledger_and_fits_give_the_same_bytes(results, tmp_path):
    first, second = written(results, tmp_path / "one"), written(results, tmp_path / "two")
    assert sorted(first) == FILES
    assert [name for name in FILES if first[name] != second[name]] == []


def test_the_record_on_disk_says_what_made_it_and_what_differs(results, tmp_path):
    written(results, tmp_path)
    found = read_json(tmp_path / "findings.json")
    assert "scalinglaws.claims.templates" in found["header"]["code"]
    (paper,) = found["papers"]
    assert [one["claim"] for one in paper["differs"]] == ["worschech2024_F6b"]
    assert "**F6b** Asymptotic phase" in (tmp_path / "findings.md").read_text()


def test_the_terminal_tells_what_was_written_within_its_columns(results, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    written(results, tmp_path)
    lines = terminal_text(tmp_path / "findings.json").splitlines()
    assert any(line.startswith("  - F6b: Asymptotic phase") for line in lines)
    assert max(map(len, lines)) <= 80


def test_another_file_than_findings_is_refused(results):
    with pytest.raises(InputError, match="expected the findings of a run"):
        terminal_text(results / "ledger" / "worschech2024.json")
