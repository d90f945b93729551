import pytest

from scalinglaws import config
from scalinglaws.config import (
    PAPERS,
    REPOSITORY,
    read_claims,
    read_config,
    read_departures,
    read_paper,
    read_scale,
    read_yaml,
)
from scalinglaws.errors import InputError
from scalinglaws.planning.plan import experiment_blocks


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
            schema = config.schema(f"experiments/{experiment}")
            assert schema["additionalProperties"] is False, (paper, experiment)
            assert sorted(schema["required"]) == sorted(schema["properties"])


def test_an_unknown_key_of_an_experiment_is_refused(tmp_path, monkeypatch):
    sizes = (config.CONFIG / "scales" / "quick.yaml").read_text()
    (tmp_path / "scales").mkdir()
    (tmp_path / "schemas").symlink_to(config.CONFIG / "schemas")
    broken = sizes.replace("committee_sgd:\n", "committee_sgd:\n    temperature: 3\n", 1)
    assert broken != sizes
    (tmp_path / "scales" / "quick.yaml").write_text(broken)
    monkeypatch.setattr(config, "CONFIG", tmp_path)
    with pytest.raises(InputError, match="unknown key 'temperature'"):
        read_scale("quick")


def test_an_unknown_experiment_is_refused(tmp_path, monkeypatch):
    (tmp_path / "scales").mkdir()
    (tmp_path / "schemas").symlink_to(config.CONFIG / "schemas")
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
        config.validate(sizes, "experiments/noise_scan", "noise_scan")


@pytest.mark.parametrize(
    ("paper", "experiment"), [("bahri2021", "noise_scan"), ("damico2025", "cnn_curves")]
)
def test_tensor_float_needs_a_gpu(paper, experiment):
    sizes = read_scale("quick")[paper][experiment]
    sizes.get("shared", sizes)["precision"] = "tf32"
    settings = {"seed": 1, "device": "cpu"}
    with pytest.raises(InputError, match="precision is tf32, which only NVIDIA GPUs know"):
        experiment_blocks(experiment, sizes, settings)
    assert experiment_blocks(experiment, sizes, {**settings, "device": "cuda"})
