import json
import re
import shutil
import time
from types import SimpleNamespace

import jinja2
import pytest
import typst
from docutils.core import publish_parts

import document_sample as sample
from scalinglaws.claims.verdict import VERDICTS
from scalinglaws.config import read_paper
from scalinglaws.document.compile import compile_pdf
from scalinglaws.document.numbers import gather_numbers, published_text, why_text
from scalinglaws.document.products import products_text
from scalinglaws.document.quantities import (
    fits_record,
    missing_texts,
    range_text,
    scan_text,
    significant,
)
from scalinglaws.errors import InputError
from scalinglaws.spelling import distinct_names, plain, quantity_name, readable, without_tex
from scalinglaws.statistics.quantity import quantity, unavailable
from scalinglaws.storage import write_json


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    write_json(folder / "numbers.json", sample.write_sample(folder))
    return folder


NOTHING_FOUND = {"headline": "Nothing was run.", "papers": []}


def inputs_of(folder):
    named = {name: str(folder / name) for name in ("figures", "findings")}
    return {"numbers": str(folder / "numbers.json"), **named}


def strings_of(value):
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings_of(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings_of(item)]
    return [value] if isinstance(value, str) else []


def test_the_paper_compiles_to_the_same_bytes_wherever_the_results_lie(results, tmp_path):
    began = time.process_time()
    compile_pdf(sample.MAIN_TYP, inputs_of(results), tmp_path / "here.pdf")
    assert time.process_time() - began < 5
    moved = shutil.copytree(results, tmp_path / "elsewhere" / "quick")
    compile_pdf(sample.MAIN_TYP, inputs_of(moved), tmp_path / "there.pdf")
    here, there = ((tmp_path / name).read_bytes() for name in ("here.pdf", "there.pdf"))
    assert here.startswith(b"%PDF")
    assert here == there


def pages_of(numbers, folder, tmp_path):
    write_json(tmp_path / "numbers.json", numbers)
    inputs = {**inputs_of(folder), "numbers": str(tmp_path / "numbers.json")}
    pictures = typst.compile(
        str(sample.MAIN_TYP),
        root="/",
        sys_inputs=inputs,
        ignore_system_fonts=True,
        format="png",
        ppi=5,
    )
    return len(pictures)


def test_twenty_claims_and_sixty_quantities_take_at_most_three_pages(results, tmp_path):
    numbers = json.loads((results / "numbers.json").read_text())
    before = pages_of(numbers, results, tmp_path)
    paper = numbers["papers"][0]
    paper["claims"] = paper["claims"] * 11
    paper["fits"][0]["quantities"] = paper["fits"][0]["quantities"] * 31
    assert 1 <= pages_of(numbers, results, tmp_path) - before <= 3


def test_another_number_makes_another_paper(results, tmp_path):
    numbers = json.loads((results / "numbers.json").read_text())
    numbers["papers"][0]["claims"][0]["ours"][0]["text"] = "7.77 [7.70, 7.80]"
    write_json(tmp_path / "numbers.json", numbers)
    compile_pdf(sample.MAIN_TYP, inputs_of(results), tmp_path / "before.pdf")
    changed = {**inputs_of(results), "numbers": str(tmp_path / "numbers.json")}
    compile_pdf(sample.MAIN_TYP, changed, tmp_path / "after.pdf")
    assert (tmp_path / "before.pdf").read_bytes() != (tmp_path / "after.pdf").read_bytes()


def test_a_table_below_a_figure_is_set_with_it(results, tmp_path):
    numbers = json.loads((results / "numbers.json").read_text())
    compile_pdf(sample.MAIN_TYP, inputs_of(results), tmp_path / "without.pdf")
    sheet = {"head": ["Network", "γ_1"], "rows": [["CNN", "0.59"], ["ViT", "0.14"]]}
    numbers["papers"][0]["figures"][0]["sheet"] = sheet
    (tmp_path / "numbers.json").write_text(json.dumps(numbers))
    inputs = {**inputs_of(results), "numbers": str(tmp_path / "numbers.json")}
    compile_pdf(sample.MAIN_TYP, inputs, tmp_path / "with.pdf")
    assert (tmp_path / "with.pdf").read_bytes() != (tmp_path / "without.pdf").read_bytes()


def test_statements_without_a_verdict_are_set_with_their_reason(results, tmp_path):
    entry = {"claim": "C6", "statement": "s^2", "why": "w", "tests": ["tests/theory/test_a.py"]}
    papers = {**sample.PAPERS, "bahri2021": {**sample.PAPERS["bahri2021"], "unjudged": [entry]}}
    nothing = {"figures": {}, "departures": [], "cards": [], "environment": {}, "sizes": {}}
    nothing["findings"] = NOTHING_FOUND
    plan = {"blocks": [], "jobs": 0}
    for name, records in (("without", sample.PAPERS), ("with", papers)):
        numbers = gather_numbers({}, {}, scale="quick", papers=records, plan=plan, **nothing)
        (tmp_path / "numbers.json").write_text(json.dumps(numbers))
        inputs = {**inputs_of(results), "numbers": str(tmp_path / "numbers.json")}
        compile_pdf(sample.MAIN_TYP, inputs, tmp_path / f"{name}.pdf")
    assert (tmp_path / "with.pdf").read_bytes() != (tmp_path / "without.pdf").read_bytes()


