import copy
import json
import re

import pytest

from command_line import assert_refused
from planned_blocks import checked, cut
from scalinglaws import config
from scalinglaws.canonical import canonical_json
from scalinglaws.config import (
    PAPERS,
    REPOSITORY,
    read_claims,
    read_config,
    read_departures,
    read_families,
    read_paper,
    read_scale,
    read_yaml,
)
from scalinglaws.errors import InputError
from scalinglaws.planning.datasets import SIZES

SCALES = ("quick", "laptop", "workstation", "paper")


def test_the_shipped_configuration_is_valid():
    assert read_config()["scale"] == "quick"


@pytest.mark.parametrize("slug", PAPERS)
def test_the_shipped_claims_and_departures_name_what_exists(slug):
    paper, claims, departures = read_paper(slug), read_claims(slug), read_departures()
    registered = {entry["id"] for entry in departures}
    for claim in claims:
        assert claim["figure"] in paper["figures"], claim["id"]
        assert {name.partition(".")[0] for name in claim["quantities"]} <= set(paper["fits"])
        assert set(claim["departures"]) <= registered, claim["id"]
    own = [name for entry in departures if entry["paper"] == slug for name in entry["claims"]]
    assert set(own) <= {claim["id"] for claim in claims}


@pytest.mark.parametrize("slug", PAPERS)
def test_a_figure_names_every_departure_of_the_claims_that_rest_on_it(slug):
    claims, departures = read_claims(slug), read_departures()
    for name, figure in read_paper(slug)["figures"].items():
        own = [claim for claim in claims if claim["figure"] == name]
        named = {entry for claim in own for entry in claim["departures"]}
        ids = {claim["id"] for claim in own}
        named |= {entry["id"] for entry in departures if ids & set(entry["claims"])}
        assert named <= set(figure["departures"]), (
            f"{name} lacks {named - set(figure['departures'])}"
        )


def test_every_numbered_statement_of_bahri2021_has_a_verdict_or_a_reason_for_none():
    judged = {claim["id"].split("_")[1] for claim in read_claims("bahri2021")}
    unjudged = {entry["claim"] for entry in read_paper("bahri2021")["unjudged"]}
    assert {f"C{number}" for number in range(1, 21)} <= judged | unjudged
    assert not judged & unjudged


@pytest.mark.parametrize("slug", PAPERS)
def test_tests_that_stand_in_for_a_verdict_exist(slug):
    for entry in read_paper(slug).get("unjudged", ()):
        for file in entry["tests"]:
            assert (REPOSITORY / file).is_file(), f"{entry['claim']} names {file}"


def test_a_misspelt_scale_is_told_what_scales_there_are():
    with pytest.raises(
        InputError, match="scale is 'quik'; expected one of: quick, laptop, workstation, paper"
    ):
        read_config({"scale": "quik"})


def test_an_unknown_key_is_named_with_the_known_ones():
    with pytest.raises(InputError, match=r"unknown key 'sede' .* expected only: .*seed"):
        read_config({"sede": 3})


def test_a_seed_that_is_a_word_is_refused():
    with pytest.raises(InputError, match="seed is 'seven'"):
        read_config({"seed": "seven"})


