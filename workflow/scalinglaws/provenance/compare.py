"""Two runs side by side: which verdicts came again, and by how much the numbers moved.

Runs may differ in scale, seed, device, precision or version; each folder is a run's or a
reference's. A verdict has flipped where reproduced became differs or the other way round. A
number's shift is its difference in joint standard errors: of two runs with other seeds and the same
truth, one in twenty lies beyond 2. Numbers disagree where a deterministic one left the bounds of
its numerical error, and where a shift is larger than chance leaves among so many. What the first
scale had forecast for the second is held against it (provenance.forecast_scores).
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.special import ndtr

from scalinglaws.claims.verdict import (
    DIFFERS,
    REPRODUCED,
    is_deterministic,
    one_sided_scales,
)
from scalinglaws.errors import InputError
from scalinglaws.files import read_bytes
from scalinglaws.provenance.forecast_scores import (
    Scores,
    forecast_scores,
    scores_lines,
    scores_record,
)
from scalinglaws.provenance.reference import listed
from scalinglaws.stations.ledger import ledger_of_any_code

Record = Mapping[str, Any]
DECIDED = {REPRODUCED, DIFFERS}
CHANCE = 0.01  # of calling two runs different that are not, over all shifts together
LISTED = 3.0  # joint standard errors from which a shift is worth a line
INPUTS = ("scale", "seed", "look", "device", "config")  # what a manifest says a run was made of


@dataclass(frozen=True)
class Shift:
    """One quantity in both runs. ``errors`` is null where both are deterministic."""

    claim: str
    quantity: str
    first: float
    second: float
    errors: float | None
    beyond: bool  # of deterministic numbers: their error bounds do not overlap

    @property
    def size(self) -> float:
        return math.inf if self.beyond else abs(self.errors or 0.0)


@dataclass(frozen=True)
class Comparison:
    """Claims of both runs: verdicts, shifts; and what else differs."""

    inputs: Mapping[str, Sequence[Any]]  # input -> its value in the two runs, where they differ
    verdicts: Mapping[str, Sequence[str]]  # claim -> verdict in the two runs
    shifts: Sequence[Shift]
    alone: Sequence[Sequence[str]]  # claims of the first, of the second run only
    forecasts: Scores | None = None  # of the first scale for the second, where they differ

    @property
    def largest(self) -> dict[str, Shift]:
        """Of each claim the largest shift; one beyond its numerical bounds is larger than any."""
        found: dict[str, Shift] = {}
        for one in self.shifts:
            if one.claim not in found or one.size > found[one.claim].size:
                found[one.claim] = one
        return found

    @property
    def opposite(self) -> list[str]:
        return [name for name, pair in self.verdicts.items() if set(pair) == DECIDED]

    @property
    def beyond_chance(self) -> list[Shift]:
        """Shifts too large for chance among so many (Bonferroni), and deterministic ones beyond
        their bounds.
        """
        tested = [shift for shift in self.shifts if shift.errors is not None]
        allowed = CHANCE / max(len(tested), 1)
        far = [shift for shift in tested if 2 * ndtr(-abs(shift.errors or 0.0)) < allowed]
        return [*far, *(shift for shift in self.shifts if shift.beyond)]

    @property
    def same_verdicts(self) -> bool:
        return not self.opposite

    @property
    def agree(self) -> bool:
        """Verdicts and numbers."""
        return self.same_verdicts and not self.beyond_chance


def compare(first: Path, second: Path) -> Comparison:
    """Two folders of results. Raises InputError for a folder without a ledger, and for two that
    judge no claim in common.
    """
    rows, others = read_claims_of(first), read_claims_of(second)
    both = [name for name in rows if name in others]
    if not both:
        raise InputError(
            f"{first} and {second} judge no claim in common; expected two runs of one paper at "
            "least."
        )
    inputs = inputs_of(first), inputs_of(second)
    scales = [one.get("scale") for one in inputs]
    return Comparison(
        inputs=differing(*inputs),
        verdicts={name: (rows[name]["verdict"], others[name]["verdict"]) for name in both},
        shifts=[shift for name in both for shift in shifts_of(rows[name], others[name])],
        alone=(sorted(set(rows) - set(others)), sorted(set(others) - set(rows))),
        forecasts=forecast_scores(first, second, scales),
    )


def read_claims_of(folder: Path) -> dict[str, Record]:
    """Claim -> its row, of all papers in a folder of results."""
    files = sorted((folder / "ledger").glob("*.json"))
    if not files:
        raise InputError(
            f"{folder} holds no ledger/*.json; expected a folder that make reproduce wrote, as "
            "results/quick."
        )
    return {row["id"]: row for file in files for row in ledger_of_any_code(file)[1]["claims"]}


def inputs_of(folder: Path) -> dict[str, Any]:
    """What the run was made of, as far as its files say.

    A dotted name is one library, one module or the precision of one experiment: told apart, that
    is what differs between two runs.
    """
    record, environment = (
        record_in(folder / f"{name}.json") for name in ("manifest", "environment")
    )
    found = {key: record[key] for key in INPUTS if key in record}
    if commit := (record.get("source") or {}).get("commit"):
        found["commit"] = commit
    own = {key: value for key, value in environment.items() if key not in ("header", "packages")}
    return {
        **found,
        **own,
        **dotted("version", environment.get("packages") or {}),
        **dotted("precision", precisions_of(folder)),
        **dotted("code", code_of_claims(folder)),
    }


def dotted(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{kind}.{name}": value for name, value in sorted(values.items())}


def precisions_of(folder: Path) -> dict[str, str]:
    """Experiment -> the precision of its products, of experiments whose blocks name one."""
    found = {}
    for file in sorted((folder / "runs").glob("*/*/*.parquet")):
        settings = header_of(file).get("settings") or {}
        if "precision" in settings:
            found[file.parent.name] = settings["precision"]
    return found


def header_of(path: Path) -> Record:
    """Of a table of any version of the code; empty if it is none."""
    try:
        header = json.loads(pq.read_metadata(path).metadata[b"scalinglaws"])
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return {}
    return header if isinstance(header, dict) else {}


def code_of_claims(folder: Path) -> dict[str, str]:
    """Module -> digest of what it does itself, of all code that the verdicts rest on."""
    headers = (record_in(file).get("header") or {} for file in (folder / "ledger").glob("*.json"))
    made = {module: name for header in headers for module, name in header.get("code", {}).items()}
    return {module: name.partition(".")[0] for module, name in made.items()}


def record_in(path: Path) -> dict[str, Any]:
    """A json file of any version of the code; empty if it is none or not there."""
    try:
        record = json.loads(read_bytes(path)) if path.is_file() else {}
    except ValueError:
        record = {}
    return record if isinstance(record, dict) else {}


def differing(first: Record, second: Record) -> dict[str, tuple[Any, Any]]:
    names = dict.fromkeys([*first, *second])
    return {
        name: (first.get(name), second.get(name))
        for name in names
        if first.get(name) != second.get(name)
    }


def shifts_of(row: Record, other: Record) -> list[Shift]:
    """Of the quantities that both runs estimated with an interval."""
    there = {judged["name"]: judged for judged in other["judged"]}
    pairs = [(judged, there[judged["name"]]) for judged in row["judged"] if judged["name"] in there]
    return [
        shift(row["id"], one, two)
        for one, two in pairs
        if one["interval"] is not None and two["interval"] is not None
    ]


def shift(claim: str, one: Record, two: Record) -> Shift:
    first, second = float(one["estimate"]), float(two["estimate"])
    exact = is_deterministic(one) and is_deterministic(two)
    if exact:
        (low, high), (lowest, highest) = one["interval"], two["interval"]
        return Shift(claim, one["name"], first, second, None, high < lowest or highest < low)
    error = math.hypot(error_towards(one, second), error_towards(two, first))
    distance = second - first
    errors = distance / error if error else math.copysign(math.inf, distance) if distance else 0.0
    return Shift(claim, one["name"], first, second, errors, False)


def error_towards(judged: Record, value: float) -> float:
    """The standard error on the side of a value; numerical errors count as such."""
    estimate, below, above = one_sided_scales(judged)
    return above if value >= estimate else below


def comparison_record(found: Comparison) -> dict[str, Any]:
    """Json of it; an infinite shift has no spelling there and becomes null."""
    largest = {name: shift_record(one) for name, one in found.largest.items()}
    return {
        "inputs": dict(found.inputs),
        "verdicts": dict(found.verdicts),
        "claims": {
            name: {"verdicts": list(pair), "flipped": set(pair) == DECIDED, **largest.get(name, {})}
            for name, pair in found.verdicts.items()
        },
        "shifts": [asdict(one) | shift_record(one) for one in found.shifts],
        "only_first": list(found.alone[0]),
        "only_second": list(found.alone[1]),
        "opposite": found.opposite,
        "beyond_chance": [one.quantity for one in found.beyond_chance],
        "same_verdicts": found.same_verdicts,
        "agree": found.agree,
        "forecasts": None if found.forecasts is None else scores_record(found.forecasts),
    }


def shift_record(one: Shift) -> dict[str, Any]:
    finite = one.errors is not None and math.isfinite(one.errors)
    return {
        "quantity": one.quantity,
        "errors": one.errors if finite else None,
        "beyond": one.beyond,
    }


def comparison_text(found: Comparison, names: Sequence[str]) -> str:
    """For a terminal: what differs, which verdicts came again, which numbers moved."""
    lines = [f"{names[0]} against {names[1]}"]
    lines += [f"  {line}" for line in told(found.inputs)]
    decided = {name: pair for name, pair in found.verdicts.items() if pair[0] in DECIDED}
    again = sum(first == second for first, second in decided.values())
    open_now = sum(second not in DECIDED for _, second in decided.values())
    newly = sum(a not in DECIDED and b in DECIDED for a, b in found.verdicts.values())
    lines += [
        f"{len(found.verdicts)} claims in both; only in the first {len(found.alone[0])}, only in "
        f"the second {len(found.alone[1])}",
        f"of {len(decided)} decided in the first {again} came again, {len(found.opposite)} turned "
        f"into the opposite, {open_now} are open in the second; {newly} are decided there only",
    ]
    sizes = [abs(one.errors) for one in found.shifts if one.errors is not None]
    if sizes:
        middle, high = np.quantile(sizes, [0.5, 0.95])
        share = np.mean(np.array(sizes) > 2)
        lines.append(
            f"shifts of {len(sizes)} numbers in joint standard errors: median {middle:.2f}, 95 % "
            f"within {high:.1f}, {share:.0%} beyond 2"
        )
    lines += [f"  {claim_text(found, name)}" for name, (a, b) in found.verdicts.items() if a != b]
    lines += [f"  {shift_text(one)}" for one in found.shifts if worth_a_line(one)]
    lines += [] if found.forecasts is None else scores_lines(found.forecasts)
    moved = len(found.beyond_chance)
    lines.append(
        f"numbers: {moved} moved further than chance allows"
        if moved
        else "numbers: none moved further than chance allows"
    )
    flipped = len(found.opposite)
    lines.append("the same verdicts" if found.same_verdicts else f"verdicts flipped: {flipped}")
    return "\n".join(lines)


def claim_text(found: Comparison, name: str) -> str:
    """A claim whose verdict is another one, with the largest shift of its numbers."""
    first, second = found.verdicts[name]
    one = found.largest.get(name)
    flip = "  FLIPPED" if name in found.opposite else ""
    return f"{name}: {first} -> {second}{'' if one is None else f', {by_text(one)}'}{flip}"


def told(inputs: Mapping[str, Sequence[Any]]) -> list[str]:
    """Inputs that differ, each value at most a line's worth; of code the modules."""
    modules = [name.removeprefix("code.") for name in inputs if name.startswith("code.")]
    short = {
        name: [json.dumps(value, default=str)[:60] for value in pair]
        for name, pair in inputs.items()
        if not name.startswith("code.")
    }
    lines = [f"{name}: {first} against {second}" for name, (first, second) in short.items()]
    return lines + ([f"code that differs: {listed(modules, 5)}"] if modules else [])


def worth_a_line(one: Shift) -> bool:
    return one.size >= LISTED


def shift_text(one: Shift) -> str:
    return f"{one.claim}, {one.quantity}: {one.first:.5g} -> {one.second:.5g}, {by_text(one)}"


def by_text(one: Shift) -> str:
    if one.errors is None:
        return "beyond its numerical error" if one.beyond else "within its numerical error"
    return f"{one.errors:+.1f} errors"
