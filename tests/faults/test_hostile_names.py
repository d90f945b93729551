"""Names of a configuration that stand in paths and commands: only letters, digits, underscores."""

import pytest
import yaml

from scalinglaws.errors import InputError
from scalinglaws.planning.plan import assemble

HOSTILE = ("x; touch executed", "$(touch executed)", "a b", "../up", "-rf", "x\n", "ü", "")
REFUSED = "does not match"


def rename(path, section, name, new):
    """Rename a key of one section of a yaml file."""
    content = yaml.safe_load(path.read_text())
    found = content
    for key in section:
        found = found[key]
    found[new] = found.pop(name)
    path.write_text(yaml.safe_dump(content, allow_unicode=True))


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    ("section", "old"),
    [
        (("experiments",), "linear_theory"),
        (("fits",), "linear_laws"),
        (("figures",), "worschech2024_fig2"),
    ],
)
def test_in_a_papers_record(own_config, section, old, name):
    rename(own_config / "papers" / "worschech2024.yaml", section, old, name)
    with pytest.raises(InputError, match=REFUSED):
        assemble({})


@pytest.mark.parametrize("name", HOSTILE)
def test_in_the_registry_of_data_sets(own_config, name):
    rename(own_config / "datasets.yaml", (), "mnist5k", name)
    with pytest.raises(InputError, match=REFUSED):
        assemble({})


@pytest.mark.parametrize("name", HOSTILE)
def test_of_a_panel(own_config, name):
    section = ("damico2025", "cnn_curves", "panels")
    rename(own_config / "scales" / "quick.yaml", section, "CNN_MNIST", name)
    with pytest.raises(InputError, match=r"unknown key .* in panels"):
        assemble({})


@pytest.mark.parametrize("name", HOSTILE)
def test_of_a_scale_even_where_such_a_file_exists(own_config, name):
    if "/" not in name:
        (own_config / "scales" / f"{name}.yaml").write_text("base: quick")
    with pytest.raises(InputError, match=REFUSED):
        assemble({"scale": name})


def test_a_plain_name_of_an_own_scale_is_taken(own_config):
    (own_config / "scales" / "own_2.yaml").write_text("base: quick")
    assert assemble({"scale": "own_2"}).blocks
