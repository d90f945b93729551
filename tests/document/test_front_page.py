"""The parts of README.md that are written from files."""

import json
import re
import shutil

import pytest

from scalinglaws.config import SCALES
from scalinglaws.document.front_page import FEW, PAGE, findings_lines, front_page
from scalinglaws.errors import InputError

COUNTS = {"reproduced": 3, "differs": 1, "undecided": 2, "not run": 0}
SCREENS = 120  # lines: two screens


def shipped(root, scale, picture=True):
    """A reference with findings of two papers."""
    folder = root / "results" / "reference" / scale / "findings"
    folder.mkdir(parents=True)
    papers = [
        {
            "slug": slug,
            "counts": {"stated": COUNTS, "sign": COUNTS, "ours": COUNTS},
            "sentences": [{"text": f"{slug} says {n} alpha_D | x^-2"} for n in range(many)],
        }
        for slug, many in (("one", 7), ("two", 1))
    ]
    record = {"scale": scale, "headline": f"At scale {scale} all is well.", "papers": papers}
    (folder / "findings.json").write_text(json.dumps(record))
    (folder / "findings.md").write_text("# Findings\n")
    if picture:
        (folder / "forest.png").write_bytes(b"png")
    return folder.relative_to(root)


def test_the_front_page_is_as_files_say():
    text = PAGE.read_text("utf-8")
    assert text == front_page(text), "run: make front-page"


def test_the_front_page_is_two_screens():
    shown = re.sub(r"<details>.*?</details>", "", PAGE.read_text("utf-8"), flags=re.DOTALL)
    assert len(shown.splitlines()) <= SCREENS


def test_without_shipped_results_nothing_is_said_of_findings(tmp_path):
    assert findings_lines(tmp_path) == []


def test_picture_counts_and_a_few_findings_of_each_paper_are_shown(tmp_path):
    folder = shipped(tmp_path, "quick")
    lines = findings_lines(tmp_path)
    assert lines[1] == f"![Every claim in units of its margin]({folder}/forest.png)"
    assert "At scale quick all is well." in lines
    assert "| one | 6 | 2 | 4 | 0 |" in lines
    items = [line for line in lines if line.startswith("- ")]
    assert [item.split()[1] for item in items] == ["one", "two", *(FEW - 2) * ["one"]]
    assert any(f"]({folder}/findings.md)" in line for line in lines)
    assert "<sup>−2</sup>" in items[0]


def test_no_picture_is_named_that_is_not_there(tmp_path):
    shipped(tmp_path, "quick", picture=False)
    assert not any("forest.png" in line for line in findings_lines(tmp_path))


def test_the_largest_shipped_scale_is_shown(tmp_path):
    for scale in SCALES[:2]:
        shipped(tmp_path, scale)
    assert f"At scale {SCALES[1]} all is well." in findings_lines(tmp_path)


def test_what_was_written_is_replaced_and_the_rest_stays(tmp_path):
    shipped(tmp_path, "quick")
    first = front_page(PAGE.read_text("utf-8"), tmp_path)
    assert "all is well" in first
    assert front_page(first, tmp_path) == first
    shutil.rmtree(tmp_path / "results")
    assert "all is well" not in front_page(first, tmp_path)
    assert front_page(first) == PAGE.read_text("utf-8")


def test_a_page_without_its_comments_is_refused():
    with pytest.raises(InputError, match=r"no part between '<!-- findings: \.\.\. -->'"):
        front_page("# scalinglaws\n")
