import csv
import json
import re

import numpy as np
import pytest
from scipy import stats

import pynoise
from pynoise import curves, data, noise
from pynoise.curves.kfit import family
from pynoise.curves.profile import Profile, ladder
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError

LEVELS = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]


def small_data(n=150, m=40, classes=3, seed=0):
    """Overlapping classes in the plane."""
    rng = np.random.default_rng(seed)
    y = [rng.integers(0, classes, size).astype(np.int32) for size in (n, m)]
    x = [labels[:, None] + rng.normal(scale=0.4, size=(len(labels), 2)) for labels in y]
    return data.Dataset(x[0], y[0], x[1], y[1], tuple(map(str, range(classes))), "small")


def analytic(dataset, k, kind="flip", levels=LEVELS, ties="first"):
    rows = pynoise.accuracy_curve(dataset, k, kind, levels, ties=ties, measure=False).rows
    return np.array([row["analytic"] for row in rows])


@pytest.mark.parametrize("ties", ["first", "strict", "random"])
@pytest.mark.parametrize("kind", ["flip", "uniform"])
@pytest.mark.parametrize("k", [1, 3, 8, 29, 100, 150])
def test_the_k_of_an_analytic_curve_is_found_exactly(k, kind, ties):
    dataset = small_data()
    fit = pynoise.fit_k(LEVELS, analytic(dataset, k, kind, ties=ties), dataset, kind, ties=ties)
    assert fit.k == k
    assert fit.rms < 1e-12
    assert fit.interval[0] <= k <= fit.interval[1]
    assert fit.at_edge == (k in (1, 150))
    assert {1, 2, 149, 150} <= set(fit.ks)


def test_the_k_of_a_curve_of_fixed_neighbours_is_found():
    dataset = small_data()
    rows = pynoise.accuracy_curve(dataset, 21, "flip", LEVELS, model="fixed", measure=False).rows
    accuracy = [row["analytic"] for row in rows]
    fixed = pynoise.fit_k(LEVELS, accuracy, dataset, ks=[11, 19, 21, 23, 31], model="fixed")
    assert fixed.k == 21
    assert fixed.rms < 1e-12
    assert fixed.meta["model"] == "fixed"
    assert pynoise.fit_k(LEVELS, accuracy, dataset, ks=range(9, 35)).rms > 1e-4


def test_with_errors_the_interval_holds_the_k():
    dataset = small_data()
    rng = np.random.default_rng(3)
    levels = LEVELS * 3
    accuracy = np.clip(np.tile(analytic(dataset, 25), 3) + rng.normal(scale=0.02, size=len(levels)), 0, 1)
    fit = pynoise.fit_k(levels, accuracy, dataset)
    first, last = fit.interval
    assert 5 < first <= 25 <= last < 100
    assert first < fit.k < last
    assert not fit.at_edge
    assert 0.01 < fit.rms < 0.03


def test_the_best_k_and_its_interval_are_those_of_every_k():
    dataset = small_data()
    rng = np.random.default_rng(4)
    accuracy = np.clip(analytic(dataset, 40) + rng.normal(scale=0.02, size=len(LEVELS)), 0, 1)
    fit = pynoise.fit_k(LEVELS, accuracy, dataset)
    every = pynoise.fit_k(LEVELS, accuracy, dataset, ks=range(1, 151))
    assert every.ks == list(range(1, 151))
    assert fit.k == every.k
    assert len(fit.ks) < 80
    both = dict(zip(every.ks, every.rss, strict=True))
    assert fit.rss == [both[k] for k in fit.ks]
    n = len(LEVELS)
    limit = both[fit.k] * (1 + stats.f.ppf(0.95, 1, n - 1) / (n - 1))
    inside = [k for k in every.ks if both[k] <= limit]
    assert every.interval == (inside[0], inside[-1])
    # The ends are searched among K of the best's parity.
    assert abs(fit.interval[0] - inside[0]) <= 1
    assert abs(fit.interval[1] - inside[-1]) <= 1


def test_what_is_reported_follows_from_the_rows():
    dataset = small_data()
    accuracy = analytic(dataset, 9) + np.array([-0.01, -0.02, 0, 0.03, 0, -0.05, 0.01])
    fit = pynoise.fit_k(LEVELS, accuracy, dataset, "flip", ks=[21, 9])
    assert fit.k == 9
    assert fit.ks == [9, 21]
    assert [row["level"] for row in fit.rows] == LEVELS
    assert [row["accuracy"] for row in fit.rows] == accuracy.tolist()
    residuals = np.array([row["residual"] for row in fit.rows])
    assert residuals == pytest.approx(accuracy - analytic(dataset, 9), abs=1e-15)
    assert fit.rss[0] == pytest.approx(residuals @ residuals, abs=1e-15)
    assert fit.rss[1] == pytest.approx(np.sum((accuracy - analytic(dataset, 21)) ** 2), abs=1e-15)
    assert fit.rms == pytest.approx(np.sqrt(np.mean(residuals**2)), abs=1e-15)
    assert fit.largest == fit.rows[5]
    assert fit.meta["noise"] == "flip"
    assert fit.meta["candidates"] == "given"
    assert fit.meta["hardware"]["cores"] >= 1


