"""A run's folder with little in it: fits, ledger and one figure of one paper, and one block."""

import io
import json

import numpy as np
from PIL import Image

from scalinglaws.config import CONFIG, read_claims
from scalinglaws.planning.plan import assemble
from scalinglaws.provenance import manifest
from scalinglaws.provenance.verify import block_file
from scalinglaws.stations.block import compute, job_of
from scalinglaws.stations.judge import judge_claims
from scalinglaws.statistics.quantity import quantity
from scalinglaws.storage import FORMAT, write_json, write_table

PAPER, FIGURE, EXPERIMENT = "damico2025", "damico2025_fig1", "perceptron_square"
FINDINGS = {"scale": "quick", "papers": [{"sentences": [{"text": "The exponent is 1."}]}]}
# Of the block, so that it takes a moment; it is repeated with the settings in its own header.
SMALL = {"samples": 2, "alphas": (2.0,), "weights": 20, "lambda_points": 3}


def planned():
    return assemble({"scale": "quick", "papers": [PAPER]})


def header(station, name, **more):
    return {"format": FORMAT, "station": station, "name": name, "code": {}, **more}


def made_block(plan):
    """The block and its table, as it comes out of a short computation."""
    block = plan.of_experiment(EXPERIMENT)[0]
    job = job_of(block, [])
    small = {**job.settings, **SMALL}
    columns, made = compute(type(job)(**{**vars(job), "settings": small}))
    return block, columns, made


def write_fits(folder, plan):
    """Every quantity that claims name, each 1; returns the files."""
    fits = {name: {} for name in plan.papers[PAPER]["fits"]}
    for name in {name for claim in read_claims(PAPER) for name in claim["quantities"]}:
        fit, key = name.split(".")
        fits[fit][key] = quantity(1.0, (0.9, 1.1), n_seeds=8)
    files = {name: folder / "fits" / PAPER / f"{name}.json" for name in fits}
    for name, file in files.items():
        entry = plan.papers[PAPER]["fits"][name]
        tables = {table: plan.table_digest(table) for table in entry["tables"]}
        own = header("fits", name, settings=entry["settings"], tables=tables)
        write_json(file, {"quantities": fits[name]}, own)
    return list(files.values())


def write_figure(folder):
    stem = folder / "figures" / FIGURE
    stem.parent.mkdir(parents=True)
    rows = [f"a,ours,{x},{1 / x:.10g},," for x in range(1, 40)]
    stem.with_suffix(".csv").write_text("\n".join(["panel,series,x,y,y_low,y_high", *rows, ""]))
    picture = io.BytesIO()
    Image.fromarray(np.arange(300 * 4, dtype=np.uint8).reshape(15, 20, 4)).save(picture, "PNG")
    stem.with_suffix(".png").write_bytes(picture.getvalue())
    write_json(stem.with_suffix(".json"), {"title": "made"}, header("figures", FIGURE))
    return [stem.with_suffix(end) for end in (".csv", ".png", ".json")]


def made_run(folder):
    """Write a finished run to a folder."""
    plan = planned()
    files = write_fits(folder, plan)
    ledger = folder / "ledger" / f"{PAPER}.json"
    claims, departures = CONFIG / "claims" / f"{PAPER}.yaml", CONFIG / "departures.yaml"
    judge_claims(PAPER, list(map(str, files)), claims, departures, plan.config, ledger)
    block, columns, made = made_block(plan)
    run = folder / block_file(block)
    write_table(run, columns, made)
    files += [*write_figure(folder), ledger, run]
    write_json(folder / "findings" / "findings.json", FINDINGS, header("findings", "findings"))
    files.append(folder / "findings" / "findings.json")
    for name in ("environment.json", "numbers.json", "plan/plan.json"):
        write_json(folder / name, {"made": name})
        files.append(folder / name)
    record = manifest.manifest(plan, files, folder)
    record["source"] = {"commit": "a" * 40, "modified": False}
    write_json(folder / "manifest.json", record)


def rewrite(file, change):
    """Change the record in a json file."""
    record = json.loads(file.read_text())
    change(record)
    file.write_text(json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
