"""The figure of losses of ODD: those of uniform labels, of others, and as they are modelled."""

import csv
import json
from statistics import fmean, stdev

import numpy as np
import pytest

from pynoise import paper, plots
from pynoise.errors import InputTypeError, InputValueError
from pynoise.noise import Suspects
from pynoise.plots.odd import Uniform
from pynoise.training import Run

QUICK = {
    "dataset": "digits",
    "network": "mlp",
    "threads": 1,
    "device": "cpu",
    "epochs": 6,
    "method_options": {"epoch": 3, "passes": 2, "draws": 500},
}

pytestmark = pytest.mark.usefixtures("one_thread")


def distance(one, other):
    """By definition: the largest difference of the shares that are not above x."""
    return max(abs(np.mean(one <= x) - np.mean(other <= x)) for x in np.concatenate([one, other]))


@pytest.fixture(scope="module")
def made(tmp_path_factory, one_thread):
    folder = tmp_path_factory.mktemp("odd") / "t"
    return paper.reproduce("odd-losses", folder, seeds=(0, 1), **QUICK), folder


def losses_of(folder, level, seed):
    run = Run.load(folder / f"digits-mlp-uniform-{level}-losses" / f"seed-{seed}")
    found = Suspects.load(run.path)
    selected = run.record.selected[found.index]
    return run, found.losses[selected], found.losses[~selected], found.modelled


def test_losses_of_the_digits(made):
    figure, folder = made
    assert [(row["level"], row["seed"]) for row in figure.rows] == [(0.2, 0), (0.2, 1), (0.4, 0), (0.4, 1)]
    for row in figure.rows:
        level, seed = row["level"], row["seed"]
        run, uniform, others, modelled = losses_of(folder, level, seed)
        assert (run.record.kind, run.record.level, run.config["method"]) == ("uniform", level, "odd")
        assert (run.config["settings"]["lr"], run.config["settings"]["validation"]) == (0.1, 0.1)
        assert (row["epoch"], row["uniform"], row["others"]) == (3, len(uniform), len(others))
        # All that are selected, not the wrong ones alone.
        assert len(uniform) == pytest.approx(level * 1167, rel=0.1)
        assert len(uniform) > (run.record.noisy != run.record.clean)[run.rows[0]].sum()
        for name, values in {"modelled": modelled, "uniform": uniform, "others": others}.items():
            quantiles = [row[f"{name}_q{share}"] for share in (10, 50, 90)]
            assert quantiles == pytest.approx(np.quantile(values, [0.1, 0.5, 0.9]).tolist())
        assert row["ks_modelled"] == pytest.approx(distance(uniform, modelled))
        assert row["ks_others"] == pytest.approx(distance(uniform, others))
        elsewhere = losses_of(folder, 0.4 if level == 0.2 else 0.2, seed)[1]
        assert row["ks_levels"] == pytest.approx(distance(uniform, elsewhere))
        assert row["ks_others"] > 0.5
        assert row["ks_others"] > row["ks_modelled"]
    assert figure.problem is None


def test_what_is_kept_and_said(made):
    figure, folder = made
    assert {one.name for one in folder.iterdir()} == {
        "digits-mlp-uniform-0.2-losses", "digits-mlp-uniform-0.4-losses", "figure.png", "table.csv",
        "table.json",
    }  # fmt: skip
    kept = json.loads((folder / "table.json").read_text())
    assert (kept["rows"], kept["meta"]) == (figure.rows, figure.meta)
    with (folder / "table.csv").open() as file:
        assert [float(line["ks_modelled"]) for line in csv.DictReader(file)] == [
            row["ks_modelled"] for row in figure.rows
        ]
    text = figure.text()
    for level in (0.2, 0.4):
        rows = [row for row in figure.rows if row["level"] == level]
        for key, words in {
            "ks_modelled": "of uniform labels to the modelled ones",
            "ks_others": "of uniform labels to other labels",
            "ks_levels": "of uniform labels to those at the other level",
        }.items():
            values = [row[key] for row in rows]
            assert f"\n{words}: {fmean(values):.4f} ± {stdev(values):.4f}\n" in text
        medians = [row["modelled_q50"] for row in rows]
        assert f"{fmean(medians):.4f} ± {stdev(medians):.4f}" in text
    assert "nothing is published to compare these with" in text
    assert "ODD: epoch 3, passes 2, draws 500." in text
    assert "after epoch 3 of 6 examples are left out whose loss is above the 0.2-quantile" in text
    assert all(line == line.rstrip() for line in text.splitlines())
    assert [block["level"] for block in figure.meta["blocks"]] == [0.2, 0.4]
    assert figure.meta["blocks"][0]["selected_fraction"] == pytest.approx(0.2, abs=0.001)


