import numpy as np
import pytest

from scalinglaws.training.session import Session


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "block.state"


def session(folder, key="k", save_every=0.0):
    return Session(folder, key, save_every=save_every)


def test_the_newest_state_comes_back_exactly(folder):
    weights = np.array([1 / 3, np.nan, np.inf])
    for step in range(5):
        session(folder).save({"step": np.array(step), "weights": weights})
    state = session(folder).load()
    assert int(state["step"]) == 4
    np.testing.assert_array_equal(state["weights"], weights)


def test_a_torn_newest_state_falls_back_to_the_one_before(folder):
    for step in range(4):
        session(folder).save({"step": np.array(step)})
    newest = max(session(folder).generations(), key=lambda path: path.stat().st_mtime_ns)
    newest.write_bytes(newest.read_bytes()[: newest.stat().st_size // 2])
    assert int(session(folder).load()["step"]) == 2


def test_two_torn_states_mean_starting_anew(folder):
    for step in range(4):
        session(folder).save({"step": np.array(step)})
    for path in session(folder).generations():
        path.write_bytes(b"PK\x03\x04 torn")
    assert session(folder).load() is None


def test_the_state_of_another_block_or_other_code_is_ignored(folder):
    session(folder, key="old").save({"step": np.array(3)})
    assert session(folder, key="new").load() is None


def test_a_state_with_pickled_objects_is_not_read(folder):
    folder.mkdir()
    hostile = {"_key": np.array("k"), "_count": np.array(9), "x": np.array([{}], dtype=object)}
    np.savez(folder / "state_cpu_float32_0.npz", allow_pickle=True, **hostile)
    assert session(folder).load() is None


def test_nothing_is_saved_before_its_time_unless_forced(folder):
    patient = session(folder, save_every=3600.0)
    patient.save({"step": np.array(1)})
    assert session(folder).load() is None
    patient.save({"step": np.array(1)}, force=True)
    assert int(session(folder).load()["step"]) == 1


def test_clearing_removes_the_folder(folder):
    running = session(folder)
    running.save({"step": np.array(1)})
    running.progress(1, 2)
    running.clear()
    assert not folder.exists()


def test_without_a_folder_nothing_is_kept():
    nowhere = Session(None)
    nowhere.save({"step": np.array(1)})
    nowhere.progress(1, 2)
    nowhere.clear()
    assert nowhere.load() is None


def test_a_state_of_another_device_or_precision_is_named_and_left_for_its_own(folder, capsys):
    Session(folder, "k", save_every=0.0).save({"step": np.array(3)})
    for device, precision in (("cuda", "float32"), ("cpu", "bf16")):
        other = Session(folder, "k", device=device, precision=precision, save_every=0.0)
        assert other.load() is None
        assert f"than this run's ({device}, {precision})" in capsys.readouterr().err
        other.save({"step": np.array(1)})
    assert int(session(folder).load()["step"]) == 3
    session(folder).clear()
    assert not folder.exists()


def test_a_state_is_put_together_only_when_it_is_saved(folder):
    asked = []

    def state():
        asked.append(1)
        return {"step": np.array(1)}

    patient = session(folder, save_every=3600.0)
    patient.save(state)
    assert not asked
    patient.save(state, force=True)
    assert asked == [1]


def test_progress_never_harms(tmp_path):
    (tmp_path / "in the way").write_text("")
    Session(tmp_path / "in the way").progress(1, 2)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "progress.json").symlink_to("/dev/full")
    Session(tmp_path / "full").progress(1, 2)
