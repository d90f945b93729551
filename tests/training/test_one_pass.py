import numpy as np

from scalinglaws.training.one_pass import Pace, learn_chunk, observation_steps

PACE = Pace(chunk=70, slab=32)  # a chunk ends within a slab


class Recorder:
    """Numbers the examples of one chunk and remembers what was learned and observed."""

    def __init__(self, chunk, learned, observed):
        self.next, self.learned, self.observed = chunk * PACE.chunk, learned, observed

    def draw(self):
        self.first, self.next = self.next, self.next + PACE.slab

    def learn(self, part):
        self.learned.extend(range(self.first + part.start, self.first + part.stop))

    def observe(self, point):
        self.observed.append((point, len(self.learned)))


def test_points_are_observed_after_exactly_their_number_of_examples():
    steps = np.array([1, 2, 32, 33, 70, 71, 140, 171])
    learned, observed = [], []
    for chunk in range(PACE.chunks(steps)):
        to = Recorder(chunk, learned, observed)
        learn_chunk(PACE, chunk, steps, to.draw, to.learn, to.observe)
    assert learned == list(range(171))
    assert observed == list(enumerate(steps))


def test_observation_steps_are_all_different_however_early_they_begin():
    steps = observation_steps(dimension=64, alpha_min=0.001, alpha_max=300.0, points=60)
    assert len(steps) == 60
    assert steps[0] >= 1
    assert np.all(np.diff(steps) >= 1)
