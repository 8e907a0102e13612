import json
import os
from fractions import Fraction

import numpy as np
import pytest
from reference import neighbors as twin
from reference.plurality import flip_closed_form

import pynoise
from pynoise import curves, data, knn, noise, seeds
from pynoise.errors import InputError, InputFileNotFoundError, InputTypeError, InputValueError

TIES = ("first", "strict", "random")


def small_data(n=120, m=40, classes=3, seed=0):
    """Overlapping classes in the plane."""
    rng = np.random.default_rng(seed)
    y = [rng.integers(0, classes, size).astype(np.int32) for size in (n, m)]
    x = [labels[:, None] + rng.normal(scale=0.6, size=(len(labels), 2)) for labels in y]
    return data.Dataset(x[0], y[0], x[1], y[1], tuple(map(str, range(classes))), "small")


@pytest.mark.parametrize("ties", TIES)
def test_rows_equal_the_parts_put_together_by_hand(ties):
    dataset, ks, levels = small_data(), [7, 1], [0.0, 0.35, 1.0]
    curve = pynoise.accuracy_curve(dataset, ks, "symmetric", levels, repeats=3, seed=9, ties=ties)
    assert [(row["k"], row["level"]) for row in curve.rows] == [(k, g) for k in ks for g in levels]
    indices, _ = twin.search(dataset.x_train, dataset.x_test, max(ks))
    p = noise.corruption_matrix("symmetric", 3)
    for row in curve.rows:
        assert tuple(row) == curves.COLUMNS
        level, k = row["level"], row["k"]
        clean = twin.label_histograms(indices, dataset.y_train, [k], 3)[0] / k
        q = (1 - level) * clean + level * clean @ p
        analytic = pynoise.plurality_accuracy(q, dataset.y_test, k, ties=ties).mean()
        assert row["analytic"] == pytest.approx(analytic, abs=1e-13)
        records = [
            noise.make(dataset.y_train, "symmetric", level, seed=seeds.split(9, "noise", r)) for r in range(3)
        ]
        measured = [twin.accuracy(indices, r.noisy, dataset.y_test, k, 3, ties) for r in records]
        assert row["measured"] == pytest.approx(np.mean(measured), abs=1e-13)
        assert row["measured_sd"] == pytest.approx(np.std(measured, ddof=1), abs=1e-13)
        assert row["difference"] == row["measured"] - row["analytic"]
        assert row["selected_fraction"] == records[0].selected_fraction
        assert row["realised_rate"] == pytest.approx(np.mean([r.realised_rate for r in records]), abs=1e-15)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("kind", ["flip", "uniform"])
def test_one_neighbour_gives_the_clean_accuracy_plus_the_hits_of_the_noise(kind, ties):
    digits = data.load("digits")
    curve = pynoise.accuracy_curve(digits, 1, kind, ties=ties, measure=False)
    indices, _ = knn.search(digits.x_train, digits.x_test, 1)
    nearest = digits.y_train[indices[:, 0]]
    right = np.mean(nearest == digits.y_test)
    hits = np.mean((nearest + 1) % 10 == digits.y_test) if kind == "flip" else 0.1
    assert len(curve.rows) == 21
    for row in curve.rows:
        want = (1 - row["level"]) * right + row["level"] * hits
        assert row["analytic"] == pytest.approx(want, abs=1e-9)


@pytest.mark.parametrize("k", [1, 10, 51, 101])
def test_ideal_data_under_flip_noise_follow_eq_16(k):
    curve = pynoise.accuracy_curve(data.ideal(4), k, "flip", ties="strict", measure=False)
    for step, row in enumerate(curve.rows):
        assert row["analytic"] == pytest.approx(float(flip_closed_form(Fraction(step, 20), k)), abs=1e-12)


