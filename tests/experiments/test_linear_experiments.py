import numpy as np
import pytest

from interruption import resumed_after_reports, same_bytes
from planned_blocks import cut
from scalinglaws.config import read_scale
from scalinglaws.data.dataset import Dataset
from scalinglaws.errors import InputError
from scalinglaws.experiments.linear import run_images as image_features
from scalinglaws.experiments.linear import run_sgd as linear_sgd
from scalinglaws.experiments.linear import run_theory as linear_theory
from scalinglaws.experiments.linear.settings import GaussianDescent
from scalinglaws.records import as_record
from scalinglaws.theory.linear import finite_size_error
from scalinglaws.training import linear_descent
from scalinglaws.training.session import Session

SETTINGS = {
    "dimension": 32,
    "beta": 1.0,
    "eta": 0.1,
    "sigma_j": 0.1,
    "alpha_min": 0.1,
    "alpha_max": 600.0,
    "points": 15,
    "trainable": [4, 32],
    "first_seed": 0,
    "seeds": 2,
    "seed": 5,
}
OF_BLOCKS = ("first_seed", "seeds", "seed")
IMAGES = {
    **{key: SETTINGS[key] for key in ("eta", "sigma_j", "alpha_min", "points", *OF_BLOCKS)},
    "dataset": "mnist5k",
    "pool": 2,
    "inputs": ["images", "gaussian"],
    "trainable": [4, 16],
    "alpha_max": 700.0,
}
FEATURES, IMAGE_SIZES = (
    {key: settings[key] for key in settings if key not in OF_BLOCKS}
    | {"seeds": 2, "seeds_per_block": 1}
    for settings in (SETTINGS, IMAGES)
)
SIZES = {key: FEATURES[key] for key in FEATURES if key != "trainable"}
GAUSSIAN_PLANS = [("linear_sgd", SIZES), ("feature_scaling", FEATURES)]


@pytest.fixture(scope="module")
def data():
    """80 images of 8 x 8 pixels, neighbours alike, with a border that never changes."""
    generator = np.random.default_rng(1)
    smooth = np.cumsum(generator.standard_normal((80, 8, 8)), axis=2)
    images = np.clip(128 + 20 * smooth, 0, 255).astype(np.uint8)
    images[:, :2] = 0
    labels = np.zeros(80, dtype=np.int64)
    return {"mnist5k": Dataset("mnist5k", images, labels, images[:5], labels[:5], {})}


def curves(table, **chosen):
    rows = table["quantity"] == "eps_g"
    for name, value in chosen.items():
        rows &= table[name] == value
    return table["value"][rows]


def test_compiled_sgd_equals_a_plain_loop():
    generator = np.random.default_rng(2)
    errors, scale = generator.standard_normal((2, 9)), generator.uniform(0.1, 0.5, 9)
    trainable, examples = np.array([4, 9]), generator.standard_normal((50, 9)).astype(np.float32)
    expected = errors.copy()
    for row in examples.astype(np.float64):
        inputs = scale * row
        for member, count in enumerate(trainable):
            step = 0.3 * (expected[member] @ inputs)
            expected[member, :count] -= step * inputs[:count]
    linear_descent.learn(errors, trainable, scale, examples, 0.3)
    np.testing.assert_allclose(errors, expected, rtol=1e-10)


def test_simulations_average_to_the_exact_mean_of_their_starts():
    settings = {**SETTINGS, "alpha_max": 3.0, "seeds": 400, "trainable": [32]}
    table = linear_sgd.run(settings, {}, Session())
    simulated = curves(table).reshape(400, -1)
    squares = table["value"][table["quantity"] == "start_square"].reshape(400, -1)
    shares = table["value"][table["quantity"] == "variance"][:32] / 32
    steps = linear_sgd.course_of(as_record(GaussianDescent, settings), 32).steps
    exact = np.array([finite_size_error(shares, start, steps, 0.1) for start in squares])
    mean = np.mean(simulated / exact, axis=0)
    error = np.std(simulated / exact, axis=0) / np.sqrt(400)
    assert np.all(np.abs(mean - 1) < 5 * error)
    assert np.all(error < 0.05)


def test_directions_that_do_not_learn_set_the_floor():
    table = linear_sgd.run(SETTINGS, {}, Session())
    for seed in (0, 1):
        rows = table["seed"] == seed
        squares = table["value"][rows & (table["quantity"] == "start_square")]
        variances = table["value"][rows & (table["quantity"] == "variance")]
        floor = variances[4:] @ squares[4:] / 64
        few, full = (curves(table, seed=seed, n_trainable=count) for count in (4, 32))
        assert floor < few.min() < 1.3 * floor
        assert full[-1] < 0.1 * floor


@pytest.mark.parametrize("reports", [1, 2, 4])
@pytest.mark.parametrize(("module", "settings"), [(linear_sgd, SETTINGS), (image_features, IMAGES)])
def test_resumed_run_is_byte_identical(tmp_path, data, module, settings, reports):
    whole = module.run(settings, data, Session())
    resumed = resumed_after_reports(
        lambda session: module.run(settings, data, session), tmp_path, reports
    )
    assert same_bytes(resumed, whole)


def test_member_depends_neither_on_its_block_nor_on_the_other_members():
    whole = linear_sgd.run(SETTINGS, {}, Session())
    settings = {**SETTINGS, "first_seed": 1, "seeds": 1, "trainable": [32]}
    alone = linear_sgd.run(settings, {}, Session())
    expected = curves(whole, seed=1, n_trainable=32)
    assert curves(alone).tobytes() == expected.tobytes()


def test_diverged_member_is_nan_and_keeps_its_rows():
    table = linear_sgd.run({**SETTINGS, "eta": 1e200, "alpha_max": 2.0}, {}, Session())
    assert np.all(np.isnan(curves(table).reshape(4, -1)[:, -1]))
    assert len(curves(table)) == 4 * SETTINGS["points"]