def test_a_run_without_claims_figures_departures_or_data_still_compiles(tmp_path):
    numbers = gather_numbers(
        {},
        {},
        scale="quick",
        papers=sample.PAPERS,
        figures={},
        departures=[],
        plan={"blocks": [], "jobs": 0},
        cards=[],
        environment={},
        findings=NOTHING_FOUND,
        sizes={},
    )
    write_json(tmp_path / "numbers.json", numbers)
    compile_pdf(sample.MAIN_TYP, inputs_of(tmp_path), tmp_path / "empty.pdf")
    assert (tmp_path / "empty.pdf").stat().st_size > 0


def test_a_missing_picture_is_one_sentence_and_leaves_the_old_paper_alone(results, tmp_path):
    output = tmp_path / "replication.pdf"
    output.write_bytes(b"old")
    inputs = {**inputs_of(results), "figures": str(tmp_path / "nowhere")}
    with pytest.raises(InputError, match="could not be compiled") as refusal:
        compile_pdf(sample.MAIN_TYP, inputs, output)
    assert "_fig1.pdf" in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert output.read_bytes() == b"old"


def test_verdicts_are_counted_per_paper_and_in_all(results):
    numbers = json.loads((results / "numbers.json").read_text())
    for paper in numbers["papers"]:
        listed = [claim["verdict"] for claim in paper["claims"]]
        assert {e["verdict"]: e["count"] for e in paper["verdicts"]} == {
            verdict: listed.count(verdict) for verdict in VERDICTS
        }
    assert sum(entry["count"] for entry in numbers["verdicts"]) == numbers["claims"] == 5
    claims = [claim for paper in numbers["papers"] for claim in paper["claims"]]
    empty = [claim for claim in claims if None in (estimate for estimate, _ in claim["raw"])]
    assert numbers["without_estimate"] == len(empty) > 0


def test_raw_values_accompany_their_text(results):
    numbers = json.loads((results / "numbers.json").read_text())
    claim = numbers["papers"][0]["claims"][0]
    assert claim["ours"] == [{"name": "", "text": "1.02 [0.97, 1.06]"}]
    assert claim["raw"] == [[1.0162, [0.9713, 1.0624]]]


def test_headers_never_reach_the_paper(results):
    assert '"header"' not in (results / "numbers.json").read_text()


def test_nothing_that_is_shown_is_spelt_none_or_nan(results):
    shown = strings_of(json.loads((results / "numbers.json").read_text()))
    assert not [text for text in shown if text in ("None", "nan", "inf")]


def test_costs_add_up_to_the_plan():
    numbers = gather_numbers(
        {},
        {},
        scale="quick",
        papers={},
        figures={},
        departures=[],
        plan=sample.sample_plan(),
        cards=[],
        environment={},
        findings=NOTHING_FOUND,
        sizes={},
    )
    assert [row["time"] for row in numbers["cost"]["rows"]] == ["63 s"] * 3
    assert numbers["cost"]["total"]["members"] == "144"
    assert numbers["cost"]["total"]["time"] == "3.1 min"


@pytest.mark.parametrize(
    ("kind", "value", "error", "decimals", "text"),
    [
        ("equals", 1.0, 0.05, 2, "= 1.00 ± 0.05"),
        ("at_least", 1.0, None, None, "≥ 1"),
        ("at_most", 0.001, None, None, "≤ 0.001"),
        ("equals", -0.5, None, 1, "= −0.5"),
    ],
)
def test_published_values_keep_the_decimals_their_authors_printed(
    kind, value, error, decimals, text
):
    row = {
        "kind": kind,
        "published": value,
        "published_error": error,
        "published_decimals": decimals,
    }
    assert published_text(row) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10000.0, "10,000"),
        (0.0, "0"),
        (-2.5, "−2.5"),
        (3.2e-7, "3.2 × 10^−7"),
        (1.5e9, "1.5 × 10^9"),
    ],
)
def test_plain_numbers_are_written_without_exponents_where_people_would(value, text):
    assert significant(value) == text


def test_greek_is_spelt_out_in_words_but_not_inside_names():
    assert readable("lambda -> infinity at alpha >= 5") == "λ → ∞ at α ≥ 5"
    assert readable("lambda_opt and sqrt(pi)") == "λ_opt and sqrt(π)"
    assert readable("scalinglaws.theory.eta, alphabet") == "scalinglaws.theory.eta, alphabet"


