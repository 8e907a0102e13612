import numpy as np
import pytest

from pynoise import noise
from pynoise.errors import InputError, InputFileNotFoundError, InputTypeError, InputValueError
from pynoise.sweep import Grid
from pynoise.sweep.expand import expand
from pynoise.sweep.lines import line_of
from pynoise.sweep.trial import Trial

TEXT = """# What is asked.
[grid]
dataset = ["digits"]
method = ["knn", "analytic"]
noise = [
    "flip",
    "uniform",
]
level = "0:1:0.5"
seed = [0, 1]
K = [1, 11]

[train]
epochs = 3

[knn]
ties = "random"
"""


def trials(text):
    return expand(Grid.parse(text)).trials


def test_every_combination_is_a_trial():
    found = trials(TEXT)
    # A prediction has no seed: nothing of it is drawn.
    assert len(found) == 2 * 3 * 2 * 2 + 2 * 3 * 2
    assert len({trial.key for trial in found}) == len(found)
    assert {trial.level for trial in found} == {0.0, 0.5, 1.0}
    assert all(trial.settings == {"ties": "random"} for trial in found if trial.method == "knn")
    predicted = [trial for trial in found if trial.method == "analytic"]
    assert {trial.seed for trial in predicted} == {None}
    assert all(trial.settings == {"ties": "random", "model": "iid"} for trial in predicted)
    assert all(trial.network is None and trial.space == "inputs" for trial in found)


def test_what_has_no_part_is_left_out():
    text = TEXT.replace('"knn", "analytic"', '"cross-entropy", "knn"')
    text = text.replace("[grid]", '[grid]\nnetwork = ["mlp", "resnet20"]\nspace = ["inputs", "features"]')
    found = trials(text)
    networks = [trial for trial in found if trial.method == "cross-entropy"]
    assert len(networks) == 2 * 2 * 3 * 2
    assert all(trial.k is None and trial.space is None for trial in networks)
    assert all(trial.settings["train"]["epochs"] == 3 for trial in networks)
    votes = [trial for trial in found if trial.method == "knn"]
    assert len(votes) == (1 + 2) * 2 * 3 * 2 * 2
    assert {(trial.space, trial.network) for trial in votes} == {
        ("inputs", None),
        ("features", "mlp"),
        ("features", "resnet20"),
    }
    assert all(("clean" in trial.settings) == (trial.space == "features") for trial in votes)


def test_noise_that_is_placed_has_a_space():
    text = TEXT.replace('"knn", "analytic"', '"cross-entropy"').replace('"uniform"', '"hubness"')
    text = text.replace("[grid]", '[grid]\nspace = ["inputs", "features"]').replace("0:1:0.5", "0:0.4:0.2")
    found = trials(text)
    assert {(trial.noise, trial.space) for trial in found} == {
        ("flip", None),
        ("hubness", "inputs"),
        ("hubness", "features"),
    }


def test_matrices_that_are_drawn_have_seeds_for_predictions_too():
    found = trials(TEXT.replace('"uniform"', '"general"'))
    predicted = {(trial.noise, trial.seed) for trial in found if trial.method == "analytic"}
    assert predicted == {("flip", None), ("general", 0), ("general", 1)}


def test_at_level_0_any_noise_is_the_same_work():
    found = trials(TEXT.replace('"knn", "analytic"', '"cross-entropy"'))
    assert len(found) == 12
    assert len({trial.work for trial in found if trial.level == 0}) == 2  # a seed each
    assert len({trial.work for trial in found}) == 10


def test_a_method_has_its_own_settings_where_none_are_given():
    text = TEXT.replace('"knn", "analytic"', '"cross-entropy", "mixnn"')
    found = {trial.method: trial.settings["train"] for trial in trials(text)}
    assert found["mixnn"]["epochs"] == found["cross-entropy"]["epochs"] == 3
    assert found["mixnn"]["schedule"] == "cosine-restarts"
    assert found["cross-entropy"]["schedule"] == "cosine"


def test_labels_that_are_given_have_a_level_of_their_own(tmp_path, digits):
    noise.make(digits.y_train, "flip", 0.25, seed=3).save(tmp_path / "some.npz")
    found = trials(TEXT.replace('"uniform"', f'"{tmp_path}/some.npz"'))
    given = [trial for trial in found if trial.noise.endswith(".npz")]
    assert len(given) == 4  # K and the method
    assert {(trial.level, trial.seed) for trial in given} == {(None, None)}
    moved = tmp_path / "moved.npz"
    (tmp_path / "some.npz").rename(moved)
    again = trials(TEXT.replace('"uniform"', f'"{moved}"'))
    assert {trial.key for trial in again} == {trial.key for trial in found}
    noise.make(digits.y_train, "flip", 0.25, seed=4).save(moved)
    others = trials(TEXT.replace('"uniform"', f'"{moved}"'))
    assert {trial.key for trial in others} != {trial.key for trial in found}


