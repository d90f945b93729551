import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scalinglaws.errors import InputError
from scalinglaws.planning import calibrate as calibration
from scalinglaws.planning import machine
from scalinglaws.planning.blocks import Block
from scalinglaws.planning.gpu_work import Work
from scalinglaws.planning.machine import KERNELS, assumed, devices, this_machine

CARD = {
    **{"name": "a card", "memory_mb": 1000, "launch": 5e-6, "replayed_launch": 1e-6},
    "bandwidth": 1e12,
    "products": {"float32": 2e13, "tf32": 2e14, "bf16": 4e14},
    "convolutions": {"float32": 1e13, "tf32": 1e14, "bf16": 2e14},
}


def measured(factor: float = 2.0, gpu: Any = None) -> dict[str, Any]:
    known = devices()["processor"]
    return {"processor": {name: factor * known[name]["seconds"] for name in KERNELS}, "gpu": gpu}


@pytest.fixture
def stored(tmp_path: Path) -> Callable[[Any], Path]:
    def write(record: Any) -> Path:
        path = tmp_path / ".calibration.json"
        path.write_text(record if isinstance(record, str) else json.dumps(record))
        return path

    return write


def test_without_a_calibration_the_assumed_machine_prices_the_plan(tmp_path: Path) -> None:
    assert this_machine(tmp_path / "none.json") == assumed()
    assert not assumed().told


def test_a_processor_that_takes_twice_as_long_doubles_core_time(stored: Any) -> None:
    found = this_machine(stored(measured(2.0)))
    block = Block("damico2025", "cnn_curves", "a", "m", {}, 1, 10.0, kernel="convolutions")
    assert found.core_seconds(block) == pytest.approx(20.0)
    assert assumed().core_seconds(block) == 10.0
    assert "convolutions 2.00" in found.told
    assert "\n" not in found.told


def test_a_measured_card_prices_gpu_work(stored: Any) -> None:
    found = this_machine(stored(measured(1.0, CARD)))
    work = Work(1, "float32", 1, ((16, 1e13),), 0.0)
    block = Block("p", "e", "a", "m", {}, 1, 3.0, gpu=True, gpu_work=(work,))
    training = 1 + found.gpu.half_widths["float32"] / 16
    assert found.gpu_seconds(block) == pytest.approx(3.0 + training)
    assert found.wall_seconds(block) == found.gpu_seconds(block)
    assert found.core_seconds(block) == pytest.approx(3.0 + found.gpu.host_share * training)
    assert "a card measured" in found.told


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", r"\.calibration\.json cannot be read .* calibrate' again"),
        ({"gpu": None}, r"\.calibration\.json: .* lacks the key 'processor'"),
        ({**measured(), "speed": 3}, "unknown key 'speed'"),
        ({**measured(), "gpu": {"name": "x"}}, r"\.calibration\.json: gpu"),
        ({**measured(-1.0)}, r"processor\.\w+ is -"),
    ],
)
def test_a_file_that_calibrate_did_not_write_is_refused(
    stored: Any, content: Any, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        this_machine(stored(content))


def test_calibrate_stores_what_the_plan_then_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / ".calibration.json"
    for module in (machine, calibration):
        monkeypatch.setattr(module, "CALIBRATION", path)
    monkeypatch.setattr(calibration, "visible_gpus", list)
    monkeypatch.setattr(calibration, "REPEATS", 2)  # the first also wakes libraries up
    calibration.calibrate(as_json=False)
    shown = capsys.readouterr().out
    assert this_machine().told in shown
    assert all(0.05 < factor < 50 for factor in this_machine().slowness.values())


def test_what_a_card_reaches_is_measured_the_same_way_on_any_device() -> None:
    assert calibration.multiplied("cpu", "float32", 64) > 1e6
    assert calibration.convolved("cpu", "float32", 2, 8) > 1e6


def test_every_assumed_constant_has_a_source() -> None:
    constants = [value for part in devices().values() for value in part.values()]
    assert all(value["source"] for value in constants if isinstance(value, dict))
