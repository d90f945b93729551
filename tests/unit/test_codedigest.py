import pytest

from scalinglaws import codedigest
from scalinglaws.codedigest import code_digest


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A small package in place of ours; digests are cached, so caches are cleared around it."""
    sources = {
        "theory.py": "from scalinglaws.tools import helper\n",
        "tools.py": "helper = 1\n",
        "figure.py": "import scalinglaws.theory\n",
        "other.py": "x = 2\n",
    }
    for name, text in sources.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(codedigest, "ROOT", tmp_path)
    clear()
    yield tmp_path
    clear()


def clear():
    for function in ("module_file", "direct_imports", "file_digest", "code_digest"):
        getattr(codedigest, function).cache_clear()


def edit(path, text):
    path.write_text(path.read_text() + text)
    clear()


def test_a_digest_reaches_through_imports(package):
    assert sorted(code_digest("scalinglaws.figure")) == [
        "scalinglaws.figure",
        "scalinglaws.theory",
        "scalinglaws.tools",
    ]


def test_an_edit_changes_exactly_what_imports_it(package):
    figure, other = code_digest("scalinglaws.figure"), code_digest("scalinglaws.other")
    edit(package / "tools.py", "y = 3\n")
    changed = code_digest("scalinglaws.figure")
    assert {name for name in figure if figure[name] != changed[name]} == {"scalinglaws.tools"}
    assert code_digest("scalinglaws.other") == other


def test_imports_inside_functions_count(package):
    edit(package / "other.py", "def f():\n    from scalinglaws import tools\n    return tools\n")
    assert "scalinglaws.tools" in code_digest("scalinglaws.other")


def test_relative_imports_are_refused_because_they_would_hide(package):
    edit(package / "other.py", "from . import tools\n")
    with pytest.raises(ValueError, match="relative imports"):
        code_digest("scalinglaws.other")


def test_an_unknown_entry_is_an_error_not_an_empty_digest(package):
    with pytest.raises(ValueError, match=r"no module scalinglaws\.nothing"):
        code_digest("scalinglaws.nothing")


def test_the_digest_is_of_the_text_whatever_ends_its_lines(package):
    before = code_digest("scalinglaws.figure")
    for file in package.glob("*.py"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    clear()
    assert code_digest("scalinglaws.figure") == before