def test_the_data_are_a_part_of_the_key(tmp_path, digits):
    def keys(labels):
        arrays = {"x_train": digits.x_train, "x_test": digits.x_test, "y_test": digits.y_test}
        np.savez(tmp_path / "own.npz", y_train=labels, **arrays)
        return {trial.key for trial in trials(TEXT.replace('"digits"', f'"{tmp_path}/own.npz"'))}

    other = digits.y_train.copy()
    other[0] = (other[0] + 1) % 10
    assert keys(digits.y_train) == keys(digits.y_train)
    assert not keys(digits.y_train) & keys(other)


def test_a_key_does_not_change():
    """It is in the files of everybody: another one runs everything again."""
    trial = Trial("digits", "d", "knn", None, "inputs", "flip", 0.1, 2**64 - 1, 51, {"ties": "first"})
    assert trial.key == "689030f88d3db092615b2c61237e597c"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seed = ", "sed = ", "g.toml, line 10: grid.sed: 'sed' is not known (did you mean 'seed'?)"),
        ("[train]", "[trian]", "g.toml, line 13: trian: 'trian' is not known (did you mean 'train'?)"),
        ("[0, 1]", "[0, -1]", "g.toml, line 10: grid.seed: -1 is too small"),
        ("[0, 1]", "[0, 0]", "g.toml, line 10: grid.seed: 0 is given twice"),
        ("[0, 1]", "[]", "g.toml, line 10: grid.seed: is empty"),
        ("[0, 1]", "7", "g.toml, line 10: grid.seed: 7 is no list; write [7]"),
        ("[0, 1]", '["a"]', "g.toml, line 10: grid.seed: 'a' is not a whole number"),
        ("[1, 11]", "[1, 20000]", "g.toml, line 11: grid.K: 20000 is too large"),
        ("[1, 11]", "[1, 2000]", "g.toml, line 11: grid.K: 2000 is too large; digits has 1297"),
        ('"0:1:0.5"', "[0, 1.5]", "g.toml, line 9: grid.level: 1.5 is outside"),
        ('"0:1:0.5"', '"0:1"', "g.toml, line 9: grid.level: '0:1' is not START:STOP:STEP"),
        ('"uniform"', "3", "g.toml, line 5: grid.noise: 3 is no name"),
        ('"uniform"', '"flap"', "g.toml, line 5: grid.noise: 'flap' is not known (did you mean 'flip'?)"),
        ('"uniform"', '"gone.npz"', "g.toml, line 5: grid.noise: there is no file 'gone.npz'"),
        (
            '"digits"',
            '"digit"',
            "g.toml, line 3: grid.dataset: 'digit' is not known (did you mean 'digits'?)",
        ),
        ('"digits"', '"gone.npz"', "g.toml, line 3: grid.dataset: "),
        (
            '"knn"',
            '"kn"',
            "g.toml, line 4: grid.method: 'kn' is not known (did you mean 'knet'?); known are knn, analytic,",
        ),
        ('"knn"', '"odd:q=1"', "g.toml, line 4: grid.method: odd:q=1: 'q' is not known"),
        ("[grid]", '[grid]\nspace = ["pixels"]', "g.toml, line 3: grid.space: 'pixels' is not known"),
        ('"random"', '"none"', "g.toml, line 17: knn.ties: 'none' is not known"),
        ("ties", "tie", "g.toml, line 17: knn.tie: 'tie' is not known (did you mean 'ties'?)"),
        ("[1, 11]", "[1, 11", "g.toml is no TOML: "),
        ("[grid]", "[[grid]]", "g.toml, line 2: grid: is no table"),
        ('"uniform"', '"a\\u0000.npz"', "g.toml, line 5: grid.noise: 'a\\x00.npz' cannot be read"),
        ('"uniform"', f'"{"n" * 5000}.npz"', "g.toml, line 5: grid.noise: 'nnn"),
        ("[0, 1]", '"0:90000:1"', "g.toml, line 2: grid: are 2,160,024 combinations"),
        ("K = [1, 11]", "K = " + "[" * 3000 + "]" * 3000, "g.toml has lists within lists"),
    ],
)
def test_mistakes_name_line_and_key(old, new, said):
    assert old in TEXT
    with pytest.raises(InputError) as caught:
        expand(Grid.parse(TEXT.replace(old, new, 1), "g.toml"))
    assert caught.value.argument == "grid"
    assert caught.value.problem.startswith(said), caught.value.problem


