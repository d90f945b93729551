"""What `plan --power` and `plan --budget` show on a terminal."""

from collections.abc import Mapping, Sequence

from scalinglaws.planning.budget import Allocation
from scalinglaws.planning.pilot import Claim, Pilot
from scalinglaws.planning.plan import Plan
from scalinglaws.planning.power import DOUBLINGS, WANTED, Power
from scalinglaws.planning.prices import Prices
from scalinglaws.planning.table import WIDTH, duration
from scalinglaws.planning.units import UNITS, units_of

Sentences = list[str]
CUTS = (*UNITS, "blocks", "jobs")  # sizes that say how many seeds, and how they are cut


def power_table(plan: Plan, pilot: Pilot, found: Sequence[Power]) -> str:
    """A line per claim, counts below."""
    wanted = percent(WANTED)
    head = row("claim (* primary)", "decided", "seeds", f"{wanted} with", "core time")
    lines = [*about(plan, pilot), "", head, "-" * len(head)]
    paper = ""
    for one in found:
        lines += [one.claim.paper] if one.claim.paper != paper else []
        paper = one.claim.paper
        lines.append(claim_line(one))
    return "\n".join([*lines, "-" * len(head), *counts(found)])


def about(plan: Plan, pilot: Pilot) -> Sentences:
    """Which pilot foretells which plan, and what it cannot know."""
    text = f"pilot {pilot.folder}: scale {pilot.scale}, root seed {pilot.seed}"
    lines = [f"{text}; planned: scale {plan.config['scale']}"]
    if pilot.seed == plan.config["seed"]:
        lines.append("both have one root seed: the run would repeat the pilot's seeds")
    if not pilot.recorded:
        lines += [
            "its plan is of older code and tells no sizes, so it is read as if it had run",
            f"what {pilot.scale} is in config/scales today; were seeds changed there since,",
            "claims may be matched with other experiments than their own",
        ]
    if changed := resized(plan, pilot):
        lines += [
            f"{len(changed)} experiments have other sizes than in the pilot, beside seeds: what is",
            "foreseen of them takes value and scatter of the pilot for theirs",
        ]
    return lines


def resized(plan: Plan, pilot: Pilot) -> list[str]:
    """Experiments whose sizes differ by more than seeds and how these are cut."""

    def compared(sizes: object) -> object:
        if not isinstance(sizes, Mapping):
            return sizes
        return {
            key: compared(value)
            for key, value in sizes.items()
            if not isinstance(value, int) or not (key in CUTS or key.endswith("_per_block"))
        }

    requests = plan.requests.items()
    return [name for name, of in requests if compared(of.sizes) != compared(pilot.sizes.get(name))]


def claim_line(of: Power) -> str:
    name = f" {short(of.claim)}{'*' if of.claim.primary else ''}"
    seeds = str(of.seeds or "")
    chance = percent(of.chances.decided)
    if of.enough is None:
        return shortened(f"{row(name, chance, seeds)}  {of.why}")
    if of.enough == 1.0:
        return row(name, chance, seeds)
    return row(name, chance, seeds, str(round(of.seeds * of.enough)), f"+{span(of.more_seconds)}")


def counts(found: Sequence[Power]) -> Sentences:
    likely = sum(one.chances.decided >= WANTED for one in found)
    seeds = sum(one.enough is not None for one in found) - likely
    absent = sum(not_run(one.claim) for one in found)
    expected = sum(one.chances.decided for one in found)
    return [
        f"{len(found)} claims with sampling error, {expected:.1f} decided on average:",
        f"{likely} have a chance of {percent(WANTED)} or more, {seeds} would with more seeds,",
        f"{len(found) - likely - seeds - absent} not even with {2**DOUBLINGS} times as many;",
        f"of {absent} the pilot says nothing, for it does not run them",
    ]


def not_run(claim: Claim) -> bool:
    return any(not part.run for part in claim.parts)


def budget_table(
    plan: Plan,
    prices: Prices,
    claims: Sequence[Claim],
    designs: Mapping[str, Allocation],
    dealt: Allocation,
) -> str:
    """A line per experiment whose seeds change, and what each way of dealing them decides."""
    head = row("experiment", "seeds", "dealt", "core time", "then")
    lines = [head, "-" * len(head)]
    for experiment, multiple in dealt.design.items():
        seeds = units_of(plan.requests[experiment].sizes)
        if seeds and multiple != 1:
            times = [span(prices.of(experiment, each) or 0.0) for each in (1.0, multiple)]
            lines.append(row(f" {experiment}", str(seeds), str(round(seeds * multiple)), *times))
    lines += ["-" * len(head), row("seeds", "decided", " likely", "core time")]
    for name, of in designs.items():
        likely = str(sum(each.decided >= WANTED for each in of.chances))
        lines.append(row(f" {name}", f"{of.decided:.1f}", likely, span(of.core_seconds)))
    text = f"of {len(claims)} claims: decided on average, and with {percent(WANTED)} or more"
    return "\n".join([*lines, text])


def row(name: str, *cells: str) -> str:
    widths = (8, 7, 11, 11)
    texts = (f"{cell:>{width}s}" for cell, width in zip(cells, widths, strict=False))
    return f"{name:31s}{''.join(texts)}".rstrip()


def short(claim: Claim) -> str:
    return claim.name.removeprefix(f"{claim.paper}_")


def percent(chance: float) -> str:
    return f"{100 * chance:.0f} %"


def span(seconds: float) -> str:
    return duration(round(seconds, 1))


def shortened(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 4]} ..."
