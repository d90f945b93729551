import copy
import subprocess

import pytest
import yaml

from scalinglaws.claims.registration import changes, drawn_seed, entry, terms_of
from scalinglaws.config import CONFIG, read_claims, read_ladder, read_paper, read_scale
from scalinglaws.errors import InputError
from scalinglaws.stations import registration as station

SLUG, SCALE = "damico2025", "quick"
COMMIT = "0" * 40


@pytest.fixture(scope="module")
def fixed():
    """What is registered: claims, papers, scales, ladder."""
    papers = {SLUG: read_paper(SLUG)}
    return {SLUG: read_claims(SLUG)}, papers, {SCALE: read_scale(SCALE)}, read_ladder()


@pytest.fixture
def edited(fixed):
    return copy.deepcopy(fixed)


def judged(fixed, edited, **run):
    """Claim -> reasons, of an edited configuration under the registration of the first."""
    registered = entry(1, terms_of(*fixed), COMMIT, "2026-01-01")
    claims, papers, _, _ = edited
    asked = {"scale": SCALE, "seed": registered["seed"], **run}
    return changes(registered, terms_of(*edited), papers[SLUG], claims[SLUG], asked)


def test_nothing_is_exploratory_as_long_as_nothing_is_changed(fixed, edited):
    assert judged(fixed, edited) == {}


@pytest.mark.parametrize(
    ("key", "value"), [("margin", 0.123), ("published", 9.0), ("primary", "other")]
)
def test_an_edit_of_a_claim_makes_that_claim_exploratory(fixed, edited, key, value):
    claim = edited[0][SLUG][3]
    claim[key] = (not claim["primary"]) if key == "primary" else value
    assert judged(fixed, edited) == {claim["id"]: ["the claim was changed"]}


def test_better_words_make_nothing_exploratory(fixed, edited):
    for key in ("statement", "source", "margin_reason"):
        edited[0][SLUG][3][key] = "In other words."
    assert judged(fixed, edited) == {}


def test_a_moved_window_makes_the_claims_of_its_fit_exploratory(fixed, edited):
    edited[1][SLUG]["fits"]["perceptron_laws"]["settings"]["early_window"] = [0.05, 0.6]
    found = judged(fixed, edited)
    own = {
        claim["id"]
        for claim in edited[0][SLUG]
        if any(name.startswith("perceptron_laws.") for name in claim["quantities"])
    }
    assert own
    assert set(found) == own
    assert set(map(tuple, found.values())) == {("fit perceptron_laws was changed",)}


def test_other_seeds_make_the_claims_of_their_experiment_exploratory(fixed, edited):
    edited[2][SCALE][SLUG]["perceptron_square"]["samples"] += 1
    found = judged(fixed, edited)
    assert found
    assert all("experiment perceptron_square was changed" in why for why in found.values())
    assert len(found) < len(edited[0][SLUG])


def test_a_new_claim_is_exploratory(fixed, edited):
    new = {**edited[0][SLUG][0], "id": f"{SLUG}_new"}
    edited[0][SLUG].append(new)
    assert judged(fixed, edited) == {new["id"]: ["the claim is not registered"]}


def test_another_root_seed_makes_every_claim_exploratory(fixed, edited):
    found = judged(fixed, edited, seed=-1)
    assert len(found) == len(edited[0][SLUG])
    assert all("root seed -1" in why for (why, *_) in found.values())


def test_another_ladder_makes_every_claim_exploratory(fixed, edited):
    edited[3][0]["share"] = 0.5
    assert len(judged(fixed, edited)) == len(edited[0][SLUG])


def test_a_scale_that_is_not_registered_makes_every_claim_exploratory(fixed, edited):
    found = judged(fixed, edited, scale="laptop")
    assert set(map(tuple, found.values())) == {("scale laptop is not registered",)}


def test_the_root_seed_follows_from_what_is_registered(fixed, edited):
    assert drawn_seed(terms_of(*fixed)) == drawn_seed(terms_of(*edited))
    edited[0][SLUG][3]["margin"] += 1e-9
    assert drawn_seed(terms_of(*fixed)) != drawn_seed(terms_of(*edited))


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A repository with this configuration, registered once."""
    config = tmp_path / "config"
    config.mkdir()
    (config / "registration.yaml").write_text("[]\n")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    monkeypatch.setattr(station, "CONFIG", config)
    monkeypatch.setattr("scalinglaws.repository.REPOSITORY", tmp_path)
    monkeypatch.setattr(
        station,
        "read_registrations",
        lambda file: yaml.safe_load((config / "registration.yaml").read_text()),
    )
    return tmp_path


def git(folder, *command):
    subprocess.run(["git", "-C", str(folder), *command], check=True, capture_output=True)


def commit(folder):
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one")


def test_a_registration_names_its_commit_and_is_made_once(clone):
    said = []
    station.register(said.append)
    commit(clone)
    station.register(said.append)
    (made,) = yaml.safe_load((clone / "config" / "registration.yaml").read_text())
    assert "registration 1: " in said[0]
    assert "nothing was changed since registration 1" in said[1]
    assert len(made["commit"]) == 40
    assert made["seed"] == drawn_seed(station.present_terms())


def test_registrations_are_added_and_never_replaced(clone, monkeypatch):
    station.register(print)
    monkeypatch.setattr(station, "read_ladder", lambda: [{"seeds": 1, "share": 1.0}])
    station.register(print)
    made = yaml.safe_load((clone / "config" / "registration.yaml").read_text())
    assert [one["number"] for one in made] == [1, 2]
    assert made[0]["seed"] != made[1]["seed"]


def test_what_is_not_committed_is_not_registered(clone):
    (clone / "config" / "claims.yaml").write_text("[]")
    with pytest.raises(InputError, match=r"claims\.yaml is not committed"):
        station.register(print)


def test_outside_a_clone_nothing_is_registered(clone):
    (clone / ".git").rename(clone / "git")
    with pytest.raises(InputError, match="register in a clone"):
        station.register(print)


def test_an_entry_edited_by_hand_is_refused(clone):
    station.register(print)
    file = clone / "config" / "registration.yaml"
    made = yaml.safe_load(file.read_text())
    made[0]["claims"][f"{SLUG}_P1"] = "0" * 16
    file.write_text(yaml.safe_dump(made))
    with pytest.raises(InputError, match="entry 1 is not as it was made"):
        station.registrations()


def test_the_shipped_registration_is_whole():
    assert station.registrations(CONFIG / "registration.yaml")


def test_a_later_registration_does_not_unmake_a_run_under_an_earlier_one(clone, monkeypatch):
    claims = read_claims(SLUG)
    station.register(print)
    monkeypatch.setattr(station, "read_ladder", lambda: [{"seeds": 1, "share": 1.0}])
    station.register(print)
    first, second = station.registrations()
    assert station.registration_of(first["seed"])["number"] == 1
    assert station.registration_of(second["seed"])["number"] == 2
    assert station.registration_of(7)["number"] == 2  # a seed of one's own departs from the latest
    run = {"scale": "quick", "seed": second["seed"]}
    assert station.exploratory_claims(SLUG, claims, run) == {}
    # The earlier run is held against its own terms, of which the ladder was changed since.
    told = station.exploratory_claims(SLUG, claims, {**run, "seed": first["seed"]})
    assert set(map(tuple, told.values())) == {("the ladder was changed",)}
