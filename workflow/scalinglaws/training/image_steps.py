"""Training on images: the same number of steps for every training set, cosine decay, augmentation.

Members see the heads of one training set. Minibatches are drawn with replacement from common
random numbers, so that every D costs the same, has full batches for BatchNorm and shares its draws
with the others; crops, flips and resampled noise are common too (Bahri et al., arXiv:2102.06701,
appendix A: everything but D is frozen while D is scanned).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scalinglaws.training.engine import device_generator, engine_for
from scalinglaws.training.groups import Arrays, Keep
from scalinglaws.training.images import Images, head, normalised
from scalinglaws.training.learners import Learner, embedded, learner_arrays, learner_restore
from scalinglaws.training.optimisers import (
    Optimiser,
    advance,
    as_laid,
    optimiser_arrays,
    optimiser_of,
    optimiser_restore,
    rate_type,
)

FLOAT64 = torch.float64
CHUNK = 100  # steps between two offers to save the state; also the unit of the streams


@dataclass(frozen=True)
class Course:
    """What is the same for all members.

    - `optimiser`: "sgd" (Nesterov momentum 0.9) or "adam"; `weight_decay` is an L2 penalty.
    - `crop`: images are shifted by up to so many pixels, zeros come in; `flip`: mirrored or not.
    - `noise`: standard deviation of fresh normal noise at every visit (0 for none).
    - `stream(purpose)`: generators named by purpose and chunk, the same however a run is resumed.
    """

    steps: int
    batch: int
    optimiser: str
    learning_rate: float
    weight_decay: float
    evaluate_every: int
    crop: int
    flip: bool
    noise: float
    stream: Callable[[str], np.random.Generator]


@dataclass(frozen=True)
class Draws:
    """Random numbers of a chunk on the device; `row` (1,) says which step's come next.

    - `chosen`: (steps, members, batch) images of the pool.
    - `shifts`: (steps, 2, batch) corners of the crops, `flips`: (steps, batch); None without.
    - `rates`: (steps,) learning rates.
    - `noise`: the stream of fresh noise, on the device.
    """

    row: Tensor
    chosen: Tensor
    shifts: Tensor | None
    flips: Tensor | None
    rates: Tensor
    noise: torch.Generator

    def now(self, table: Tensor) -> Tensor:
        """The row of a table that belongs to this step."""
        return table.index_select(0, self.row)[0]


def train(
    learner: Learner,
    data_sizes: Sequence[int],
    pool: Images,
    test: Images,
    course: Course,
    inner: Arrays,
    keep: Keep,
) -> Arrays:
    """Values of each member (one per data size, each trained on a head of the pool).

    Returns arrays (members,): `final_test_loss`, `best_test_loss` (smallest over time, step 0
    included), the same of `test_error`, and `final_train_loss` (on at most as many training
    images as there are test images, as they stand in the pool). A member that diverges is NaN.
    """
    optimiser = optimiser_for(learner, course)
    curves, step = np.empty((0, 2, len(data_sizes))), 0
    if inner:
        curves, step = restore(learner, optimiser, inner)
    padded = margined(pool, course.crop)
    draws = empty_draws(course, len(data_sizes), padded.device)
    state = [*learner.parameters, *learner.statistics, *optimiser.state, draws.row]
    engine = engine_for(padded.device.type, state, [draws.noise] if course.noise else [])
    step_once = partial(one_step, learner, optimiser, padded, pool.labels, draws, course)
    engine.prepare(step_once, "step")
    for chunk in range(math.ceil(step / CHUNK), math.ceil(course.steps / CHUNK)):
        fill(draws, course, data_sizes, chunk)
        end = min((chunk + 1) * CHUNK, course.steps)
        step = chunk * CHUNK
        while step < end:
            if step % course.evaluate_every == 0:
                curves = np.concatenate([curves, measured(learner, test)[None]])
            until = min(end, (step // course.evaluate_every + 1) * course.evaluate_every)
            engine.run(step_once, until - step, "step")
            step = until
        keep(partial(arrays_of, learner, optimiser, curves, step), step / course.steps)
    curves = np.concatenate([curves, measured(learner, test)[None]])
    trained = [head(pool, min(size, len(test.labels))) for size in data_sizes]
    return {
        "final_test_loss": curves[-1, 0],
        "best_test_loss": curves[:, 0].min(axis=0),
        "final_test_error": curves[-1, 1],
        "best_test_error": curves[:, 1].min(axis=0),
        "final_train_loss": np.array(
            [measured(learner, part)[0, member] for member, part in enumerate(trained)]
        ),
    }


def margined(images: Images, crop: int) -> Tensor:
    """As the network sees them with so many zeros around, channels last."""
    shown = normalised(images, images.pixels)
    return F.pad(shown, [crop] * 4).movedim(1, -1).contiguous()


def one_step(
    learner: Learner,
    optimiser: Optimiser,
    padded: Tensor,
    labels: Tensor,
    draws: Draws,
    course: Course,
) -> None:
    """The step whose row of the draws has come; all of it happens on the device."""
    images, chosen = augmented(padded, draws, course), draws.now(draws.chosen)
    slopes = as_laid(learner.gradients(images, labels[chosen]), learner.parameters)
    advance(optimiser, learner.parameters, slopes, draws.now(draws.rates))
    draws.row.add_(1)


def empty_draws(course: Course, members: int, device: torch.device) -> Draws:
    """Room for a chunk's draws, which stays where it is."""
    moves = course.crop or course.flip
    return Draws(
        torch.zeros(1, dtype=torch.int64, device=device),
        torch.zeros(CHUNK, members, course.batch, dtype=torch.int64, device=device),
        torch.zeros(CHUNK, 2, course.batch, dtype=torch.int64, device=device) if moves else None,
        torch.zeros(CHUNK, course.batch, dtype=torch.bool, device=device) if moves else None,
        torch.zeros(CHUNK, device=device, dtype=rate_type(device)),
        device_generator(device),
    )