def test_ideal_data_under_uniform_noise_follow_eq_15():
    curve = pynoise.accuracy_curve(data.ideal(10), 21, "uniform", [0.6], ties="strict", measure=False)
    q = np.full((1, 10), 0.06)
    q[0, 0] += 0.4
    want = pynoise.plurality_accuracy(q, [0], 21)[0]
    assert curve.rows[0]["analytic"] == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize("ties", TIES)
def test_the_measured_curve_agrees_with_the_analytic_one_on_ideal_data(ties):
    # Neighbours are of one class, so the only approximation is drawing labels with replacement.
    curve = pynoise.accuracy_curve(
        data.ideal(5), 11, "uniform", [0.0, 0.5, 0.8, 0.95], ties=ties, repeats=40, seed=1
    )
    for row in curve.rows:
        assert abs(row["difference"]) <= 4.5 * row["measured_sd"] / np.sqrt(40) + 1e-9


def test_mnist_measured_and_analytic_agree_within_0_01(data_root):
    mnist = data.load("mnist", data_root)
    for kind in ("flip", "uniform"):
        curve = pynoise.accuracy_curve(mnist, [1, 11, 51], kind)
        assert len(curve.rows) == 63
        assert max(abs(row["difference"]) for row in curve.rows) <= 0.01
        clean = curve.rows[0]["analytic"]
        hits = curve.rows[20]["analytic"]  # level 1: what the noise alone gets right
        for row in curve.rows[:21]:
            want = (1 - row["level"]) * clean + row["level"] * hits
            assert row["analytic"] == pytest.approx(want, abs=1e-9)


def test_results_do_not_depend_on_threads():
    one, two = (pynoise.accuracy_curve("digits", [1, 5], repeats=2, threads=n).rows for n in (1, 2))
    assert one == two


def test_noise_may_be_a_kind_a_map_a_matrix_or_a_file(tmp_path):
    dataset = small_data()
    matrix = noise.corruption_matrix("flip", 3, label_map={0: 1, 1: 2, 2: 0})
    np.save(tmp_path / "p.npy", matrix)
    want = pynoise.accuracy_curve(dataset, 5, "flip").rows
    for same in ({0: 1, 1: 2, 2: 0}, "0:1,1:2,2:0", matrix, matrix.tolist(), tmp_path / "p.npy"):
        assert pynoise.accuracy_curve(dataset, 5, same).rows == want
    assert pynoise.accuracy_curve(dataset, 5, str(tmp_path / "p.npy")).rows == want


def test_noisy_labels_give_the_one_point_at_their_level():
    dataset = small_data()
    record = noise.make(dataset.y_train, "uniform", 0.4, seed=3)
    curve = pynoise.accuracy_curve(dataset, [3, 9], record)
    indices, _ = twin.search(dataset.x_train, dataset.x_test, 9)
    for row in curve.rows:
        assert row["level"] == 0.4
        want = twin.accuracy(indices, record.noisy, dataset.y_test, row["k"], 3, "first")
        assert row["measured"] == pytest.approx(want, abs=1e-15)
        assert row["measured_sd"] is None
        assert row["realised_rate"] == record.realised_rate
    assert curve.meta["seed"] == 3


def test_what_was_not_measured_is_null():
    curve = pynoise.accuracy_curve(small_data(), 3, levels=[0.2], measure=False)
    row = json.loads(curve.to_json())["rows"][0]
    assert [key for key, value in row.items() if value is None] == [
        "measured",
        "measured_sd",
        "difference",
        "realised_rate",
    ]
    header, line = curve.to_csv().splitlines()
    assert header == ",".join(curves.COLUMNS)
    assert line.startswith("3,0.2,0.")
    assert line.count(",") == header.count(",")
    single = pynoise.accuracy_curve(small_data(), 3, levels=[0.2], repeats=1)
    assert single.rows[0]["measured"] is not None
    assert single.rows[0]["measured_sd"] is None


