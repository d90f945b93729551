"""One-pass SGD of the erf committee machine that starts beside its teacher, J = B + sigma_J noise.

Worschech & Rosenow (arXiv 2410.09005), figure 6: the specialised phase alone, every eigenvalue
distinct (L = N). eps_g is the quadratic form in J - B with the realised teacher: the sum over
overlaps cancels to 1e-14, and sigma_J = 1e-6 means eps_g of 1e-13. The student itself is trained:
rounding at 1e-16 of its weights is 1e-10 of J - B at 1e-6.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from scalinglaws.canonical import member_name
from scalinglaws.columns import Columns, stack
from scalinglaws.data.dataset import Dataset
from scalinglaws.experiments.committee.start import PAPER, draw_weights, steps_of
from scalinglaws.experiments.specialised.settings import NearTeacher
from scalinglaws.records import as_record
from scalinglaws.streams import generator
from scalinglaws.theory.power_law_spectrum import input_variances
from scalinglaws.theory.specialised import quadratic_error
from scalinglaws.training.committee_descent import Pair, descend
from scalinglaws.training.session import Session


def run(settings: Mapping[str, Any], data: dict[str, Dataset], session: Session) -> Columns:
    """Train every (beta, seed) and record eps_g on the grid of alpha.

    Returns columns member, beta, seed, eta, alpha, quantity ("eps_g"), value; a diverged member is
    NaN from where it diverged.
    """
    asked = as_record(NearTeacher, settings)
    steps = steps_of(asked)
    names = [
        {"beta": beta, "seed": seed, "eta": asked.eta}
        for beta in asked.betas
        for seed in asked.seed_range
    ]

    def pair(index: int) -> Pair:
        return drawn(asked, names[index])

    curves = descend(session, len(names), pair, asked.eta, steps, observed_error)
    shown = {"alpha": steps / asked.dimension, "quantity": "eps_g"}
    pairs = zip(names, curves, strict=True)
    return stack([{"member": member_name(m), **m, **shown, "value": c} for m, c in pairs])


def drawn(asked: NearTeacher, name: Mapping[str, Any]) -> Pair:
    deviation, teacher = draw_weights(asked, name["seed"], "near_teacher")
    variances = input_variances(asked.dimension, asked.dimension, name["beta"])
    stream = partial(generator, asked.seed, PAPER, "near_teacher_sgd", name)
    student = teacher + deviation
    return Pair(student, teacher, variances, lambda chunk: stream(f"examples {chunk}"))


def observed_error(student: np.ndarray, teacher: np.ndarray, variances: np.ndarray) -> float:
    return quadratic_error(student - teacher, teacher, variances)