def test_the_edge_is_told():
    dataset = small_data()
    accuracy = analytic(dataset, 25)
    for ks, k in (([1, 5, 9], 9), ([51, 101], 51), ([25], 25)):
        fit = pynoise.fit_k(LEVELS, accuracy, dataset, ks=ks)
        assert fit.k == k
        assert fit.at_edge
    assert not pynoise.fit_k(LEVELS, accuracy, dataset, ks=[9, 25, 51]).at_edge
    # Less resistant than any K.
    assert pynoise.fit_k([0.1, 0.3], [0.5, 0.2], "ideal").k == 1


def test_two_points_and_a_level_given_twice_are_enough():
    dataset = small_data()
    accuracy = analytic(dataset, 12, levels=[0.4, 0.2])
    assert pynoise.fit_k([0.4, 0.2], accuracy, dataset).k == 12
    fit = pynoise.fit_k([0.4, 0.4], [accuracy[0]] * 2, dataset)
    assert fit.rms < 1e-12
    assert [row["level"] for row in fit.rows] == [0.4, 0.4]


def test_of_equal_k_the_smallest_is_the_best():
    # Without noise, ideal data are right with any K.
    fit = pynoise.fit_k([0.0, 0.0], [1.0, 1.0], "ideal")
    assert fit.k == 1
    assert fit.interval == (1, fit.ks[-1])
    assert fit.at_edge


def test_data_and_noise_are_those_of_a_curve(tmp_path):
    dataset = small_data()
    accuracy = analytic(dataset, 7)
    record = noise.make(dataset.y_train, "flip", 0.3)
    matrix = noise.corruption_matrix("flip", 3)
    np.savetxt(tmp_path / "p.csv", matrix, delimiter=",")
    for same in ({0: 1, 1: 2, 2: 0}, matrix, record, tmp_path / "p.csv"):
        assert pynoise.fit_k(LEVELS, accuracy, dataset, same, ks=[7, 9]).rms < 1e-12


def test_one_search_serves_all_k_and_threads_change_nothing(monkeypatch):
    dataset, searched = small_data(), []
    search = pynoise.knn.search

    def counted(*arguments, **options):
        searched.append(arguments[2])
        return search(*arguments, **options)

    monkeypatch.setattr("pynoise.knn.search", counted)
    accuracy = analytic(dataset, 30)
    searched.clear()
    one, two = (pynoise.fit_k(LEVELS, accuracy, dataset, threads=n) for n in (1, 2))
    assert searched == [150, 150]
    assert (one.ks, one.rss, one.rows) == (two.ks, two.rss, two.rows)


def test_progress_goes_through_three_phases():
    dataset, calls = small_data(), []
    accuracy = analytic(dataset, 30)
    pynoise.fit_k(LEVELS, accuracy, dataset, progress=lambda *call: calls.append(call))
    phases = ["neighbours", "candidates", "refined"]
    assert list(dict.fromkeys(phase for phase, _, _ in calls)) == phases
    for phase in phases:
        done = [(done, total) for name, done, total in calls if name == phase]
        assert done == sorted(done)
        assert len({total for _, total in done}) == 1
        assert done[-1][0] == done[-1][1]


@pytest.mark.parametrize("most", [1, 2, 3, 7, 1001])
def test_the_ladder_has_both_ends_and_both_parities_on_each_rung(most):
    rungs = ladder(most)
    assert rungs == sorted(set(rungs))
    assert (rungs[0], rungs[-1]) == (1, most)
    assert {k % 2 for k in rungs} == ({1} if most == 1 else {0, 1})
    assert len(rungs) < 40


@pytest.mark.parametrize("valley", [1, 2, 90, 317, 1000, 1001])
def test_the_search_finds_the_bottom_of_a_valley(valley):
    # Even K fit worse by a constant, as where ties are lost.
    target = np.array([0.0, 0.0])

    def curve(k):
        return np.array([np.log(k / valley) / 10, 0.01 * (k % 2 != valley % 2)])

    profile = Profile(target, curve, 0.95)
    for k in ladder(1001):
        profile.rss(k)
    valleys = profile.valleys()
    assert len(valleys) == 2
    steps = list(profile.refine(valleys))
    assert profile.best() == valley
    assert len(steps) <= 4 * (1001).bit_length()
    assert len(steps) == len(set(steps))


