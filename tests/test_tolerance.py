import json

import numpy as np
import pytest

import pynoise
from pynoise import data
from pynoise.curves import AccuracyCurve
from pynoise.curves.predict import Predicted
from pynoise.errors import InputTypeError, InputValueError


class Drawn:
    """A predictor that is any function of the level, the same for every K; counts what it is asked."""

    def __init__(self, function):
        self.function = function
        self.asked = []

    def work(self, k, levels):
        return levels

    def curve(self, k, levels, report=None):
        self.asked.extend(levels)
        return [Predicted(float(self.function(level))) for level in levels]


def drawn(function, levels=(0.0, 1.0)):
    predictor = Drawn(function)
    rows = [{"k": 7, "level": level, "analytic": function(level)} for level in levels]
    return AccuracyCurve(rows, {}, predictor), predictor


def only(curve, accuracy):
    ((key, k), (name, level)) = curve.tolerance(accuracy)[0].items()
    assert (key, k, name) == ("k", 7, "level")
    return level


def test_one_neighbour_of_ideal_data_stands_one_minus_the_accuracy():
    # Flip noise, K = 1: the accuracy is 1 - γ.
    curve = pynoise.accuracy_curve("ideal", 1, "flip", measure=False)
    for accuracy in (0.9, 0.55, 0.123, 0.0001):
        assert curve.tolerance(accuracy) == [{"k": 1, "level": pytest.approx(1 - accuracy, abs=1e-6)}]
    assert curve.tolerance(1)[0]["level"] == pytest.approx(0, abs=1e-6)
    assert curve.tolerance(0) == [{"k": 1, "level": 1.0}]


def test_three_neighbours_follow_the_cubic():
    curve = pynoise.accuracy_curve("ideal", [3, 1], "flip", [0.7], measure=False)
    three, one = curve.tolerance(0.784)  # 0.7³ + 3·0.7²·0.3
    assert (three["k"], one["k"]) == (3, 1)
    assert three["level"] == pytest.approx(0.3, abs=1e-6)
    assert one["level"] == pytest.approx(0.216, abs=1e-6)


def test_never_and_always():
    curve = pynoise.accuracy_curve("digits", [1, 51], "uniform", measure=False)
    assert [row["level"] for row in curve.tolerance(0.99)] == [None, None]
    never, late = curve.tolerance(0.05)
    assert never == {"k": 1, "level": 1.0}
    assert late == {"k": 51, "level": 1.0}
    first, second = (row["level"] for row in curve.tolerance(0.95))
    assert 0 < first < 0.1
    assert second is None


def test_the_level_found_is_where_the_curve_has_that_accuracy():
    levels = pynoise.accuracy_curve("digits", [1, 11, 51], "uniform", measure=False).tolerance(0.8)
    assert len(levels) == 3
    for row in levels:
        there = pynoise.accuracy_curve("digits", row["k"], "uniform", [row["level"]], measure=False)
        assert there.rows[0]["analytic"] == pytest.approx(0.8, abs=1e-5)


def test_of_several_falls_the_first_seen_counts():
    # Dips under 0.5 at 0.3, comes back at 0.4, falls for good at 0.8.
    curve, _ = drawn(lambda g: 0.9 if g < 0.3 or 0.4 < g < 0.8 else 0.2)
    assert only(curve, 0.5) == pytest.approx(0.3, abs=1e-6)


def test_a_dip_between_the_levels_is_seen_if_a_row_is_in_it():
    def dip(g):
        return 0.2 if 0.31 < g < 0.34 else 0.9

    assert only(drawn(dip)[0], 0.5) == 1.0
    assert only(drawn(dip, (0.0, 0.32))[0], 0.5) == pytest.approx(0.31, abs=1e-6)


def test_steps_are_found_too():
    # As where a level selects whole training examples: here 60,000.
    curve, predictor = drawn(lambda g: 1 - np.ceil(60_000 * g) / 60_000)
    level = only(curve, 0.77777)
    assert level == pytest.approx(0.22223, abs=1e-6 + 1 / 60_000)
    assert len(predictor.asked) < 80
    curve, _ = drawn(lambda g: 0.9 if g <= 0.123456 else 0.1)
    assert only(curve, 0.5) == pytest.approx(0.123456, abs=1e-6)