def test_only_an_index_keeps_its_underscore():
    assert quantity_name("lambda_opt_slope") == "λ_opt slope"
    assert quantity_name("optimum_slope_100") == "optimum slope 100"
    assert quantity_name("optimum_lambda") == "optimum λ"


def test_each_explanation_is_told_once_and_what_all_share_stands_at_the_group():
    kinds = {"interval_kind": "bootstrap", "n_points": 3}
    named = {
        "one": quantity(1.0, (0.9, 1.1), rule="lambda <= 1", **kinds),
        "two": quantity(2.0, (1.9, 2.1), rule="all", **kinds),
    }
    record = fits_record({"laws": named, "again": {"three": named["two"]}})
    assert record["notes"] == ["bootstrap", "λ ≤ 1", "all"]
    laws, again = record["fits"]
    assert laws["notes"] == [1]
    assert [one["notes"] for one in laws["quantities"]] == [[2], [3]]
    assert again["notes"] == [1, 3]
    assert not record["masked"]


def test_masked_values_are_shown_where_there_are_any():
    record = fits_record({"laws": {"one": quantity(1.0, (0.9, 1.1), n_masked=2)}})
    assert record["masked"]
    assert record["fits"][0]["quantities"][0]["masked"] == "2"


def test_what_was_not_estimated_is_gathered_by_reason():
    absent = {
        f"{name}_d{d}": unavailable(f"dimension {d} is not run at this scale")
        for d in (2, 5, 12)
        for name in ("slope", "four_over_alpha")
    }
    assert missing_texts(absent) == [
        "slope d2, four over α_d2: "
        "dimension 2 is not run at this scale; likewise with 5, 12 in place of 2"
    ]
    record = fits_record({"laws": {"here": quantity(1.0, (0.9, 1.1)), **absent}})
    assert [one["name"] for one in record["fits"][0]["quantities"]] == ["here"]


def test_reasons_are_folded_only_where_names_differ_by_the_same_number():
    assert missing_texts(
        {
            "slope_d2": unavailable("dimension 2 is missing"),
            "width_d3": unavailable("dimension 3 is missing"),
            "slope_d22": unavailable("dimension 22 is missing"),
            "share": unavailable("no curve"),
        }
    ) == [
        "slope d2: dimension 2 is missing; likewise with 22 in place of 2",
        "width d3: dimension 3 is missing",
        "share: no curve",
    ]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["slope"], "slope"),
        (["slope d2", "width d2"], "slope d2, width d2"),
        (["slope a", "slope b", "width a", "width b", "share"], "(slope, width) × (a, b), share"),
        (
            [f"{net} {set_} {name}" for net in "XY" for set_ in "AB" for name in ("one", "two c")],
            "(X, Y) × (A, B) × (one, two c)",
        ),
    ],
)
def test_long_lists_of_names_are_told_as_products(names, text):
    assert products_text(names) == text


def test_a_product_never_names_what_is_not_in_the_list():
    names = [f"{a} {b} {c}" for a in "pq" for b in "rst" for c in "uv" if (a, c) != ("q", "v")]
    assert products_text(names) == "(p r, p s, p t) × (u, v), q r u, q s u, q t u"


def test_quantities_of_one_claim_are_told_apart_by_what_differs():
    assert distinct_names(["laws.slope"]) == [""]
    assert distinct_names(["laws.slope_d3", "laws.slope_d4"]) == ["d3", "d4"]
    assert distinct_names(["laws.hebb_over_optimum", "laws.maximum_stability_over_optimum"]) == [
        "Hebb",
        "maximum stability",
    ]
    assert distinct_names(["laws.a_a", "laws.a_a_a"]) == ["", "a"]
    assert distinct_names(["laws.rise_L1_L2", "laws.rise_L2_L4"]) == ["L1 L2", "L2 L4"]


def test_signs_have_an_ascii_spelling():
    assert (
        plain("λ_opt → ∞ ≥ −1.5 × 10^−4 ± ε…") == "lambda_opt -> infinity >= -1.5 x 10^-4 +- eps..."
    )
    assert plain("naïve") == "na?ve"


def test_a_verdict_that_holm_withheld_says_so():
    row = {"verdict": "undecided", "interval_verdict": "differs", "correction": "Holm"}
    assert why_text(row) == "differs before Holm's correction"
    assert why_text({"verdict": "differs", "interval_verdict": "differs"}) == ""


def test_window_scan_is_shown_as_a_range():
    scanned = quantity(1.0, (0.9, 1.1), scan=(0.812, 1.234))
    assert scan_text(scanned) == "[0.81, 1.23]"
    assert scan_text(quantity(1.0, (0.9, 1.1))) == ""