def fill(draws: Draws, course: Course, data_sizes: Sequence[int], chunk: int) -> None:
    """The draws of a chunk, from its streams; the next step is its first."""
    # u D with one u for all D: sizes differ in their images and in no other draw.
    order = course.stream(f"minibatches {chunk}").random((CHUNK, course.batch))
    sizes = np.array(data_sizes, dtype=float)
    draws.chosen.copy_(torch.from_numpy((order[:, None] * sizes[:, None]).astype(np.int64)))
    if draws.shifts is not None and draws.flips is not None:
        moves = course.stream(f"augmentation {chunk}").random((CHUNK, 3, course.batch))
        shifts = (moves[:, :2] * (2 * course.crop + 1)).astype(np.int64)
        draws.shifts.copy_(torch.from_numpy(shifts))
        draws.flips.copy_(torch.from_numpy((moves[:, 2] >= 0.5) & course.flip))
    steps = chunk * CHUNK + np.arange(CHUNK)
    # On the host: a cosine taken on the device could differ in its last bit.
    cosines = [0.5 * (1 + math.cos(math.pi * step / course.steps)) for step in steps.tolist()]
    draws.rates.copy_(torch.tensor([course.learning_rate * c for c in cosines], dtype=FLOAT64))
    draws.noise.manual_seed(int(course.stream(f"noise {chunk}").integers(2**63)))
    draws.row.zero_()


def augmented(padded: Tensor, draws: Draws, course: Course) -> Tensor:
    """Images (members, batch, channels, side, side) as the networks see them at this step.

    - `padded`: the pool, channels last, with `crop` zeros around.
    """
    chosen, side = draws.now(draws.chosen), padded.shape[1] - 2 * course.crop
    if draws.shifts is None or draws.flips is None:
        images = padded[chosen].movedim(-1, 2)
    else:
        shifts = draws.now(draws.shifts)
        views = padded.unfold(1, side, 1).unfold(2, side, 1)
        images = views[chosen, shifts[0], shifts[1]]
        if course.flip:
            mirrored = draws.now(draws.flips)[:, None, None, None]
            images = torch.where(mirrored, images.flip(-1), images)
    if course.noise:
        # On the device: drawn on the host, noise takes longer than the step.
        noise = torch.randn(images.shape[1:], generator=draws.noise, device=images.device)
        images = images + course.noise * noise
    return images


def optimiser_for(learner: Learner, course: Course) -> Optimiser:
    name = {"sgd": "nesterov"}.get(course.optimiser, course.optimiser)
    return optimiser_of(name, learner.parameters, course.weight_decay)


def measured(learner: Learner, images: Images) -> np.ndarray:
    """(2, members): mean cross-entropy in nats and share of wrong labels; NaN once diverged."""
    with torch.no_grad():
        features = embedded(learner, normalised(images, images.pixels))
        logits = learner.logits(features).double()
        picked = logits.gather(2, images.labels.expand(len(logits), -1)[..., None])[..., 0]
        losses = (logits.logsumexp(2) - picked).mean(1)
        errors = (logits.argmax(2) != images.labels).double().mean(1)
        # An argmax of NaN would look like a guess.
        errors[~torch.isfinite(logits).all(dim=(1, 2))] = torch.nan
        return torch.stack([losses, errors]).cpu().numpy()


def arrays_of(learner: Learner, optimiser: Optimiser, curves: np.ndarray, step: int) -> Arrays:
    """The state as plain arrays; `restore` undoes it bit by bit."""
    own = {"curves": curves, "step": np.array(step)}
    return learner_arrays(learner) | optimiser_arrays(optimiser) | own


def restore(learner: Learner, optimiser: Optimiser, inner: Arrays) -> tuple[np.ndarray, int]:
    """Fill the learner and the optimiser in place; returns the curves and the step."""
    learner_restore(learner, inner)
    optimiser_restore(optimiser, inner)
    return inner["curves"], int(inner["step"])