def test_what_the_rows_have_is_not_computed_anew():
    curve, predictor = drawn(lambda g: 1.0, [i / 20 for i in range(21)])
    assert only(curve, 0.5) == 1.0
    assert predictor.asked == []


def test_an_accuracy_of_one_bears_rounding():
    curve, _ = drawn(lambda g: 1 - 2e-16 if g <= 0.5 else 0.4)
    assert only(curve, 1) == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize(
    ("accuracy", "error", "message"),
    [
        (1.1, InputValueError, "accuracy: 1.1 is outside [0, 1]"),
        (-0.1, InputValueError, "accuracy: -0.1 is outside [0, 1]"),
        (float("nan"), InputValueError, "accuracy: nan is outside [0, 1]"),
        ("high", InputTypeError, "accuracy: 'high' is not a number within [0, 1]"),
        (None, InputTypeError, "accuracy: None is not a number within [0, 1]"),
    ],
)
def test_bad_accuracies(accuracy, error, message):
    with pytest.raises(error) as caught:
        drawn(lambda g: 1 - g)[0].tolerance(accuracy)
    assert str(caught.value) == message


def test_the_best_k_has_the_highest_analytic_accuracy():
    curve = pynoise.accuracy_curve("digits", [51, 1, 11], "flip", [0.0, 0.2, 0.4], measure=False)
    best = curve.best_k()
    assert [(row["level"], row["k"]) for row in best] == [(0.0, 1), (0.2, 11), (0.4, 51)]
    for row in best:
        assert row["analytic"] == max(r["analytic"] for r in curve.rows if r["level"] == row["level"])


def test_of_equal_k_the_smallest_is_best():
    # Of two labels drawn at random, or of two with one neighbour more, the same share is right.
    curve = pynoise.accuracy_curve(data.ideal(4), [2, 1], "flip", [0.1, 0.3], ties="random", measure=False)
    assert [row["k"] for row in curve.best_k()] == [1, 1]


COMMAND = ("curve", "--no-measure", "--dataset", "ideal", "--levels", "0,0.4")


def test_the_command_prints_both_tables(run):
    code, out, err = run(*COMMAND, "--K", "1,3", "--at-accuracy", 0.784)
    assert (code, err) == (0, "")
    assert out.endswith(
        "\naccuracy 0.784 holds up to\n"
        "    K  level γ\n"
        "    1   0.2160\n"
        "    3   0.3000\n"
        "\nbest K at each level\n"
        "level γ      K  analytic\n"
        "      0      1    1.0000\n"
        "    0.4      3    0.6480\n"
    )
    code, out, _ = run(*COMMAND, "--K", 1, "--at-accuracy", 0)
    assert out.endswith("\n    K  level γ\n    1   always\n")
    code, out, _ = run("curve", "--K", 51, "--levels", 0, "--no-measure", "--at-accuracy", 0.99)
    assert out.endswith("\n   51    never\n")


def test_json_has_them_only_when_asked(run, tmp_path):
    _, out, _ = run(*COMMAND, "--K", "1,3", "--json")
    assert list(json.loads(out)) == ["meta", "rows"]
    _, out, _ = run(*COMMAND, "--K", "1,3", "--json", "--at-accuracy", 0.784, "--out", "c.json")
    got = json.loads(out)
    curve = pynoise.accuracy_curve("ideal", [1, 3], levels=[0, 0.4], measure=False)
    assert got["tolerance"] == {"accuracy": 0.784, "levels": curve.tolerance(0.784)}
    assert got["best_k"] == curve.best_k()
    assert got["rows"] == curve.rows
    assert list(json.loads((tmp_path / "c.json").read_text())) == ["meta", "rows"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("1.5", "'--at-accuracy': 1.5 is outside [0, 1]"),
        ("nan", "'--at-accuracy': nan is outside [0, 1]"),
        ("high", "'--at-accuracy': 'high' is not a valid float"),
    ],
)
def test_the_command_refuses_bad_accuracies(run, value, message):
    code, out, err = run(*COMMAND, "--at-accuracy", value)
    assert (code, out) == (2, "")
    assert message in err