def test_a_key_written_twice_is_refused_with_its_line(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("scale: quick\nseed: 1\nscale: paper\n")
    with pytest.raises(InputError, match="line 1: key 'scale' is written more than once"):
        read_yaml(path)


def test_broken_yaml_is_one_sentence(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("scale: [quick\n")
    with pytest.raises(InputError, match="is not valid YAML"):
        read_yaml(path)


@pytest.mark.parametrize("scale", ["laptop", "workstation", "paper"])
def test_every_scale_has_the_same_experiments_and_keys(scale):
    quick, other = read_scale("quick"), read_scale(scale)
    for paper in PAPERS:
        assert list(quick[paper]) == list(other[paper])
        for experiment, sizes in quick[paper].items():
            assert sorted(sizes) == sorted(other[paper][experiment])


def test_every_experiment_of_a_scale_has_a_closed_schema():
    for paper, experiments in read_scale("quick").items():
        for experiment in experiments:
            family = read_families(paper)[experiment]
            schema = config.sizes_form(family, experiment)
            assert schema["additionalProperties"] is False, (paper, experiment)
            assert sorted(schema["required"]) == sorted(schema["properties"])


def listed_names(form):
    """What the enumerations below a schema allow."""
    for key, part in form.items() if isinstance(form, dict) else enumerate(form):
        if key == "enum":
            yield part
        elif isinstance(part, dict | list):
            yield from listed_names(part)


def test_data_sets_that_sizes_allow_are_in_the_registry():
    generated = {"teacher_student"}  # inputs and labels of a random network
    for file in sorted((REPOSITORY / "workflow/scalinglaws/experiments").glob("*/sizes.json")):
        for names in listed_names(json.loads(file.read_text())):
            if {"mnist5k", "cifar10"} & set(names):
                assert set(names) <= set(SIZES) | generated, file


def test_an_unknown_key_of_an_experiment_is_refused(tmp_path, monkeypatch):
    sizes = (config.CONFIG / "scales" / "quick.yaml").read_text()
    (tmp_path / "scales").mkdir()
    for folder in ("schemas", "papers"):
        (tmp_path / folder).symlink_to(config.CONFIG / folder)
    broken = sizes.replace("committee_sgd:\n", "committee_sgd:\n    temperature: 3\n", 1)
    assert broken != sizes
    (tmp_path / "scales" / "quick.yaml").write_text(broken)
    monkeypatch.setattr(config, "CONFIG", tmp_path)
    with pytest.raises(InputError, match="unknown key 'temperature'"):
        read_scale("quick")


def test_an_unknown_experiment_is_refused(tmp_path, monkeypatch):
    (tmp_path / "scales").mkdir()
    for folder in ("schemas", "papers"):
        (tmp_path / folder).symlink_to(config.CONFIG / folder)
    text = "device: cpu\nbahri2021:\n  cold_fusion: {}\ndamico2025:\nworschech2024:\n"
    (tmp_path / "scales" / "quick.yaml").write_text(text)
    monkeypatch.setattr(config, "CONFIG", tmp_path)
    with pytest.raises(InputError, match=r"bahri2021\.cold_fusion: unknown experiment"):
        read_scale("quick")


def test_the_scale_decides_where_its_networks_train_unless_the_user_does():
    assert read_config({"scale": "quick"})["device"] == "cpu"
    assert read_config({"scale": "paper"})["device"] == "cuda"
    assert read_config({"scale": "paper", "device": "cpu"})["device"] == "cpu"


def test_a_scale_names_a_device_that_exists(tmp_path, monkeypatch):
    (tmp_path / "scales").mkdir()
    text = "device: tpu\nbahri2021:\ndamico2025:\nworschech2024:\n"
    (tmp_path / "scales" / "quick.yaml").write_text(text)
    monkeypatch.setattr(config, "CONFIG", tmp_path)
    with pytest.raises(InputError, match="device is 'tpu'; expected cpu or cuda"):
        read_scale("quick")


@pytest.mark.parametrize("precision", ["float64", "TF32", 16])
def test_an_unknown_precision_is_refused(precision):
    sizes = {**read_scale("quick")["bahri2021"]["noise_scan"], "precision": precision}
    with pytest.raises(InputError, match=r"precision is .* expected one of: float32, tf32, bf16"):
        checked("noise_scan", sizes)


@pytest.mark.parametrize(
    ("paper", "experiment"), [("bahri2021", "noise_scan"), ("damico2025", "cnn_curves")]
)
def test_tensor_float_needs_a_gpu(paper, experiment):
    sizes = read_scale("quick")[paper][experiment]
    sizes.get("shared", sizes)["precision"] = "tf32"
    with pytest.raises(InputError, match="precision is tf32, which only NVIDIA GPUs know"):
        cut(experiment, sizes)
    assert cut(experiment, sizes, device="cuda")


@pytest.mark.parametrize("scale", SCALES)
def test_a_whole_number_written_with_a_point_is_refused_by_the_name_of_its_key(scale):
    for experiments in read_scale(scale).values():
        for experiment, sizes in experiments.items():
            for path, value in leaves(sizes):
                if isinstance(value, int) and not isinstance(value, bool):
                    changed = replaced(sizes, path, float(value))
                    named = rf"{path[-1]} is {float(value)}; expected a whole number, write {value}"
                    with pytest.raises(InputError, match=re.escape(named)):
                        checked(experiment, changed)


def test_a_number_is_the_same_however_it_is_written(own_config):
    path = own_config / "scales" / "quick.yaml"
    before, text = read_scale("quick"), path.read_text()
    assert "powers: [1, 2, 3]" in text
    path.write_text(text.replace("powers: [1, 2, 3]", "powers: [1.0, 2.0, 3.0e+0]"))
    assert canonical_json(read_scale("quick")) == canonical_json(before)


def leaves(value, path=()):
    """(keys on the way, value) of everything in a record that is not a list or a record."""
    if not isinstance(value, dict | list):
        yield path, value
        return
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        yield from leaves(part, (*path, key))


def replaced(record, path, value):
    changed = part = copy.deepcopy(record)
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (7.0, "seed is 7.0; expected a whole number, write 7"),
        (1e3, "seed is 1000.0; expected a whole number, write 1000"),
        ("1e3", "seed is '1e3'; expected a whole number, write 1000"),
        (True, "seed is True; expected a whole number"),
        (float("nan"), "seed is nan; expected a whole number"),
    ],
)
def test_a_seed_that_is_no_whole_number_is_refused_with_the_one_that_was_meant(found, said):
    with pytest.raises(InputError, match=re.escape(said)):
        read_config({"seed": found})


