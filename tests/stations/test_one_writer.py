import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from scalinglaws.errors import InputError
from scalinglaws.stations import one_writer as module
from scalinglaws.stations.one_writer import NAME, myself, one_writer

WRITES = """
import sys, time
from pathlib import Path
from scalinglaws.stations.one_writer import one_writer
with one_writer(Path(sys.argv[1])):
    print("writing", flush=True)
    time.sleep(float(sys.argv[2]))
"""
ALL_AT_ONCE = """
import os, sys, time
from pathlib import Path
from scalinglaws.errors import InputError
from scalinglaws.stations.one_writer import one_writer
folder, busy = Path(sys.argv[1]), Path(sys.argv[2])
wins = 0
end = time.monotonic() + 3
while time.monotonic() < end:
    try:
        with one_writer(folder):
            os.close(os.open(busy, os.O_CREAT | os.O_EXCL))  # fails beside another writer
            time.sleep(0.002)
            busy.unlink()
            wins += 1
    except InputError:
        pass
print(wins)
"""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "block.state"


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(module, "BEAT", 0.05)
    monkeypatch.setattr(module, "SILENCE", 0.4)


def process(script, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def writing(folder, seconds=60.0):
    """Another process that writes in the folder."""
    other = process(WRITES, folder, seconds)
    assert other.stdout.readline() == "writing\n"
    return other


def rewrite(folder, **changes):
    """The lock as another machine or an earlier boot would have left it."""
    lock = folder / NAME
    lock.write_text(json.dumps(json.loads(lock.read_text()) | changes))


def test_a_second_process_is_refused_with_who_writes(folder, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    other = writing(folder)
    try:
        with (
            pytest.raises(InputError, match=rf"PID {other.pid} on .*, job 4711\).*wait for"),
            one_writer(folder),
        ):
            pass
        assert other.poll() is None
    finally:
        other.kill()
        other.communicate()


def test_after_a_kill_the_next_process_goes_on_at_once(folder, capsys):
    other = writing(folder)
    other.send_signal(signal.SIGKILL)
    other.communicate()
    began = time.monotonic()
    with one_writer(folder):
        assert time.monotonic() - began < 5
    assert f"taking over from PID {other.pid}" in capsys.readouterr().err
    assert not folder.exists()


def test_a_killed_process_that_nobody_has_waited_for_counts_as_gone(folder):
    other = writing(folder)
    other.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    with one_writer(folder):
        pass
    other.communicate()


def test_a_number_that_another_process_has_by_now_is_not_the_writer(folder):
    folder.mkdir()
    lost = module.Writer(**(vars(myself()) | {"started": 1}))
    (folder / NAME).write_text(json.dumps(vars(lost) | {"beats": "0"}))
    with one_writer(folder):
        pass


def test_a_writer_on_another_machine_lives_while_it_gives_signs_of_life(folder, impatient):
    """Whatever the clocks say: only whether the number changes counts."""
    folder.mkdir()
    stop = threading.Event()

    def beat():
        beats = 0
        while not stop.wait(0.05):
            beats += 1
            record = vars(myself()) | {"machine": "elsewhere", "beats": f"{beats:012d}"}
            (folder / "next").write_text(json.dumps(record))
            os.utime(folder / "next", (1, 1))  # a clock set back by decades
            (folder / "next").rename(folder / NAME)

    beating = threading.Thread(target=beat)
    beating.start()
    try:
        while not (folder / NAME).exists():
            time.sleep(0.01)
        with (
            pytest.raises(InputError, match="is being written by another process"),
            one_writer(folder),
        ):
            pass
    finally:
        stop.set()
        beating.join()


@pytest.mark.parametrize("torn", [None, "", '{"pid": 3', "[]"])
def test_a_silent_writer_of_another_machine_is_replaced_after_a_while(
    folder, impatient, capsys, torn
):
    other = writing(folder)
    other.kill()
    other.communicate()
    if torn is None:
        rewrite(folder, machine="elsewhere", host="node17")
    else:
        (folder / NAME).write_text(torn)
    began = time.monotonic()
    with one_writer(folder):
        assert time.monotonic() - began >= 0.4
    assert "watching for" in capsys.readouterr().err


def test_a_writer_that_was_replaced_writes_nothing_more(folder):
    with one_writer(folder) as check_held:
        check_held()
        rewrite(folder, token="another's")
        with pytest.raises(InputError, match="was taken over by another process"):
            check_held()
    assert json.loads((folder / NAME).read_text())["token"] == "another's"  # left to the other


def test_processes_that_start_at_the_same_instant_write_one_after_another(folder, tmp_path):
    crowd = [process(ALL_AT_ONCE, folder, tmp_path / "busy") for _ in range(3)]
    said = [one.communicate() for one in crowd]
    assert [err for _, err in said if "Error" in err] == []
    assert sum(int(out) for out, _ in said) >= 3
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "in the way").write_text("")
    with (
        pytest.raises(InputError, match="could not be written"),
        one_writer(tmp_path / "in the way"),
    ):
        pass


def test_a_full_disk_does_not_end_the_writer(folder, monkeypatch):
    def full(number):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    with one_writer(folder) as check_held:
        (folder / NAME).write_text("")
        check_held()
    assert not Path(folder).exists()
