"""Files that want to be more than data: each place that reads a file is given one."""

import ast
import io
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scalinglaws.codedigest import ROOT
from scalinglaws.data.readers import read_embeddings, read_npz_part
from scalinglaws.data.sources import tar_members
from scalinglaws.data.stored import load_dataset
from scalinglaws.errors import InputError
from scalinglaws.storage import read_json, read_table
from scalinglaws.strict_yaml import read_yaml
from scalinglaws.training.session import Session


class Touches:
    """Unpickled, it makes a file."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


@pytest.fixture
def marker(tmp_path):
    return tmp_path / "executed"


@pytest.fixture
def hostile(tmp_path, marker):
    """Makes a file of one kind that executes something in a reader that trusts it."""

    def npz(path):
        content = np.array([Touches(marker)], dtype=object)
        np.savez(path, allow_pickle=True, **dict.fromkeys(("X", "Y", "train", "_key"), content))

    def table(path):
        extension = {
            b"ARROW:extension:name": b"arrow.py_extension_type",
            b"ARROW:extension:metadata": pickle.dumps(Touches(marker)),
        }
        field = pa.field("value", pa.int64(), metadata=extension)
        meta = {b"scalinglaws": b"{}", b"pandas": pickle.dumps(Touches(marker))}
        pq.write_table(pa.table([[1]], schema=pa.schema([field], metadata=meta)), path)

    def pickled(path):
        path.write_bytes(pickle.dumps(Touches(marker)))

    def tagged(path):
        path.write_text(f"a: !!python/object/apply:pathlib.Path.touch [{marker}]\n")

    makers = {"npz": npz, "parquet": table, "pickle": pickled, "yaml": tagged}

    def make(kind):
        path = tmp_path / f"hostile.{kind}"
        makers[kind](path)
        return path

    return make


def read_state(path):
    state = Session(path.with_suffix(".state"), save_every=0.0)
    state.state_folder.mkdir()
    for place in state.generations():
        place.write_bytes(path.read_bytes())
    assert state.load() is None
    raise InputError("ignored")


READERS = {
    "table": read_table,
    "json": read_json,
    "yaml": read_yaml,
    "data": load_dataset,
    "state": read_state,
    "published images": lambda path: read_npz_part(path.read_bytes(), str(path)),
    "published embeddings": lambda path: read_embeddings(path.read_bytes(), str(path)),
}


@pytest.mark.parametrize("kind", ["npz", "parquet", "pickle", "yaml"])
@pytest.mark.parametrize("reader", READERS)
def test_no_file_is_executed_wherever_it_lies(hostile, marker, kind, reader):
    with pytest.raises(InputError):
        READERS[reader](hostile(kind))
    assert not marker.exists()


def test_the_hostile_files_would_have_worked_on_trusting_readers(hostile, marker):
    with np.load(hostile("npz"), allow_pickle=True) as archive:
        assert archive["X"] is not None
    assert marker.exists()
    marker.unlink()
    pickle.loads(hostile("pickle").read_bytes())
    assert marker.exists()


@pytest.mark.parametrize("name", ["../../wanted", "/etc/wanted", "a/wanted"])
def test_members_of_an_archive_are_never_written_wherever_they_point(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = 3
        archive.addfile(member, io.BytesIO(b"abc"))
        link = tarfile.TarInfo("other/wanted")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert tar_members(stream.getvalue(), "set.tar.gz", {"wanted"}) == {"wanted": b"abc"}
    assert list(tmp_path.rglob("*")) == []


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield (
                ast.unparse(node.func),
                {each.arg: ast.unparse(each.value) for each in node.keywords},
            )


@pytest.mark.parametrize(
    "file", sorted(ROOT.rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT))
)
def test_no_module_reads_what_could_execute_or_asks_a_shell(file):
    tree = ast.parse(file.read_bytes())
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert not names & {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"}
    for function, options in calls(tree):
        assert function not in ("eval", "exec", "os.system", "torch.load", "pd.read_pickle"), (
            function
        )
        assert options.get("shell", "False") == "False"
        if function == "np.load":
            assert options.get("allow_pickle") == "False"
        if function == "yaml.load":
            assert options.get("Loader") == "StrictLoader"
        if function.endswith(("extractall", ".extract")):
            pytest.fail(f"{file} writes an archive's members to paths that the archive names")