@pytest.mark.parametrize("found", [float("nan"), float("inf")])
def test_a_budget_that_bounds_nothing_is_refused(found):
    with pytest.raises(InputError, match=r"budget_core_hours is .* expected a finite number"):
        read_config({"budget_core_hours": found})


@pytest.mark.parametrize("written", ["010", "0x10", "1_000", "1:30", "0b11"])
def test_a_number_that_yaml_reads_otherwise_than_it_looks_is_refused(written, own_config):
    path = own_config / "config.yaml"
    path.write_text(re.sub(r"seed: registered", f"seed: {written}", path.read_text()))
    with pytest.raises(InputError, match=rf"line \d+: {written} is no number in plain decimals"):
        read_config()


@pytest.mark.parametrize("written", [".nan", ".inf", "1:30.5", "1_0.5"])
def test_so_is_a_decimal_number(written, tmp_path):
    (tmp_path / "f.yaml").write_text(f"rate: {written}\n")
    with pytest.raises(InputError, match=r"line 1: .* is no number in plain decimals"):
        read_yaml(tmp_path / "f.yaml")


@pytest.mark.parametrize(("written", "meant"), [("1e-3", "1.0e-3"), ("2.5e0", "2.5e+0")])
def test_a_number_that_yaml_takes_for_text_is_told_how_to_be_written(written, meant, own_config):
    path = own_config / "scales" / "quick.yaml"
    text = path.read_text()
    changed = re.sub(r"learning_rate: [0-9.e-]+", f"learning_rate: {written}", text, count=1)
    assert changed != text
    path.write_text(changed)
    with pytest.raises(InputError, match=f"learning_rate is .* write {re.escape(meant)}"):
        read_scale("quick")
    path.write_text(changed.replace(written, meant))
    read_scale("quick")


@pytest.mark.parametrize("file", ["config.yaml", "scales/quick.yaml"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty; expected lines of the form 'key: value'"),
        (b"# only a remark\n", "is empty"),
        (b"- scale\n- quick\n", "holds a list"),
        (b"quick\n", "holds a str"),
        ("scale: quick\n".encode("utf-16"), r"is not UTF-8 text \(byte 0xff in line 1\)"),
        ("\n# Übung\n".encode("latin-1"), r"is not UTF-8 text \(byte 0xdc in line 2\)"),
        (b"\x00\x01", "is not valid YAML"),
        (b"? [a, b]\n: 1\n", "is not valid YAML"),
    ],
)
def test_a_file_that_holds_no_keys_is_one_sentence(file, content, said, own_config):
    (own_config / file).write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_scale(read_config()["scale"])


def test_a_folder_in_place_of_the_configuration_is_one_sentence(own_config):
    (own_config / "config.yaml").unlink()
    (own_config / "config.yaml").mkdir()
    with pytest.raises(InputError, match=r"config\.yaml could not be read \(Is a directory\)"):
        read_config()


def test_a_byte_order_mark_is_no_part_of_the_first_key(own_config):
    path = own_config / "config.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_config()["scale"] == "quick"


@pytest.mark.parametrize("asked", ["[]", "3", "scale", '{"seed": 7.0}'])
@pytest.mark.parametrize("scale", [(), ("--scale", "quick")])
def test_a_wrong_configuration_on_the_command_line_is_one_sentence(asked, scale, capsys):
    named = r"error: .*(expected keys with values|is not JSON|expected a whole number, write 7)"
    assert_refused(capsys, ["plan", "--config", asked, *scale], named)


@pytest.mark.parametrize("overrides", [[], 3, "scale"])
def test_overrides_that_are_no_keys_with_values_are_refused(overrides):
    with pytest.raises(InputError, match=r"--config is .* expected keys with values"):
        read_config(overrides)


def test_draws_of_a_fit_are_a_whole_number(own_config):
    path = own_config / "papers" / "damico2025.yaml"
    text = path.read_text()
    changed = re.sub(r"draws: (\d+)", r"draws: \1.0", text, count=1)
    assert changed != text
    path.write_text(changed)
    with pytest.raises(InputError, match=r"settings\.draws is \d+\.0; expected a whole number"):
        read_paper("damico2025")


def test_an_unknown_panel_is_told_the_pattern_of_the_known_ones():
    sizes = read_scale("quick")["damico2025"]["cnn_curves"]
    panels = sizes["panels"] | {"CNN_SVHN": {}}
    with pytest.raises(InputError, match=r"unknown key 'CNN_SVHN' in panels; .* \^CNN_"):
        checked("cnn_curves", {**sizes, "panels": panels})
