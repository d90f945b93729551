import gzip
import io
import subprocess
from pathlib import Path

import numpy as np
import pytest

from made_data import entry_for, idx_contents, npy_holding, sha256, write_mirror
from released_arrays import read_released
from scalinglaws.data.prepare import fetch, prepare
from scalinglaws.data.stored import load_dataset
from scalinglaws.errors import InputError

IMAGES = "MNIST/raw/train-images-idx3-ubyte"


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    root = write_mirror(tmp_path / "mirror", idx_contents(), packed=True)
    monkeypatch.setenv("SCALINGLAWS_MIRROR", str(root))
    return root


@pytest.fixture
def stored(mirror, tmp_path):
    fetch("made", entry_for(idx_contents()), tmp_path / "made.npz", tmp_path / "made.json")
    return tmp_path / "made.npz"


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.95])
def test_truncated_gzip_is_refused_and_leaves_nothing_behind(mirror, tmp_path, kept):
    packed = mirror / f"{IMAGES}.gz"
    content = packed.read_bytes()
    packed.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(InputError, match=r"train-images-idx3-ubyte.*sha256|ends? .* early|damaged"):
        fetch("made", entry_for(idx_contents()), tmp_path / "made.npz", tmp_path / "made.json")
    assert not (tmp_path / "made.npz").exists()
    assert not (tmp_path / "made.json").exists()


def test_every_flipped_bit_of_a_gzip_is_noticed(mirror):
    packed = mirror / f"{IMAGES}.gz"
    content = packed.read_bytes()
    entry = entry_for(idx_contents())
    for position in range(20, len(content), 37):
        flipped = bytearray(content)
        flipped[position] ^= 4
        packed.write_bytes(bytes(flipped))
        with pytest.raises(InputError, match="same command again"):
            prepare("made", entry)


def test_wrong_checksum_names_file_found_and_expected(mirror):
    contents = idx_contents()
    entry = entry_for(contents)
    entry["files"][0]["variants"][0]["sha256"] = "a" * 64
    found = sha256(contents["train-images-idx3-ubyte"])
    with pytest.raises(
        InputError, match=f"train-images-idx3-ubyte .* sha256 {found}, expected {'a' * 64}"
    ):
        prepare("made", entry)


def test_mirror_variable_naming_no_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("SCALINGLAWS_MIRROR", str(tmp_path / "absent"))
    with pytest.raises(InputError, match=r"SCALINGLAWS_MIRROR names .*absent, which is not a fold"):
        prepare("made", entry_for(idx_contents()))


def test_file_missing_from_the_mirrors_folder_is_named(mirror):
    (mirror / f"{IMAGES}.gz").unlink()
    with pytest.raises(InputError, match=r"idx3-ubyte does not exist, plain or as \.gz"):
        prepare("made", entry_for(idx_contents()))


def test_without_network_the_sentence_says_how_to_use_a_mirror(tmp_path, no_mirror):
    with pytest.raises(InputError) as caught:
        prepare("made", entry_for(idx_contents()), tmp_path)
    message = str(caught.value)
    assert "train-images-idx3-ubyte could not be downloaded" in message
    assert "folder MNIST/raw of a mirror" in message
    assert "SCALINGLAWS_MIRROR" in message
    assert "\n" not in message


def test_package_that_is_not_installed_is_named(no_mirror):
    entry = entry_for(idx_contents(), package="no-such-package")
    with pytest.raises(InputError, match="no-such-package, which is not installed"):
        prepare("made", entry)


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9, 0.999])
def test_truncated_stored_set_is_refused(stored, kept):
    content = stored.read_bytes()
    stored.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(InputError, match=r"made\.npz is damaged"):
        load_dataset(stored)


def test_flipped_pixel_of_a_stored_set_is_noticed(stored):
    content = bytearray(stored.read_bytes())
    content[content.index(b"NUMPY") + 150] ^= 1
    stored.write_bytes(bytes(content))
    with pytest.raises(InputError, match=r"made\.npz is damaged"):
        load_dataset(stored)


def test_stored_set_with_a_pickled_array_is_refused(stored):
    np.savez(stored, train_images=np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"made\.npz is damaged"):
        load_dataset(stored)


def test_missing_stored_set_says_what_makes_it(tmp_path):
    with pytest.raises(InputError, match=r"made\.npz does not exist; make it with: snakemake"):
        load_dataset(tmp_path / "made.npz")


def test_set_stored_by_other_code_is_refused(mirror, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "scalinglaws.data.prepare.code_digest", lambda module: {module: "0123456789ab"}
    )
    fetch("made", entry_for(idx_contents()), tmp_path / "made.npz", tmp_path / "made.json")
    with pytest.raises(InputError, match=r"made by other code: module scalinglaws\.data\.prepare"):
        load_dataset(tmp_path / "made.npz")


class Hostile:
    """Pickles as a call of anything, with any arguments."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "call",
    [
        (Path.touch,),
        (subprocess.check_call, ["touch"]),
        (exec, "import pathlib; pathlib.Path({marker!r}).touch()"),
        (np.fromfile,),
        (np.memmap,),
    ],
    ids=lambda call: getattr(call[0], "__name__", "call"),
)
def test_hostile_pickle_is_refused_without_being_executed(tmp_path, call):
    marker = tmp_path / "executed"
    function, *arguments = call
    if function is exec:
        arguments = [arguments[0].format(marker=str(marker))]
    elif arguments:
        arguments = [[*arguments[0], str(marker)]]
    else:
        arguments = [marker if function is Path.touch else str(marker)]
    content = npy_holding({"P_arr": Hostile(function, *arguments)})
    with pytest.raises(InputError, match=r"set\.npy is refused"):
        read_released(content, "set.npy")
    assert not marker.exists()


def test_the_hostile_pickle_would_have_worked_on_a_plain_reader(tmp_path):
    marker = tmp_path / "executed"
    content = npy_holding({"P_arr": Hostile(Path.touch, marker)})
    np.load(io.BytesIO(content), allow_pickle=True)
    assert marker.exists()


@pytest.mark.parametrize(
    "value",
    [
        [1, 2],
        {"P_arr": Hostile(np.dtype, "i4,f8")},
        {"P_arr": Hostile(np.ndarray, (10**12,))},
        {"P_arr": Hostile(getattr, "text", "upper")},
    ],
    ids=["list", "structured", "huge", "getattr"],
)
def test_released_file_with_anything_but_numbers_is_refused(value):
    with pytest.raises(InputError, match=r"set\.npy is refused"):
        read_released(npy_holding(value), "set.npy")


@pytest.mark.parametrize(
    "content",
    [b"", b"\x93NUMPY", gzip.compress(b"x", mtime=0), npy_holding({})[:-9]],
    ids=["empty", "header", "gzip", "torn"],  # names, not bytes: workers must collect the same
)
def test_torn_released_file_is_refused(content):
    with pytest.raises(InputError, match=r"set\.npy is refused"):
        read_released(content, "set.npy")