def test_a_deeper_valley_is_found_beside_a_broad_one():
    # From the ladder the one at 10 looks deeper: the one at 150 is narrow, and no rung is near it.
    def curve(k):
        return np.array([min(0.01 + abs(np.log(k / 10)) / 10, abs(np.log(k / 150))), 0])

    profile = Profile(np.zeros(2), curve, 0.95)
    for k in ladder(1001):
        profile.rss(k)
    assert profile.best() < 20
    assert list(profile.refine(profile.valleys()))
    assert profile.best() == 150


def test_the_family_of_the_picture():
    ks = [*range(1, 60), 80, 120, 400]
    assert family(24, (20, 30), ks) == [6, 12, 20, 24, 30, 48, 80]
    assert family(3, (2, 3), [1, 2, 3, 4, 5, 6, 7]) == [1, 2, 3, 7]
    assert family(1, (1, 1), [1]) == [1]
    assert len(family(400, (120, 400), ks)) <= 7


def test_files_hold_the_same(tmp_path):
    dataset = small_data()
    fit = pynoise.fit_k(LEVELS, analytic(dataset, 7), dataset, ks=[5, 7, 9])
    for name in ("f.csv", "f.json", "f.png", "f.svg"):
        fit.save(tmp_path / name)
    saved = json.loads((tmp_path / "f.json").read_text())
    assert saved["rows"] == fit.rows
    assert saved["meta"] == fit.meta
    assert saved["k"] == 7
    assert tuple(saved["interval"]) == fit.interval
    assert saved["at_edge"] is False
    assert saved["rms"] == fit.rms
    assert saved["largest"] == fit.largest
    assert (saved["ks"], saved["rss"]) == (fit.ks, fit.rss)
    with (tmp_path / "f.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert tuple(lines[0]) == curves.FIT_COLUMNS
    assert [{key: float(value) for key, value in line.items()} for line in lines] == fit.rows
    # What was written can be fitted again.
    levels, accuracy = curves.load_measured(tmp_path / "f.csv")
    assert levels.tolist() == LEVELS
    assert accuracy.tolist() == [row["accuracy"] for row in fit.rows]
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    before = (tmp_path / "f.svg").read_bytes()
    fit.plot(tmp_path / "f.svg")
    assert (tmp_path / "f.svg").read_bytes() == before
    with pytest.raises(InputValueError, match=r"'f\.jpg' must end in one of"):
        fit.save("f.jpg")


def test_the_picture_has_the_measured_points_over_the_curves():
    dataset = small_data()
    accuracy = np.clip(analytic(dataset, 7) + 0.02, 0, 1)
    fit = pynoise.fit_k(LEVELS, accuracy, dataset, ks=[1, 3, 5, 7, 9, 15, 31])
    axes = fit.plot().axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    measured = lines.pop("measured")
    assert list(measured.get_xdata()) == LEVELS
    assert list(measured.get_ydata()) == accuracy.tolist()
    assert measured.get_zorder() > max(line.get_zorder() for line in lines.values())
    best = lines.pop(f"K = {fit.k}, best")
    assert best.get_linewidth() > max(line.get_linewidth() for line in lines.values())
    assert len(best.get_xdata()) == len({i / 40 for i in range(41)} | set(LEVELS))
    at = dict(zip(best.get_xdata(), best.get_ydata(), strict=True))
    assert [at[row["level"]] for row in fit.rows] == pytest.approx([row["analytic"] for row in fit.rows])
    assert len(lines) >= 4
    assert axes.get_title() == "small: which K, under flip noise"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"levels": [0.1]}, InputValueError, "levels: has shape (1,); give a sequence of at least 2"),
        ({"levels": 0.1}, InputValueError, "levels: has shape (); give a sequence of at least 2"),
        ({"levels": [[0, 1]]}, InputValueError, "levels: has shape (1, 2)"),
        ({"levels": [0, 1.5]}, InputValueError, "levels: 1.5 at position 1 is outside [0, 1]"),
        ({"levels": [np.nan, 0]}, InputValueError, "levels: nan at position 0 is outside [0, 1]"),
        ({"levels": ["a", "b"]}, InputTypeError, "levels: has dtype <U1; give real numbers"),
        ({"accuracy": [0.5, 97.0]}, InputValueError, "accuracy: 97.0 at position 1 is outside [0, 1]"),
        ({"accuracy": [1, 1, 1]}, InputValueError, "accuracy: has 3 values for 2 levels; give one a level"),
        ({"accuracy": []}, InputValueError, "accuracy: has shape (0,)"),
        ({"ks": [0]}, InputValueError, "ks: 0 is too small; give at least 1"),
        ({"ks": [151]}, InputValueError, "ks: 151 is too large; give at most 150, the number of training"),
        ({"ks": []}, InputValueError, "ks: is empty; give at least one K"),
        ({"ks": [3, 3]}, InputValueError, "ks: 3 is given twice"),
        ({"ks": "3"}, InputTypeError, "ks: '3' is not a whole number"),
        ({"data": data.ideal(2, 10), "ks": [11]}, InputValueError, "ks: 11 is too large; give at most 10, "),
        ({"data": small_data(classes=1)}, InputValueError, "data: has one class"),
        ({"data": 3}, InputTypeError, "data: is a int"),
        ({"noise": "flop"}, InputValueError, "noise: 'flop' is not known (did you mean 'flip'?)"),
        ({"ties": "last"}, InputValueError, "ties: 'last' is not known"),
        ({"model": "idd"}, InputValueError, "model: 'idd' is not known (did you mean 'iid'?)"),
        ({"threads": 0}, InputValueError, "threads: 0 is too small"),
    ],
)
def test_bad_arguments(changes, error, message):
    good = {"levels": [0.1, 0.3], "accuracy": [0.9, 0.7], "data": small_data()}
    with pytest.raises(error) as caught:
        pynoise.fit_k(**(good | changes))
    assert str(caught.value).startswith(message)