def test_one_setting_has_one_key():
    def keys(text):
        return {trial.key for trial in trials(text)}

    maps = ['"4:9,9:4"', '"9:4,4:9"', '"4:9, 9:4"']
    assert len({frozenset(keys(TEXT.replace('"uniform"', one))) for one in maps}) == 1
    trained = TEXT.replace('"knn", "analytic"', '"gce"')
    assert keys(trained) == keys(trained.replace('"gce"', '"gce:q=0.7"'))
    assert keys(trained) != keys(trained.replace('"gce"', '"gce:q=0.6"'))
    assert keys(TEXT.replace('"0:1:0.5"', "[0.0]")) == keys(TEXT.replace('"0:1:0.5"', "[-0.0]"))


def test_a_file_may_begin_with_a_mark(tmp_path):
    (tmp_path / "grid.toml").write_text("\ufeff" + TEXT)
    assert Grid.read(tmp_path / "grid.toml").K == (1, 11)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("epoch = 3", "g.toml, line 14: train.epoch: 'epoch' is not known (did you mean 'epochs'?)"),
        ("epochs = [1, 2]", "g.toml, line 14: train.epochs: [1, 2] is a list; lists stand in [grid]"),
        ("epochs = 0", "g.toml, line 14: train.epochs: 0 is too small"),
        ('recipe = "photo"', "g.toml, line 14: train.recipe: 'photo' is not known"),
        ('recipe = ["photo"]', "g.toml, line 14: train.recipe: ['photo'] is a list"),
        ('recipe = "imagenet"', "g.toml, line 14: train.recipe: goes with images read from files; digits is"),
        ('optimizer = "sdg"', "g.toml, line 14: train.optimizer: 'sdg' is not known (did you mean 'sgd'?)"),
    ],
)
def test_mistakes_in_settings_name_line_and_key(line, said):
    text = TEXT.replace('"knn"', '"cross-entropy"').replace("epochs = 3", line)
    with pytest.raises(InputError) as caught:
        expand(Grid.parse(text, "g.toml"))
    assert caught.value.problem.startswith(said), caught.value.problem


def test_networks_that_do_not_fit_the_data_are_refused():
    text = TEXT.replace('"knn"', '"cross-entropy"').replace("[grid]", '[grid]\nnetwork = ["resnet-2"]')
    with pytest.raises(InputValueError, match=r"line 3: grid\.network: 'resnet-2' is not known"):
        expand(Grid.parse(text, "g.toml"))


def test_the_model_fixed_refuses_noise_that_is_not_spread_evenly():
    text = TEXT.replace('"uniform"', '"hubness"').replace("ties =", 'model = "fixed"\nties =')
    with pytest.raises(InputValueError, match=r"line 17: knn\.model: 'fixed' has every subset"):
        expand(Grid.parse(text, "g.toml"))


def test_files_that_are_none(tmp_path):
    with pytest.raises(InputFileNotFoundError, match="there is no file"):
        Grid.read(tmp_path / "gone.toml")
    (tmp_path / "grid.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputValueError, match="no text in UTF-8"):
        Grid.read(tmp_path / "grid.toml")
    with pytest.raises(InputTypeError, match="not the path"):
        Grid.read(7)
    with pytest.raises(InputValueError, match=r"has no table \[grid\]"):
        Grid.parse("")


def test_a_grid_is_checked_in_python_too():
    with pytest.raises(InputValueError, match=r"^grid: grid\.level: 2\.0 is outside"):
        Grid(level=[2.0])
    assert Grid(seed=np.arange(3).tolist()).seed == (0, 1, 2)


def test_lines_of_keys():
    text = '[grid]\n"K" = [\n  1,\n]\nseed=[0]\n [ "train" ] # x\nK = 3\n'
    assert line_of(text, "grid", "K") == 2
    assert line_of(text, "grid", "seed") == 5
    assert line_of(text, "train", "") == 6
    assert line_of(text, "train", "K") == 7
    assert line_of(text, "train", "seed") is None