def test_the_picture_of_the_digits(made):
    figure, folder = made
    panels = figure.plot().axes
    assert [axes.get_title() for axes in panels] == [f"uniform noise of level {one}" for one in (0.2, 0.4)]
    for axes, level in zip(panels, (0.2, 0.4), strict=True):
        _, uniform, others, modelled = losses_of(folder, level, 0)  # of the first seed
        for part, values in zip(axes.patches, (others, uniform, modelled), strict=True):
            heights, edges, _ = part.get_data()
            counts = np.histogram(values, edges)[0]
            assert heights == pytest.approx(counts / len(values) / np.diff(edges))
        assert [part.get_label() for part in axes.patches] == [
            "other labels", "uniform labels", "uniform labels, modelled"
        ]  # fmt: skip
        looks = [(part.get_fill(), part.get_hatch()) for part in axes.patches]
        assert looks == [(True, None), (True, "/////"), (False, None)]
    one, other = panels
    assert (one.get_xlim(), one.get_ylim(), one.get_yscale()) == (
        other.get_xlim(), other.get_ylim(), other.get_yscale()
    )  # fmt: skip


def test_panels_have_one_axis():
    low, wide = np.full(200, 0.01, np.float32), np.linspace(0, 8, 200, dtype=np.float32)
    parts = [Uniform("a", wide[:50], low, wide), Uniform("b", wide, wide, wide)]
    panels = plots.odd_losses(parts, "$title").axes
    assert {axes.get_yscale() for axes in panels} == {"log"}
    assert len({axes.get_ylim() for axes in panels}) == 1
    plain = plots.odd_losses(parts[1:], "").axes
    assert plain[0].get_yscale() == "linear"


def test_none_is_selected(tmp_path):
    """Where the few that are selected are held out, there is nothing to compare."""
    given = QUICK | {"scale": 0.004, "batch_size": 2, "validation": 0.6, "method_options": {"p": 0.99}}
    figure = paper.reproduce("odd-losses", tmp_path / "t", **given)
    row = figure.rows[0]
    assert (row["uniform"], row["others"]) == (0, 2)
    assert [row[key] for key in ("uniform_q50", "ks_modelled", "ks_others", "ks_levels")] == [None] * 4
    assert row["modelled_q50"] > 0
    assert "of uniform labels to other labels: -" in figure.text()
    figure.plot()


def test_no_data_at_all(tmp_path):
    figure = paper.reproduce("odd-losses", tmp_path / "t", data_root=tmp_path)
    assert figure.rows == []
    assert figure.problem.startswith("data not found: ")
    assert {(block["dataset"], block["network"]) for block in figure.meta["blocks"]} == {
        ("cifar100", "resnet18")
    }
    assert figure.text().count("data not found") == 2
    assert sorted(one.name for one in (tmp_path / "t").iterdir()) == ["table.csv", "table.json"]


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"network": None}, InputValueError, "network: is missing; the figure has none for 'digits'"),
        ({"method_options": {"p": 2}}, InputValueError, "p: 2 is not within"),
        ({"method_options": {"quantile": 0.1}}, InputValueError, "'quantile'"),
        ({"epochs": "a"}, InputTypeError, "epochs: 'a' is not a whole number"),
    ],
)
def test_arguments_out_of_range_are_named(tmp_path, given, error, words):
    with pytest.raises(error, match=words):
        paper.reproduce("odd-losses", tmp_path / "t", **QUICK | given)
    assert list(tmp_path.iterdir()) == []


def test_is_among_the_recipes():
    assert "odd-losses" in dict(paper.RECIPES)