def test_a_file_may_have_other_columns_blank_lines_and_a_byte_order_mark(tmp_path):
    path = tmp_path / "m.csv"
    path.write_bytes(
        b"\xef\xbb\xbfepoch, accuracy ,level\r\n1,0.97,0\r\n\r\n , ,\r\n2,0.9,0.25,more\r\n"
        b'"a,b\nc",.8,0.25\r\n4,1e-1,-0.0\r\n'
    )
    levels, accuracy = curves.load_measured(path)
    assert levels.tolist() == [0, 0.25, 0.25, 0]
    assert accuracy.tolist() == [0.97, 0.9, 0.8, 0.1]
    assert levels.dtype == accuracy.dtype == np.float64
    assert not np.signbit(levels[3])
    fit = pynoise.fit_k(levels, accuracy, "ideal", ks=[1, 3])
    assert len(fit.rows) == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; its first line names 'level' and 'accuracy'"),
        ("\n \n", "is empty"),
        ("gamma,accuracy\n0,1\n0,1", "has 0 columns 'level', its first line being 'gamma,accuracy'; it must"),
        ("level;accuracy\n0;1\n0;1", "has 0 columns 'level', its first line being 'level;accuracy'"),
        ("level,accuracy,level\n0,1,1\n0,1,1", "has 2 columns 'level'"),
        ("0,1\n0.1,1", "has 0 columns 'level', its first line being '0,1'"),
        ("level,accuracy", "has 0 rows; give at least 2"),
        ("level,accuracy\n0,1\n\n", "has 1 rows; give at least 2"),
        ("level,accuracy\n0,1\n\n0.1,a", ", line 4: accuracy 'a' is not a number"),
        ("level,accuracy\n0,1\n0.1,", ", line 3: accuracy is empty; give a number within [0, 1]"),
        ("level,accuracy\n0,1\n0.1", ", line 3: accuracy is empty"),
        ("level,accuracy\n0,1\n1.1,1", ", line 3: level 1.1 is outside [0, 1]"),
        ("level,accuracy\n0,97.3\n1,1", ", line 2: accuracy 97.3 is outside [0, 1]; write 0.9 for 90 per"),
        ("level,accuracy\n0,97 %\n1,1", ", line 2: accuracy '97 %' is not a number"),
        ("level,accuracy\nnan,1\n1,1", ", line 2: level nan is outside [0, 1]"),
        ("level,accuracy\n-1e-9,1\n1,1", ", line 2: level -1e-9 is outside [0, 1]"),
        ('level,accuracy\n0,"1"2\n1,1', "is not a table of text: "),
    ],
)
def test_a_bad_file_is_told_by_line_and_value(run, tmp_path, text, message):
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(InputValueError) as caught:
        curves.load_measured(tmp_path / "m.csv")
    assert str(caught.value).startswith("measured: '")
    assert message in str(caught.value)
    code, out, err = run("fit-k", "m.csv", "--out", "f.csv")
    assert (code, out) == (2, "")
    assert "'MEASURED.csv': 'm.csv'" in err
    assert message in err
    assert not (tmp_path / "f.csv").exists()