def test_files_hold_the_same_rows(tmp_path):
    curve = pynoise.accuracy_curve(small_data(), [1, 3], levels=[0, 0.5], repeats=2)
    names = ["C.PNG", "c.csv", "c.json", "c.pdf", "c.png", "c.svg"]
    for name in names:
        curve.save(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    saved = json.loads((tmp_path / "c.json").read_text())
    assert saved == {"meta": curve.meta, "rows": curve.rows}
    lines = (tmp_path / "c.csv").read_text().splitlines()
    assert len(lines) == 5
    for line, row in zip(lines[1:], curve.rows, strict=True):
        assert line == ",".join(str(value) for value in row.values())
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "c.svg").read_bytes()
    assert (tmp_path / "c.pdf").read_bytes().startswith(b"%PDF")
    # The same curve, the same picture.
    for name in ("c.svg", "c.pdf"):
        before = (tmp_path / name).read_bytes()
        assert b"Date" not in before
        curve.plot(tmp_path / name)
        assert (tmp_path / name).read_bytes() == before


def test_meta_says_how_the_curve_was_made():
    meta = pynoise.accuracy_curve(small_data(), 3, "uniform", [0.2], seed=4, repeats=2, threads=1).meta
    expected = {
        "data": "small",
        "train_examples": 120,
        "test_examples": 40,
        "classes": 3,
        "noise": "uniform",
        "ties": "first",
        "k": [3],
        "repeats": 2,
        "seed": 4,
    }
    assert expected.items() <= meta.items()
    assert meta["versions"]["pynoise"] == pynoise.__version__
    assert meta["hardware"]["threads"] == 1
    assert set(meta["seconds"]) == {"neighbours", "analytic", "measured"}


def test_the_picture_shows_a_line_and_points_for_each_k():
    curve = pynoise.accuracy_curve(small_data(), [1, 3], levels=[0, 0.5, 1], repeats=2)
    axes = curve.plot().axes[0]
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert texts == ["K = 1, analytic", "K = 3, analytic", "K = 1, measured", "K = 3, measured"]
    analytic = [row["analytic"] for row in curve.rows if row["k"] == 3]
    drawn = next(line for line in axes.lines if line.get_label() == "K = 3, analytic")
    assert drawn.get_ydata().tolist() == analytic


def test_progress_goes_through_three_phases():
    calls = []
    pynoise.accuracy_curve(small_data(), 3, repeats=2, progress=lambda *call: calls.append(call))
    assert list(dict.fromkeys(phase for phase, _, _ in calls)) == ["neighbours", "analytic", "measured"]
    for phase in ("neighbours", "analytic", "measured"):
        done = [(done, total) for name, done, total in calls if name == phase]
        assert done == sorted(done)
        assert done[-1][0] == done[-1][1]


