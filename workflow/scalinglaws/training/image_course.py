"""Training on images: the same number of steps for every training set, cosine decay, augmentation.

Members see the heads of one training set. Minibatches are drawn with replacement from common
random numbers, so that every D costs the same, has full batches for BatchNorm and shares its draws
with the others; crops, flips and resampled noise are common too (Bahri et al., arXiv:2102.06701,
appendix A: everything but D is frozen while D is scanned).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from scalinglaws.networks.wide_resnet import in_order
from scalinglaws.training.groups import Arrays, Keep
from scalinglaws.training.learners import Learner
from scalinglaws.training.optimisers import optimiser_arrays, optimiser_of, optimiser_restore

CHUNK = 100  # steps between two offers to save the state; also the unit of the streams


@dataclass(frozen=True)
class Images:
    """`images` (n, channels, side, side) float32, `labels` (n,) int64, on the device."""

    images: Tensor
    labels: Tensor


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
    """Random numbers of one chunk: `order` (steps, batch) in [0, 1), `moves` for augmentation."""

    order: np.ndarray
    moves: np.ndarray | None
    noise: np.random.Generator


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
    sizes = torch.tensor(data_sizes, dtype=torch.float64)
    curves, step = np.empty((0, 2, len(data_sizes))), 0
    if inner:
        curves, step = restore(learner, optimiser, inner)
    padded = F.pad(pool.images, [course.crop] * 4).movedim(1, -1).contiguous()
    side = pool.images.shape[-1]
    for chunk in range(math.ceil(step / CHUNK), math.ceil(course.steps / CHUNK)):
        draws = drawn(course, chunk)
        for step in range(chunk * CHUNK, min((chunk + 1) * CHUNK, course.steps)):
            if step % course.evaluate_every == 0:
                curves = np.concatenate([curves, measured(learner, test)[None]])
            row = step % CHUNK
            chosen = (torch.tensor(draws.order[row]) * sizes[:, None]).long().to(padded.device)
            batch = augmented(padded, side, chosen, draws, row, course)
            cosine = 0.5 * (1 + math.cos(math.pi * step / course.steps))
            descend(learner, optimiser, batch, pool.labels[chosen], course.learning_rate * cosine)
        keep(arrays_of(learner, optimiser, curves, step + 1), (step + 1) / course.steps)
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


def head(images: Images, count: int) -> Images:
    return Images(images.images[:count], images.labels[:count])


def drawn(course: Course, chunk: int) -> Draws:
    order = course.stream(f"minibatches {chunk}").random((CHUNK, course.batch))
    moves = None
    if course.crop or course.flip:
        moves = course.stream(f"augmentation {chunk}").random((CHUNK, 3, course.batch))
    return Draws(order, moves, course.stream(f"noise {chunk}"))


def augmented(
    padded: Tensor, side: int, chosen: Tensor, draws: Draws, row: int, course: Course
) -> Tensor:
    """Images (members, batch, channels, side, side) as the networks see them at this step.

    - `padded`: the pool, channels last, with `crop` zeros around.
    """
    if draws.moves is None:
        images = padded[chosen].movedim(-1, 2)
    else:
        moves = torch.tensor(draws.moves[row], device=padded.device)
        shifts = (moves[:2] * (2 * course.crop + 1)).long()
        views = padded.unfold(1, side, 1).unfold(2, side, 1)
        images = views[chosen, shifts[0], shifts[1]]
        if course.flip:
            images = torch.where(moves[2, :, None, None, None] < 0.5, images, images.flip(-1))
    if course.noise:
        noise = draws.noise.standard_normal(images.shape[1:], dtype=np.float32)
        images = images + course.noise * torch.tensor(noise, device=images.device)
    return images


def optimiser_for(learner: Learner, course: Course) -> torch.optim.Optimizer:
    name = {"sgd": "nesterov"}.get(course.optimiser, course.optimiser)
    return optimiser_of(name, learner.parameters, course.learning_rate, course.weight_decay)


def descend(
    learner: Learner, optimiser: torch.optim.Optimizer, images: Tensor, labels: Tensor, rate: float
) -> None:
    gradients = learner.gradients(images, labels)
    for parameter, gradient in zip(learner.parameters, gradients, strict=True):
        parameter.grad = in_order(gradient)  # fused optimisers walk both memories at once
    optimiser.param_groups[0]["lr"] = rate
    optimiser.step()


def measured(learner: Learner, images: Images) -> np.ndarray:
    """(2, members): mean cross-entropy in nats and share of wrong labels; NaN once diverged."""
    with torch.no_grad():
        logits = learner.logits(learner.embedding(images.images)).double()
        picked = logits.gather(2, images.labels.expand(len(logits), -1)[..., None])[..., 0]
        losses = (logits.logsumexp(2) - picked).mean(1)
        errors = (logits.argmax(2) != images.labels).double().mean(1)
        # An argmax of NaN would look like a guess.
        errors[~torch.isfinite(logits).all(dim=(1, 2))] = torch.nan
        return torch.stack([losses, errors]).cpu().numpy()


def arrays_of(
    learner: Learner, optimiser: torch.optim.Optimizer, curves: np.ndarray, step: int
) -> Arrays:
    """The state as plain arrays; `restore` undoes it bit by bit."""
    state = {"curves": curves, "step": np.array(step)}
    for number, tensor in enumerate([*learner.parameters, *learner.statistics]):
        state[f"tensor_{number}"] = tensor.detach().cpu().numpy()
    return state | optimiser_arrays(optimiser, learner.parameters)


def restore(
    learner: Learner, optimiser: torch.optim.Optimizer, inner: Arrays
) -> tuple[np.ndarray, int]:
    """Fill the learner and the optimiser in place; returns the curves and the step."""
    with torch.no_grad():
        for number, tensor in enumerate([*learner.parameters, *learner.statistics]):
            tensor.copy_(torch.tensor(inner[f"tensor_{number}"]))
    optimiser_restore(optimiser, learner.parameters, inner)
    return inner["curves"], int(inner["step"])
