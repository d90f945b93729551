"""What is typed in the sources of the PDF: prose of ours, and not one result."""

import re

import pytest
import yaml

import document_sample as sample
from scalinglaws.config import read_paper

PAPER = sample.REPOSITORY / "paper"
SOURCES = sorted(PAPER.glob("*.typ"))
SLUGS = sorted(path.stem for path in (sample.REPOSITORY / "config" / "papers").glob("*.yaml"))
# Digits that are no results, each kind taken out in turn.
INNOCENT = (
    r"//.*",  # comments
    r"\$[^$]*\$",  # laws, see LAW
    r"(?:regex|rgb)\(\".*?\"\)",
    r"\\u\{\w+\}",  # signs by their number
    r"(?<=luma\()\d+",
    r"[\d.]+(?:mm|pt|em|fr|deg)\b",  # lengths
    r'"1\.1"|"A\.1"|"1 / 1"',  # how headings and pages are numbered
    # Settings of the code: a short number between its signs.
    r"[(,:=<>+*{-]\s?(?:\d{1,2}|0\.\d+|\d{1,3}%)(?=\s*(?:[][),;*/+{}-]|and\b|$))",
    r"\b[A-Za-z][\w-]*",  # names and labels: bahri2021_fig1a, CIFAR-10
)
LAW = re.compile(r"(?<![\d.])\d(?![\d.])")  # 4 / d, 1 / w: a digit by itself


LAW_IN_WORDS = "|".join(
    (
        r"(?:law|exponent|figures|figure|table) \d\w?\b",
        r"\d over the exponent",
        r"\(1 \+ beta\)",
        r"\d / [a-zP(D]",
    )
)


def typed_digits(text):
    """Digits of a source that could be a result; in a law only a digit by itself is none."""
    laws = [law for law in re.findall(INNOCENT[1], text) if re.search(r"\d", LAW.sub("", law))]
    for kind in INNOCENT:
        text = re.sub(kind, " ", text, flags=re.MULTILINE)
    return [word for word in text.split() if re.search(r"\d", word)] + laws


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_no_result_is_typed_in_the_sources(source):
    assert typed_digits(source.read_text()) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("an exponent of 1.02 is seen", ["1.02"]),
        ("of 147 claims, 54 are", ["147", "54"]),
        ("an interval [0.97, 1.06] at 95 %", ["[0.97,", "1.06]", "95"]),
        ("6 of 9 pairs", ["6", "9"]),
        ("as $D^(-1.02)$", ["$D^(-1.02)$"]),
        ("as $D^(-12)$", ["$D^(-12)$"]),
        ("as $D^(-4\\/d)$ on CIFAR-10 #v(3mm) // 12 pages", []),
        ('#see("bahri2021_fig1a") @bahri2021 #cite(<kaplan2020>)', []),
        ("columns: 2, fill: colour.lighten(88%), row.slice(1)", []),
    ],
)
def test_a_typed_result_is_found_and_a_law_is_none(text, found):
    assert typed_digits(text) == found


def figures():
    return [
        (slug, target, figure)
        for slug in SLUGS
        for target, figure in read_paper(slug)["figures"].items()
    ]


@pytest.mark.parametrize("figure", [pytest.param(one, id=target) for _, target, one in figures()])
def test_a_caption_names_its_original_is_short_and_holds_no_result(figure):
    caption = f"After {figure['original']} of authors. {figure['title']}. {figure['brief']}"
    assert len(caption.split()) <= 55  # the number and the link to the card make it 60
    assert re.match(r"(figure|table|the) ", figure["original"])
    assert not figure["original"].endswith(".")
    assert typed_digits(re.sub(LAW_IN_WORDS, " ", figure["brief"])) == []


def test_every_source_of_the_paper_is_an_input_of_its_rule():
    rule = (sample.REPOSITORY / "workflow" / "rules" / "paper.smk").read_text()
    files = [file.name for file in PAPER.iterdir()]
    assert [name for name in files if f'"{name}"' not in rule and f"paper/{name}" not in rule] == []


def test_every_main_figure_is_one_of_its_paper():
    text = (PAPER / "article.typ").read_text()
    named = set(re.findall(rf'"((?:{"|".join(SLUGS)})_\w+)"', text))
    assert named
    assert named <= {target for _, target, _ in figures()}


def test_every_size_that_the_prose_names_is_one_of_its_experiment():
    scale = yaml.safe_load((sample.REPOSITORY / "config/scales/quick.yaml").read_text())
    text = (PAPER / "article.typ").read_text()
    named = re.findall(r'#(bahri|worschech|damico)\("(\w+)", "(\w+)"\)', text)
    slugs = {slug.rstrip("0123456789"): slug for slug in SLUGS}
    assert named
    assert [one for one in named if one[2] not in scale[slugs[one[0]]].get(one[1], {})] == []
