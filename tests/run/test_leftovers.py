import pytest

from scalinglaws.files import write_whole
from scalinglaws.run.leftovers import remove_torn_files


@pytest.fixture
def torn(tmp_path, monkeypatch):
    """Writes a file up to its rename, as a kill would leave it."""

    def write(place):
        with monkeypatch.context() as patch:
            patch.setattr("os.replace", lambda source, target: None)
            write_whole(tmp_path / place, b"content")
        (left,) = (tmp_path / place).parent.glob(f".{(tmp_path / place).name}.*")
        return left

    return write


@pytest.mark.parametrize("place", ["manifest.json", "figures/a.png", "fits/paper/a.json"])
def test_what_a_kill_left_of_a_file_is_removed(tmp_path, torn, place):
    left = torn(place)
    remove_torn_files(tmp_path)
    assert not left.exists()


@pytest.mark.parametrize("place", ["runs/paper/e/b.parquet", "theory/paper/e/b.state/state.npz"])
def test_what_a_block_may_still_be_writing_is_left_to_it(tmp_path, torn, place):
    left = torn(place)
    remove_torn_files(tmp_path)
    assert left.exists()


@pytest.mark.parametrize("name", ["a.json", ".gitignore", ".a.json", ".a.json.backup00"])
def test_whole_and_foreign_files_stay(tmp_path, name):
    (tmp_path / name).touch()
    remove_torn_files(tmp_path)
    assert (tmp_path / name).exists()