def test_an_error_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "c.csv"
    path.write_text("old")
    curve = pynoise.accuracy_curve(small_data(), 3, levels=[0], measure=False)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        curve.to_csv(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_written_through(tmp_path):
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    curve = pynoise.accuracy_curve(small_data(), 3, levels=[0], measure=False)
    curve.to_csv(tmp_path / "link.csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == curve.to_csv()


def test_writing_keeps_permissions(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("old")
    path.chmod(0o600)
    pynoise.accuracy_curve(small_data(), 3, levels=[0], measure=False).save(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_places_that_cannot_be_written(tmp_path):
    curve = pynoise.accuracy_curve(small_data(), 3, levels=[0], measure=False)
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    (tmp_path / "dangling.csv").symlink_to(tmp_path / "no" / "such.csv")
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    for name in ("loop.csv", "dangling.csv", "folder.csv", "pipe.csv", "nul\0.csv", "x" * 300 + ".csv"):
        with pytest.raises(InputError, match=r"^path: '"):
            curve.save(tmp_path / name)
    with pytest.raises(InputTypeError, match="path: 3 is not the path of a file"):
        curve.save(3)


def test_names_are_text_in_the_picture(tmp_path):
    x, y = np.zeros((4, 1)), [0, 1, 0, 1]
    dataset = data.Dataset(x, y, x, y, name=r"a$\frac$b" + 40 * "c")
    curve = pynoise.accuracy_curve(dataset, 1, levels=[0.3])
    title = curve.plot(tmp_path / "c.svg").axes[0].get_title()
    assert title.startswith(r"a$\frac$bccc")
    assert "…" in title


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"data": 3}, InputTypeError, "data: is a int; give a name or a pynoise.data.Dataset"),
        ({"data": "digit"}, InputValueError, "data: 'digit' is not known (did you mean 'digits'?)"),
        ({"k": 0}, InputValueError, "k: 0 is too small"),
        (
            {"k": 121},
            InputValueError,
            "k: 121 is too large; give at most 120, the number of training examples",
        ),
        ({"k": [1, "a"]}, InputTypeError, "k: 'a' is not a whole number"),
        ({"k": "1,2"}, InputTypeError, "k: '1,2' is not a whole number"),
        (
            {"data": data.ideal(2, 10), "k": 11},
            InputValueError,
            "k: 11 is too large; give at most 10, the",
        ),
        ({"noise": None}, InputTypeError, "noise: None is no noise; give a kind, a label map or a matrix"),
        ({"noise": "flop"}, InputValueError, "noise: 'flop' is not known (did you mean 'flip'?)"),
        ({"noise": "matrix"}, InputValueError, "noise: 'matrix' needs one"),
        ({"noise": {0: 3}}, InputValueError, "label_map: 3 is too large"),
        ({"noise": "missing.npy"}, InputFileNotFoundError, "matrix: 'missing.npy' is not a file"),
        ({"noise": np.eye(2)}, InputValueError, "matrix: has 2 rows; the data have 3 classes"),
        (
            {"noise": noise.make([0, 1, 2], "flip", 0.1)},
            InputValueError,
            "noise: the flip noise of level 0.1 was made for other labels",
        ),
        ({"levels": [0, 1.2]}, InputValueError, "levels: 1.2 is outside [0, 1]"),
        ({"levels": [np.nan]}, InputValueError, "levels: nan is outside [0, 1]"),
        ({"levels": []}, InputValueError, "levels: give a sequence of at least one"),
        ({"levels": "a"}, InputTypeError, "levels: has dtype <U1; give real numbers"),
        ({"k": [2, 2]}, InputValueError, "k: 2 is given twice"),
        ({"repeats": 10**19}, InputValueError, "repeats: 10000000000000000000 is too large"),
        ({"data": small_data(classes=1)}, InputValueError, "data: has one class"),
        ({"repeats": 0}, InputValueError, "repeats: 0 is too small"),
        ({"seed": -1}, InputValueError, "seed: -1 is too small"),
        ({"ties": "last"}, InputValueError, "ties: 'last' is not known"),
        ({"threads": 0}, InputValueError, "threads: 0 is too small"),
    ],
)
def test_bad_arguments(changes, error, message):
    with pytest.raises(error) as caught:
        pynoise.accuracy_curve(**({"data": small_data(), "k": 3} | changes))
    assert str(caught.value).startswith(message)


def test_noisy_labels_must_be_of_this_data_set():
    dataset = small_data()
    record = noise.make(dataset.y_train, "flip", 0.1)
    with pytest.raises(InputValueError, match="levels: NoisyLabels have their own level"):
        pynoise.accuracy_curve(dataset, 3, record, [0.1])
    wider = noise.make(dataset.y_train, "flip", 0.1, num_classes=5)
    with pytest.raises(
        InputValueError, match=r"noise: the flip noise of level 0\.1 was made for 5 classes; small has 3"
    ):
        pynoise.accuracy_curve(dataset, 3, wider)
    with pytest.raises(InputValueError, match=r"'c\.jpg' must end in one of"):
        pynoise.accuracy_curve(dataset, 3, measure=False).save("c.jpg")
    with pytest.raises(InputFileNotFoundError, match="there is no folder"):
        pynoise.accuracy_curve(dataset, 3, measure=False).save("/no/such/folder/c.csv")
