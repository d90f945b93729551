import ast

import pytest

from scalinglaws import codedigest
from scalinglaws.codedigest import changed_modules, code_digest


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
    codedigest.forget()
    yield tmp_path
    codedigest.forget()


def edit(path, text):
    path.write_text(path.read_text() + text)
    codedigest.forget()


def test_a_digest_reaches_through_imports(package):
    assert sorted(code_digest("scalinglaws.figure")) == [
        "scalinglaws.figure",
        "scalinglaws.theory",
        "scalinglaws.tools",
    ]


def test_an_edit_changes_exactly_what_imports_it(package):
    figure, other = code_digest("scalinglaws.figure"), code_digest("scalinglaws.other")
    edit(package / "tools.py", "y = 3\n")
    assert code_digest("scalinglaws.figure") != figure
    assert changed_modules(figure) == ["scalinglaws.tools"]
    assert code_digest("scalinglaws.other") == other


def test_a_digest_is_the_same_in_a_python_that_knows_parameters_of_types(package, monkeypatch):
    (package / "other.py").write_text(SPARE)
    codedigest.forget()
    before = code_digest("scalinglaws.other")
    parse, with_them = ast.parse, (ast.FunctionDef, ast.ClassDef)

    def newer(*arguments, **named):
        tree = parse(*arguments, **named)
        for node in ast.walk(tree):
            if isinstance(node, with_them):
                node.type_params = []
        return tree

    for kind in with_them:
        fields = [name for name in kind._fields if name != "type_params"]
        monkeypatch.setattr(kind, "_fields", (*fields, "type_params"))
    monkeypatch.setattr(ast, "parse", newer)
    codedigest.forget()
    codedigest.parsed.cache_clear()  # read for good: it is found by its content
    assert "type_params" in ast.dump(newer(SPARE))
    assert code_digest("scalinglaws.other") == before


SPARE = "def f(x):\n    return 2 * x\n\n\nclass C:\n    x = 1\n"
EXPLAINED = '''"""What it is."""
# Why it is.
def f(x):
    """Twice x."""
    return (2 * x)
class C:
    """A class."""

    x = 1  # one
'''


def test_comments_docstrings_and_formatting_are_no_edit(package):
    (package / "tools.py").write_text(SPARE)
    codedigest.forget()
    before = code_digest("scalinglaws.figure")
    (package / "tools.py").write_text(EXPLAINED)
    codedigest.forget()
    assert code_digest("scalinglaws.figure") == before


@pytest.mark.parametrize("value", ["2", "1.0", "'1'", "-1", "1,", "True", "'helper'\n'x'"])
def test_whatever_changes_a_value_is_an_edit(package, value):
    before = code_digest("scalinglaws.figure")
    (package / "tools.py").write_text(f"helper = {value}\n")
    codedigest.forget()
    assert changed_modules(before) == ["scalinglaws.tools"]


def test_a_file_that_is_only_moved_makes_nothing_stale(package):
    before = code_digest("scalinglaws.figure")
    (package / "room").mkdir()
    (package / "tools.py").rename(package / "room" / "instruments.py")
    (package / "theory.py").write_text("from scalinglaws.room.instruments import helper\n")
    codedigest.forget()
    after = code_digest("scalinglaws.figure")
    assert "scalinglaws.room.instruments" in after
    assert sorted(after.values()) == sorted(before.values())
    assert changed_modules(before) == []


def test_a_name_that_comes_from_elsewhere_is_an_edit_though_no_other_line_is(package):
    edit(package / "other.py", "helper = 7\n")
    edit(package / "figure.py", "import scalinglaws.other\n")
    before = code_digest("scalinglaws.figure")
    (package / "theory.py").write_text("from scalinglaws.other import helper\n")
    codedigest.forget()
    assert changed_modules(before) == ["scalinglaws.theory"]


def test_a_module_that_is_gone_is_named(package):
    before = code_digest("scalinglaws.figure")
    (package / "tools.py").unlink()
    (package / "theory.py").write_text("helper = 3\n")
    codedigest.forget()
    assert "scalinglaws.tools" in changed_modules(before)


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
    codedigest.forget()
    assert code_digest("scalinglaws.figure") == before