def test_a_window_of_one_point_is_printed_once():
    assert range_text((125.0, 2000.0)) == "125 to 2,000"
    assert range_text((3000.0, 3000.0)) == "3,000"
    assert range_text(None) == ""


class Files(list):  # Snakemake's lists of files have names too
    pass


def named_files(**names):
    files = Files(names.values())
    for name, value in names.items():
        setattr(files, name, value)
    return files


@pytest.mark.parametrize(
    ("caption", "output", "expected"),
    [
        ("figure", {"csv": "f.csv", "caption": "f.json"}, "tables/one.parquet"),
        ("table", {"page": "ledger.html"}, "Every claim"),
        ("table", {"pdf": "replication.pdf"}, "replication paper"),
        ("findings", {"text": "findings/findings.md"}, "findings/findings.md"),
        ("workflow", {}, "seed 7"),
    ],
)
def test_report_captions_are_valid_restructured_text(caption, output, expected):
    assert expected in caption_html(caption, output, fits=[])


def caption_html(caption, output, fits):
    text = (sample.REPOSITORY / "workflow" / "report" / f"{caption}.rst").read_text()
    # Snakemake trims newlines after blocks, which can glue the items of a list together.
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    job = SimpleNamespace(
        config={"scale": "quick", "seed": 7, "device": "cpu"},
        wildcards=SimpleNamespace(figure="bahri2021_fig1a"),
        params=SimpleNamespace(caption=SimpleNamespace(text="What is seen.")),
        input=named_files(tables=["tables/one.parquet", "tables/two.parquet"], fits=fits),
        output=named_files(**output),
    )
    strict = {"halt_level": 2, "report_level": 2}
    rendered = environment.from_string(text).render(snakemake=job)
    return publish_parts(rendered, writer="html", settings_overrides=strict)["body"]


@pytest.mark.parametrize(("fits", "items"), [([], 2), (["fits/laws.json", "fits/two.json"], 3)])
def test_a_figure_in_the_report_lists_each_source_on_a_line_of_its_own(fits, items):
    html = caption_html("figure", {"csv": "f.csv", "caption": "f.json"}, fits)
    assert html.count("<li>") == items
    assert all(f">{file}</tt>" in html for file in ["tables/two.parquet", *fits])


def properties_of(schema):
    return json.loads((sample.REPOSITORY / "config" / "schemas" / schema).read_text())


def test_the_configuration_manual_names_every_key_and_every_experiment():
    manual = (sample.REPOSITORY / "config" / "README.md").read_text()
    experiments = (sample.REPOSITORY / "config" / "schemas" / "experiments").glob("*.json")
    keys = [
        *properties_of("config.schema.json")["properties"],
        *properties_of("claims.schema.json")["items"]["properties"],
        *properties_of("departures.schema.json")["items"]["properties"],
        *properties_of("findings.schema.json")["properties"],
        *(file.stem for file in experiments),
    ]
    assert [key for key in keys if f"`{key}`" not in manual] == []


def test_the_front_page_names_the_figures_and_commands_that_exist():
    page = (sample.REPOSITORY / "README.md").read_text()
    slugs = sorted(path.stem for path in (sample.REPOSITORY / "config" / "papers").glob("*.yaml"))
    figures = {name for slug in slugs for name in read_paper(slug)["figures"]}
    named = set(re.findall(rf"(?:{'|'.join(slugs)})_\w+", page))
    assert named <= figures
    assert {name.partition("_")[0] for name in named} == set(slugs)
    makefile = (sample.REPOSITORY / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    used = set(re.findall(r"(?:^|`)make ([a-z-]+)", page, flags=re.MULTILINE))
    assert {"reproduce", "test", "verify"} <= used <= targets


PAGES = (
    *("README.md", "config/README.md", "tests/README.md", "workflow/profiles/README.md"),
    *("workflow/scalinglaws/README.md", "workflow/scalinglaws/forecast/README.md"),
)


@pytest.mark.parametrize("page", PAGES)
def test_links_in_the_manuals_lead_somewhere(page):
    path = sample.REPOSITORY / page
    targets = re.findall(r"\]\(([^)#]+)\)", path.read_text())
    assert targets
    local = [target for target in targets if not target.startswith("https://")]
    assert [target for target in local if not (path.parent / target).exists()] == []


@pytest.mark.parametrize(
    ("label", "words"),
    [
        (r"training examples $D$", "training examples D"),
        (r"$\lambda / \lambda_\mathrm{opt}$", "λ / λ_opt"),
        (r"$\eta\,\tau_\mathrm{esc}$", "η τ_esc"),
        (r"test loss $\langle |f - F|^p \rangle$", "test loss ⟨|f - F|^p⟩"),
        (r"$\hat{\epsilon}$ (%)", "ε (%)"),
    ],
)
def test_a_label_is_written_without_tex(label, words):
    assert without_tex(label) == words