def test_a_file_that_is_none(tmp_path):
    with pytest.raises(InputFileNotFoundError, match=r"measured: 'no\.csv' is not a file"):
        curves.load_measured("no.csv")
    with pytest.raises(InputFileNotFoundError, match="is not a file"):
        curves.load_measured(tmp_path)
    (tmp_path / "m.csv").write_bytes(b"\x89PNG\xff\x00")
    with pytest.raises(InputValueError, match="is not a table of text"):
        curves.load_measured(tmp_path / "m.csv")


# Three neighbours: (1-γ)³ + 3(1-γ)²γ.
MEASURED = "level,accuracy\n0,1\n0.2,0.896\n0.4,0.638\n"


def test_the_command_prints_the_fit(run, tmp_path):
    (tmp_path / "m.csv").write_text(MEASURED)
    code, out, err = run("fit-k", "m.csv", "--dataset", "ideal", "--classes", 2, "--K", "1,3,5")
    assert (code, err) == (0, "")
    assert "noise flip, ties first, model iid, 3 K tried, 1 to 5" in out.splitlines()[0]
    assert out.splitlines()[1:] == [
        "",
        "K = 3",
        "95 % interval 3 to 3",
        "root mean square residual 0.0058",
        "largest residual -0.0100, at level 0.4",
        "",
        "level γ  measured  analytic  residual",
        "      0    1.0000    1.0000   +0.0000",
        "    0.2    0.8960    0.8960   +0.0000",
        "    0.4    0.6380    0.6480   -0.0100",
    ]
    _, out, _ = run("fit-k", "m.csv", "--dataset", "ideal", "--K", "3")
    assert "\n95 % interval 3 to 3; it reaches the end of what was tried\n" in out


def test_the_command_gives_json_and_files(run, tmp_path):
    (tmp_path / "m.csv").write_text(MEASURED)
    options = ["--dataset", "ideal", "--ties", "strict", "--noise", "uniform", "--threads", 1]
    files = ["f.png", "f.svg", "f.csv", "f.json"]
    outs = [word for name in files for word in ("--out", name)]
    code, out, err = run("fit-k", "m.csv", *options, "--K", "1,4", "--json", *outs)
    assert code == 0
    assert err.splitlines() == [f"wrote {name}" for name in files]
    fit = pynoise.fit_k(
        [0, 0.2, 0.4], [1, 0.896, 0.638], "ideal", "uniform", ks=[1, 4], ties="strict", threads=1
    )
    got = json.loads(out)
    assert (got["k"], got["rss"], got["rows"]) == (fit.k, fit.rss, fit.rows)
    assert json.loads((tmp_path / "f.json").read_text()) == got
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*files, "m.csv"])
    _, out, _ = run("fit-k", "m.csv", "--dataset", "ideal", "--model", "fixed", "--K", "3", "--json")
    assert json.loads(out)["meta"]["model"] == "fixed"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "Missing argument 'MEASURED.csv'"),
        ("no.csv", "'MEASURED.csv': 'no.csv' is not a file"),
        ("m.csv --K 1,a", "'--K': '1,a' is not a list of whole numbers"),
        ("m.csv --K 1298", "'--K': 1298 is too large; give at most 1297, the number of training examples"),
        ("m.csv --map 0", "'--map': '0' is not FROM:TO"),
        ("m.csv --noise uniform --map 0:1", "'--map': goes with noise 'flip', 'semantic-asymmetric'"),
        ("m.csv --classes 3", "'--classes': goes with --dataset ideal, not with 'digits'"),
        ("m.csv --noise flop", "'--noise': 'flop' is not known"),
        ("m.csv --dataset no.npz", "'--dataset': there is no file 'no.npz'"),
        ("m.csv --ties last", "'--ties': 'last' is not one of"),
        ("m.csv --model last", "'--model': 'last' is not one of"),
        ("m.csv --threads 0", "'--threads': 0 is too small"),
        ("m.csv --out f.jpg", "'--out': 'f.jpg' must end in one of"),
    ],
)
def test_the_command_refuses_bad_input(run, tmp_path, arguments, message):
    (tmp_path / "m.csv").write_text(MEASURED)
    code, out, err = run("fit-k", *arguments.split())
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_help(run):
    code, out, _ = run("fit-k", "-h")
    assert code == 0
    assert "MEASURED.csv" in out
    assert "\n    pynoise fit-k network.csv --dataset mnist --noise flip --out fit.png\n" in out
    assert re.search(r"\n  fit-k +Find the K", run("-h")[1])
