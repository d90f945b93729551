"""A reference is shipped whole or not at all, and whatever is changed in it is found and named."""

import gzip
import re
import shutil

import pandas as pd
import pytest

import made_results
from made_results import FIGURE, FINDINGS, PAPER, made_run, rewrite
from scalinglaws import repository
from scalinglaws.config import read_claims
from scalinglaws.errors import InputError
from scalinglaws.provenance import ship, verify, verify_reference
from scalinglaws.provenance.reference import RECORD, file_facts, read_reference, sealed
from scalinglaws.shell.cli import verb_status
from scalinglaws.stations import judge
from scalinglaws.storage import read_table, write_json, write_table

RUN, SHIPPED = "results/quick", "results/reference/quick"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    made_run(folder / RUN)
    return folder


@pytest.fixture
def place(run, tmp_path, monkeypatch):
    """A folder with a finished run, of a clean commit."""
    shutil.copytree(run, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ship, "shipped_commit", lambda: "b" * 40)
    return tmp_path


@pytest.fixture(scope="module")
def whole(run, tmp_path_factory):
    folder = shutil.copytree(run, tmp_path_factory.mktemp("whole"), dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(ship, "shipped_commit", lambda: "b" * 40)
        ship.ship("quick", print)
    return folder / SHIPPED


@pytest.fixture
def reference(whole, tmp_path, monkeypatch):
    """A shipped reference that a test may change."""
    monkeypatch.setattr(verify_reference, "check_released", lambda: iter(()))
    monkeypatch.setattr(verify_reference, "findings", lambda *rows, **more: FINDINGS)
    return shutil.copytree(whole, tmp_path / "quick")


def said(folder):
    lines = []
    return verify_reference.verify_reference(folder, lines.append), "\n".join(lines)


def failures(folder):
    sound, text = said(folder)
    assert not sound
    return [line.strip() for line in text.splitlines() if line.startswith("       ")]


# --- shipping ---


def test_a_shipped_reference_verifies_whatever_folder_it_is_in(reference):
    sound, text = said(reference)
    assert sound, text
    assert text.count("\nok ") == 6
    assert re.search(r"perceptron_square/samples0to\d+ of damico2025, repeated", text)


def test_the_record_says_what_made_the_reference(whole):
    record = read_reference(whole)
    assert record["commit"] == "b" * 40
    assert record["scale"] == "quick"
    assert record["registration"]["number"] >= 1
    assert "scalinglaws.experiments.perceptron.run_square" in record["code"]
    assert set(record["files"]) == {
        path.relative_to(whole).as_posix() for path in whole.rglob("*.*") if path.name != RECORD
    }


def test_large_texts_are_packed_and_say_the_same(place, monkeypatch):
    monkeypatch.setattr(ship, "PACKED_FROM", 10)
    ship.ship("quick", print)
    packed = place / SHIPPED / "figures" / f"{FIGURE}.csv.gz"
    plain = place / RUN / "figures" / f"{FIGURE}.csv"
    assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()


def test_what_the_manifest_does_not_list_is_left_behind(place):
    for name in (f"figures/{FIGURE}.html", "figures/damico2025_gone.html", "findings/findings.md"):
        (place / RUN / name).parent.mkdir(exist_ok=True)
        (place / RUN / name).write_text("a page")
    card = f"figures/{FIGURE}.html"
    listed = {card: verify.file_sha256(place / RUN / card)}
    rewrite(place / RUN / "manifest.json", lambda record: record["files"].update(listed))
    ship.ship("quick", print)
    pages = {
        path.stem for path in (place / SHIPPED).rglob("*.*") if path.suffix in (".html", ".md")
    }
    assert pages == {FIGURE}


def test_a_second_reference_takes_the_first_ones_place(place):
    ship.ship("quick", print)
    (place / SHIPPED / "old.txt").write_text("of the first")
    ship.ship("quick", print)
    assert not (place / SHIPPED / "old.txt").exists()
    assert [path.name for path in (place / SHIPPED).parent.iterdir()] == ["quick"]


def refused(place, match):
    before = sorted((place / "results").rglob("*"))
    with pytest.raises(InputError, match=match):
        ship.ship("quick", print)
    assert sorted((place / "results").rglob("*")) == before


def test_too_large_a_reference_is_refused_with_what_weighs_most(place, monkeypatch):
    monkeypatch.setattr(ship, "MOST_BYTES", 1000)
    refused(place, r"would hold 0\.\d MB \(ledger/\*\.json .*expected at most 0\.001 MB")


def test_a_run_without_its_manifest_is_not_finished(place):
    (place / RUN / "manifest.json").unlink()
    refused(place, r"results/quick is not finished: .* make reproduce SCALE=quick")


def test_a_run_that_lost_a_file_is_not_finished(place):
    (place / RUN / "figures" / f"{FIGURE}.csv").unlink()
    refused(place, rf"results/quick is not finished: it lacks figures/{FIGURE}\.csv")


def test_a_run_whose_files_changed_is_stale(place):
    file = place / RUN / "numbers.json"
    file.write_text(file.read_text() + " ")
    refused(place, r"results/quick is stale: results/quick/numbers\.json has sha256")


def test_a_run_of_other_code_is_stale(place):
    fit = next((place / RUN / "fits" / PAPER).glob("*.json"))
    rewrite(fit, lambda record: record["header"].update(code={"scalinglaws.errors": "0"}))
    listed = {fit.relative_to(place / RUN).as_posix(): verify.file_sha256(fit)}
    rewrite(place / RUN / "manifest.json", lambda record: record["files"].update(listed))
    refused(place, r"is stale: .* made by other code: module scalinglaws\.errors")


def test_a_manifest_of_an_edited_tree_is_refused(place):
    rewrite(place / RUN / "manifest.json", lambda record: record["source"].update(modified=True))
    refused(place, r"written with edits not committed; expected a clean commit")


def test_an_edited_tree_is_refused_and_the_file_is_named(monkeypatch):
    monkeypatch.setattr(repository, "git", lambda *words: " M config/claims/damico2025.yaml")
    with pytest.raises(InputError, match=r"config/claims/damico2025\.yaml is not committed"):
        ship.shipped_commit()


def test_the_shell_ships_and_says_where(place, capsys):
    assert verb_status(["ship", "--scale", "quick"]) == 0
    assert re.search(r"results/reference/quick: \d+ files, 0\.\d MB", capsys.readouterr().out)


# --- what is changed afterwards is found ---


@pytest.mark.parametrize(
    "name",
    [
        f"figures/{FIGURE}.csv",
        f"figures/{FIGURE}.json",
        f"fits/{PAPER}/perceptron_laws.json",
        f"ledger/{PAPER}.json",
        "manifest.json",
    ],
)
def test_a_changed_digit_anywhere_is_found_and_its_file_named(reference, name):
    file = reference / name
    text = file.read_text()
    at = max(match.start() for match in re.finditer(r"\d", text))
    file.write_text(f"{text[:at]}{(int(text[at]) + 1) % 10}{text[at + 1 :]}")
    found = [line for line in failures(reference) if line.startswith(f"{file} was changed")]
    assert len(found) == 1
    assert re.search(r"its sha256 is \w{12}…, expected \w{12}…; restore it with: git", found[0])


def test_a_digit_changed_in_the_record_itself_is_found(reference):
    rewrite(reference / RECORD, lambda record: record.update(commit="c" * 40))
    assert any(f"{reference / RECORD} was changed after" in line for line in failures(reference))


def test_a_changed_fit_is_found_by_judging_again_though_all_hashes_were_made_anew(reference):
    fit = reference / "fits" / PAPER / "perceptron_laws.json"
    (claim,) = (c for c in read_claims(PAPER) if c["quantities"] == [some_quantity()])

    def change(record):
        record["quantities"][some_quantity().split(".")[1]]["estimate"] = 7.5

    rewrite(fit, change)
    seal_again(reference)
    found = failures(reference)
    assert all(line.startswith("claim ") for line in found), found
    assert any(line.startswith(f"claim {claim['id']}: ") for line in found)


def some_quantity():
    named = [c["quantities"] for c in read_claims(PAPER) if len(c["quantities"]) == 1]
    return next(name for (name,) in named if name.startswith("perceptron_laws."))


def seal_again(folder):
    """As someone would who hides a change: every file's facts and the record's digest anew."""
    record = read_reference(folder)
    record["files"] = {
        name: file_facts(name, (folder / name).read_bytes()) for name in record["files"]
    }
    del record["digest"]
    write_json(folder / RECORD, sealed(record))


def test_a_moved_margin_is_found_and_its_claim_named(reference, monkeypatch):
    claims = read_claims(PAPER)
    moved = next(claim for claim in claims if claim["kind"] == "equals" and claim["margin"])
    name, margin = moved["id"], moved["margin"]
    moved["margin"] = 2 * margin
    monkeypatch.setattr(judge, "read_claims", lambda paper, file=None: claims)
    first, *others = failures(reference)
    assert first.startswith(f"claim {name}: margin is {2 * margin:g} judged again")
    assert first.endswith(f"{margin:g} in {reference}/ledger/{PAPER}.json")
    assert all("other claims" in line for line in others)


def test_a_claim_that_is_worded_otherwise_is_told_and_fails_nothing(reference, monkeypatch):
    claims = read_claims(PAPER)
    claims[0]["statement"] = "The same, said better."
    monkeypatch.setattr(judge, "read_claims", lambda paper, file=None: claims)
    said = []
    assert verify_reference.verify_reference(reference, said.append)
    (told,) = [line for line in said if "worded otherwise" in line]
    assert told.startswith("note ")
    assert told.endswith(f"judged alike: {claims[0]['id']}")


def test_a_finding_that_does_not_follow_is_found_though_all_hashes_were_made_anew(reference):
    file = reference / "findings" / "findings.json"
    rewrite(file, lambda record: record["papers"][0]["sentences"][0].update(text="It is 2."))
    seal_again(reference)
    (found,) = failures(reference)
    assert found == (
        f"{file}: papers.0.sentences.0.text is It is 2., The exponent is 1. when said again from "
        "the fits"
    )


def test_tables_of_small_figures_are_shipped_as_long_as_there_is_room(place):
    plan = made_results.planned()
    small, large = (ship.figure_tables(plan, f"damico2025_fig{number}") for number in (1, 3))
    sizes = {**dict.fromkeys(large, 90_000), **dict.fromkeys(small, 100)}
    for file, size in sizes.items():
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        (place / file).write_bytes(b"x" * size)
    files = dict.fromkeys(sizes, "sha256")
    assert sorted(ship.point_tables(plan, place, files, 10_000)) == sorted(small)
    assert ship.point_tables(plan, place, files, 100) == []
    with_room = ship.point_tables(plan, place, files, 1_000_000)
    assert set(small) < set(with_room) < set(sizes)  # figure 3 needs more than one figure may


def test_a_claim_added_to_or_taken_from_config_is_named(reference, monkeypatch):
    first, *rest = read_claims(PAPER)
    monkeypatch.setattr(judge, "read_claims", lambda paper, file=None: rest)
    found = failures(reference)
    assert any(f"claim {first['id']} of {reference}" in line for line in found)


def test_a_missing_file_is_named(reference):
    file = reference / "figures" / f"{FIGURE}.csv"
    file.unlink()
    assert failures(reference) == [f"{file} is missing; restore it with: git checkout -- {file}"]


def test_a_missing_block_fails_its_repetition_and_nothing_crashes(reference):
    (file,) = reference.glob("runs/*/*/*.parquet")
    file.unlink()
    found = failures(reference)
    assert any(f"{file} is missing" in line for line in found)
    assert any(f"{file} is no parquet table" in line for line in found)


def test_a_table_cut_short_says_how_many_lines_are_left(reference):
    file = reference / "figures" / f"{FIGURE}.csv"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:-7]))
    (found,) = failures(reference)
    assert found.startswith(f"{file} is cut short: it has 33 lines, expected 40; restore it")