def test_image_coordinates_have_the_stated_variances_and_no_correlation(data):
    pixels = image_features.grey_pixels(data["mnist5k"].train_images, 2)
    shares, coordinates = image_features.principal_coordinates(pixels)
    covariance = coordinates.astype(float).T @ coordinates / len(coordinates)
    np.testing.assert_allclose(covariance, np.diag(shares), atol=1e-6)
    assert shares.sum() == pytest.approx(1.0)
    assert np.all(np.diff(shares) <= 0)
    assert shares[-1] < 1e-12  # the border does not vary


def test_colour_images_become_grey():
    images = np.zeros((2, 4, 4, 3), dtype=np.uint8)
    images[0, ..., 1] = 255
    images[1] = 255
    grey = image_features.grey_pixels(images, 2)
    np.testing.assert_allclose(grey, np.repeat([[0.587], [1.0]], 4, axis=1), rtol=1e-6)


def test_drawn_images_train_like_gaussian_inputs_of_their_covariance(data):
    table = image_features.run({**IMAGES, "alpha_max": 2000.0}, data, Session())
    drawn, gaussian = (curves(table, inputs=kind, n_trainable=4) for kind in IMAGES["inputs"])
    assert drawn.tobytes() != gaussian.tobytes()
    ends = drawn.reshape(2, -1)[:, -1], gaussian.reshape(2, -1)[:, -1]
    np.testing.assert_allclose(*ends, rtol=0.2)


def test_learning_rate_beyond_the_images_critical_rate_is_refused(data):
    with pytest.raises(InputError, match=r"image_features\.eta is 1\.9.*diverges"):
        image_features.run({**IMAGES, "eta": 1.9}, data, Session())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"beta": 0.0}, "beta is 0"),
        ({"beta": -0.5}, "beta is -0.5"),
        ({"sigma_j": -1.0}, "sigma_j is -1"),
        ({"alpha_max": 0.01}, "alpha_max is 0.01"),
        ({"eta": 1.2}, r"eta is 1\.2; expected less than 0\.9903.*diverges"),
    ],
)
@pytest.mark.parametrize(("experiment", "sizes"), GAUSSIAN_PLANS)
def test_impossible_sizes_are_refused_when_planning(experiment, sizes, change, named):
    with pytest.raises(InputError, match=named):
        cut(experiment, {**sizes, **change})


@pytest.mark.parametrize("trainable", [[33], [0, 4], [4, 4], []])
def test_more_trainable_directions_than_inputs_are_refused_when_planning(trainable):
    with pytest.raises(InputError, match="between 1 and the dimension 32"):
        cut("feature_scaling", {**FEATURES, "trainable": trainable})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"trainable": [197]}, "dimension 196"),
        ({"pool": 5}, "pool is 5"),
        ({"eta": 0.7}, "eta is 0.7; expected less than 2/3"),
        ({"dataset": "imagenet"}, "dataset is 'imagenet'"),
    ],
)
def test_impossible_image_sizes_are_refused_when_planning(change, named):
    with pytest.raises(InputError, match=named):
        cut("image_features", {**IMAGE_SIZES, **change})


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("any_eta", {"eta": 1.01}, r"any_eta\.eta is 1\.01"),
        ("scaling", {"eta": 2.0}, r"scaling\.eta is 2\.0; expected less than 2"),
        ("scaling", {"beta": 0.0}, "beta is 0"),
        ("law", {"window": [0.0, 0.03]}, "window is"),
    ],
)
def test_impossible_theory_sizes_are_refused_when_planning(key, value, named):
    sizes = read_scale("quick")["worschech2024"]["linear_theory"]
    with pytest.raises(InputError, match=named):
        cut("linear_theory", {**sizes, key: {**sizes[key], **value}})


def test_tails_need_no_more_directions_than_there_are():
    sizes = read_scale("quick")["worschech2024"]["linear_theory"]
    with pytest.raises(InputError, match="between 1 and the dimension 256"):
        cut("linear_theory", {**sizes, "tail_trainable": [8, 257]})


@pytest.mark.parametrize("scale", ["quick", "laptop", "workstation", "paper"])
def test_every_scale_can_be_planned_and_theory_is_that_of_the_simulation(scale):
    sizes = read_scale(scale)["worschech2024"]
    for name in ("linear_theory", "linear_sgd", "feature_scaling", "image_features"):
        assert cut(name, sizes[name])
    drawn, simulated = sizes["linear_theory"]["scaling"], sizes["linear_sgd"]
    keys = ("dimension", "beta", "eta", "sigma_j")
    assert {key: drawn[key] for key in keys} == {key: simulated[key] for key in keys}


@pytest.mark.parametrize(
    ("experiment", "sizes"), [*GAUSSIAN_PLANS, ("image_features", IMAGE_SIZES)]
)
def test_blocks_share_out_every_seed_once(experiment, sizes):
    blocks = cut(experiment, sizes)
    held = [(block.settings["first_seed"], block.settings["seeds"]) for block in blocks]
    assert held == [(0, 1), (1, 1)]
    kinds = len(sizes.get("inputs", "."))
    assert sum(block.members for block in blocks) == 2 * kinds * len(sizes.get("trainable", "."))


def test_theory_block_counts_its_members():
    sizes = read_scale("quick")["worschech2024"]["linear_theory"]
    small = {**sizes, "law_levels": 64, "gamma_levels": 32, "tail_dimensions": [64, 128]}
    (block,) = cut("linear_theory", small)
    table = linear_theory.run(block.settings, {}, Session())
    assert len(set(table["member"])) == block.members
    assert np.all(np.isfinite(table["value"]))
