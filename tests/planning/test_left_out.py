import pytest

from scalinglaws.config import PAPERS, read_claims, read_paper
from scalinglaws.errors import InputError
from scalinglaws.planning.left_out import drawn_figures, why_left_out
from scalinglaws.planning.plan import Plan, assemble

FIGURE = "damico2025_extra_protocol"
REASON = read_paper("damico2025")["figures"][FIGURE]["left_out"]["quick"]


@pytest.fixture(scope="module")
def plan() -> Plan:
    return assemble({"scale": "quick"})


def test_a_figure_that_compares_nothing_at_a_scale_is_not_planned_there(plan: Plan) -> None:
    assert FIGURE not in plan.figures()
    assert not any(FIGURE in file for file in plan.figure_targets())
    assert FIGURE not in plan.figures_of(["damico2025"])
    record = read_paper("damico2025")
    assert FIGURE in drawn_figures(record, "laptop")
    assert set(plan.figures("damico2025")) == set(record["figures"]) - {FIGURE}


def test_asked_for_it_the_target_says_in_one_sentence_why_and_what_to_run(plan: Plan) -> None:
    for ask in (
        lambda: plan.target(FIGURE)(None),
        lambda: plan.figures_of([FIGURE]),
        lambda: plan.figure(FIGURE),
    ):
        with pytest.raises(InputError) as told:
            ask()
        message = str(told.value)
        assert REASON in message
        assert message.endswith(f"snakemake {FIGURE} --config scale=laptop")
        assert ". " not in message


def test_a_scale_made_of_another_leaves_out_what_that_one_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("scalinglaws.planning.left_out.base_of", lambda scale: "quick")
    assert why_left_out({"left_out": {"quick": "no reason"}}, "mine") == "no reason"
    assert why_left_out({"left_out": {"paper": "no reason"}}, "mine") == ""


def test_what_figures_show_as_published_is_what_the_claims_are_held_against() -> None:
    claims = {claim["id"]: claim for slug in PAPERS for claim in read_claims(slug)}
    perceptron, networks = (
        read_paper("damico2025")["figures"][f"damico2025_{name}"]["settings"]["published"]
        for name in ("fig2", "appendix_optimum")
    )
    for name, claim in (("gamma_1", "damico2025_P10"), ("gamma_2", "damico2025_P10b")):
        assert perceptron[name]["value"] == claims[claim]["published"]
        assert perceptron[name]["error"] == claims[claim]["published_error"]
    images = read_paper("worschech2024")["figures"]["worschech2024_fig3"]["settings"]
    assert images["published_beta"] == claims["worschech2024_F3c"]["published"]
    assert (
        networks
        == read_paper("damico2025")["figures"]["damico2025_table1"]["settings"]["published"]
    )
    for part in ("predicted", "measured"):
        held = claims[f"damico2025_D4_CNN_CIFAR10_{part}"]["published"]
        assert networks["CNN_CIFAR10"][f"gamma_{part}"] == held