def test_a_block_cut_short_says_how_many_rows_are_left(reference):
    (file,) = reference.glob("runs/*/*/*.parquet")
    table, made = read_table(file)
    write_table(file, {name: table[name][:-1] for name in table}, made)
    short, again = failures(reference)
    assert short.startswith(f"{file} is cut short: it has {len(table) - 1} lines")
    assert again == f"{file} has {len(table) - 1} rows, {len(table)} when the block is repeated"


def test_an_added_file_is_named(reference):
    file = reference / "figures" / "more.csv"
    file.write_text("x\n1\n")
    (found,) = failures(reference)
    assert found.startswith(f"{file} was added, {RECORD} names no such file")


def test_a_changed_value_of_a_block_is_found_by_training_it_again(reference):
    (file,) = reference.glob("runs/*/*/*.parquet")
    table, made = read_table(file)
    table.loc[3, "value"] *= 1 + 1e-4
    write_table(file, {name: table[name].to_numpy() for name in table}, made)
    seal_again(reference)
    (found,) = failures(reference)
    assert "1 of " in found
    assert f"most of all {table['quantity'][3]} of {table['member'][3]}" in found


def test_last_digits_of_another_machine_are_no_difference(reference):
    (file,) = reference.glob("runs/*/*/*.parquet")
    table, made = read_table(file)
    table["value"] *= 1 + 1e-8
    write_table(file, {name: table[name].to_numpy() for name in table}, made)
    seal_again(reference)
    sound, text = said(reference)
    assert sound, text


def test_values_that_became_infinite_are_found():
    stored = pd.DataFrame({"member": ["a"], "quantity": ["loss"], "value": [1.0]})
    again = stored.assign(value=float("nan"))
    (found,) = verify_reference.other_values("t", stored, again)
    assert "nan repeated, 1 shipped" in found


def test_a_window_moved_in_config_is_found(reference, monkeypatch):
    def moved(overrides):
        plan = made_results.assemble(overrides)
        plan.papers[PAPER]["fits"]["perceptron_laws"]["settings"]["moved"] = 1
        return plan

    monkeypatch.setattr(verify_reference, "assemble", moved)
    assert any("perceptron_laws.json has other settings" in line for line in failures(reference))


def test_code_that_has_changed_is_listed_and_fails_nothing(reference):
    record = read_reference(reference)
    record["code"]["scalinglaws.figures.style"] = "0" * 12 + ".0000"
    del record["digest"]
    write_json(reference / RECORD, sealed(record))
    sound, text = said(reference)
    assert sound
    assert re.search(r"note   code that has changed since.*: scalinglaws\.figures\.style$", text)


def test_verifying_writes_nothing(reference):
    before = {path: path.stat().st_mtime_ns for path in reference.rglob("*")}
    said(reference)
    assert {path: path.stat().st_mtime_ns for path in reference.rglob("*")} == before


# --- which folder is verified ---


def test_a_fresh_clone_verifies_what_is_shipped_and_own_results_come_first(place):
    shipped = place / SHIPPED
    ship.ship("quick", print)
    shutil.move(shipped, place / "results/reference/laptop")
    assert list(map(str, verify.folders(None, None))) == ["results/quick"]
    shutil.rmtree(place / RUN)
    assert list(map(str, verify.folders(None, None))) == ["results/reference/laptop"]
    assert list(map(str, verify.folders(None, "laptop"))) == ["results/reference/laptop"]
    with pytest.raises(InputError, match=r"no manifest\.json in results/quick; shipped are .*lap"):
        verify.folders(None, "quick")


def test_a_record_that_is_none_is_refused(tmp_path):
    (tmp_path / RECORD).write_text("{}")
    with pytest.raises(InputError, match=r"is no record of a reference \(it lacks blocks"):
        verify_reference.verify_reference(tmp_path, print)
