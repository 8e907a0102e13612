"""The commands `pynoise noise …`, and --noise-file."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import pynoise
from pynoise import data, noise


def call(run, line):
    return run(*line.split())


def test_make_and_show(run, tmp_path):
    code, out, err = call(
        run, "noise make digits --noise symmetric --level 0.3 --seed 4 --out a.npz --out a.csv"
    )
    assert code == 0
    assert err == "wrote a.npz\nwrote a.csv\n"
    assert out.splitlines() == [
        "1,297 labels, 10 classes, noise symmetric (true class excluded), seed 4",
        "requested level  0.3",
        "selected         390 examples (0.3007), so many exactly",
        "expected wrong   0.3007",
        "realised wrong   0.3007 (390 labels)",
        "clean labels     sha256 3dd421375832",
    ]
    digits = data.load("digits")
    record = noise.NoisyLabels.load(tmp_path / "a.npz", digits)
    want = noise.make(digits.y_train, "symmetric", 0.3, seed=4)
    assert (record.noisy == want.noisy).all()
    assert record.names == digits.names
    assert (noise.load_labels(f"{tmp_path}/a.csv:noisy") == record.noisy).all()

    code, shown, _ = run("noise", "show", "a.npz")
    assert code == 0
    assert shown.startswith(out)
    lines = shown.splitlines()
    assert lines[6] == f"made by          pynoise {pynoise.__version__}"
    assert lines[8] == "requested: P(noisy label | clean class), of any example"
    assert lines[10].split() == ["0", "0.7000", *["0.0333"] * 9]
    assert lines[21] == "realised: share of each clean class with each label"
    code, shown, _ = run("noise", "show", "a.npz", "--json")
    summary = json.loads(shown)
    assert summary == json.loads(json.dumps(record.summary()))
    assert summary["realised_rate"] == record.realised_rate


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ("flip --map 4:9,9:4 --mapped-only", {"label_map": "4:9,9:4", "mapped_only": True}),
        ("general --alternatives 3 --per-class", {"alternatives": 3, "per_class": True}),
        ("random-asymmetric --selection bernoulli", {"selection": "bernoulli"}),
        ("semantic-asymmetric", {"label_map": "digits"}),
        ("hubness --k 5", {"k": 5, "features": "own"}),
        ("hubness --features x.npz", {"features": "x"}),
        ("hubness --neighbors nn.npz", {"neighbors": "nn.npz"}),
        ("concentrated", {"features": "own"}),
        ("concentrated-exact --features x.npy", {"features": "x"}),
        ("p.npy", {"matrix": np.eye(10)[[1, *range(1, 10)]]}),
    ],
)
def test_options_are_the_arguments_of_make(run, tmp_path, options, arguments):
    digits = data.load("digits")
    x = np.sqrt(digits.x_train.reshape(1297, -1))
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "x.npz", features=x, other=x[:2])
    np.save(tmp_path / "p.npy", np.eye(10)[[1, *range(1, 10)]])
    if "nn.npz" in options:
        pynoise.knn.neighbors(digits, 10, of="train").save(tmp_path / "nn.npz")
    code, _, err = run(
        "noise", "make", "digits", "--level", "0.2", "--out", "a.npz", "--noise", *options.split()
    )
    assert code == 0, err
    where = {"own": digits.x_train, "x": x}
    arguments = {key: where[v] if key == "features" else v for key, v in arguments.items()}
    kind = "matrix" if "matrix" in arguments else options.split()[0]
    want = noise.make(digits.y_train, kind, 0.2, **arguments)
    got = noise.NoisyLabels.load(tmp_path / "a.npz")
    assert (got.noisy == want.noisy).all()
    assert (got.selected == want.selected).all()


def test_labels_of_a_file(run, tmp_path):
    (tmp_path / "y.csv").write_text("name,species\n" + "a,cat\nb,dog\nc,eel\nd,dog\n" * 10)
    code, out, _ = call(run, "noise make y.csv:species --noise flip --level 0.5 --out a.npz")
    assert code == 0
    assert out.startswith("40 labels, 3 classes, noise flip, seed 0\n")
    record = noise.NoisyLabels.load(tmp_path / "a.npz")
    assert record.names == ("cat", "dog", "eel")
    _, out, _ = run("noise", "show", "a.npz")
    assert out.splitlines()[9].split() == ["cat", "dog", "eel"]
    np.savez(tmp_path / "human.npz", clean_label=record.clean, worse_label=record.noisy)
    code, out, _ = call(
        run, "noise make human.npz:clean_label --noise human --labels human.npz:worse_label --out h.npz"
    )
    assert code == 0
    assert out.splitlines()[:2] == [
        "40 labels, 3 classes, labels that people gave",
        "realised wrong   0.5000 (20 labels)",
    ]
    assert (noise.NoisyLabels.load(tmp_path / "h.npz").noisy == record.noisy).all()
    # With a hundred classes there is a row a class.
    np.save(tmp_path / "many.npy", np.arange(1000) % 100)
    call(run, "noise make many.npy --noise semantic-asymmetric --map cifar100 --level 1 --out m.npz")
    _, out, _ = run("noise", "show", "m.npz")
    assert out.splitlines()[8].split() == [
        "class",
        "examples",
        "selected",
        "wrong",
        "rate",
        "mostly",
        "share",
    ]
    assert out.splitlines()[13].split() == ["4", "10", "10", "10", "1.0000", "30", "1.0000"]


def test_curves_take_the_file(run, tmp_path):
    call(run, "noise make digits --noise symmetric --level 0.3 --seed 4 --out a.npz")
    want = pynoise.accuracy_curve("digits", [11], noise.NoisyLabels.load(tmp_path / "a.npz"))
    for option in ("--noise-file", "--noise"):
        code, out, _ = run("curve", "--K", "11", option, "a.npz", "--json")
        assert code == 0
        assert json.loads(out)["rows"] == want.rows
    assert want.rows[0]["selected_fraction"] == 390 / 1297
    code, out, _ = run("curve", "--K", "11", "--noise-file", "a.npz")
    assert "noise symmetric a.npz" in out


def test_estimates(run, tmp_path):
    call(run, "noise make digits --noise symmetric --level 0.3 --seed 4 --out a.npz")
    code, out, err = call(run, "noise estimate digits --noise-file a.npz --out e.npz")
    assert code == 0
    assert err == "wrote e.npz\n"
    assert out.startswith("1,297 labels, 10 classes, noise as estimated\nnoise rate       0.")
    assert "The true noise rate is 0.3007; the entries of the matrix are off by 0.0" in out
    found = noise.EstimatedNoise.load(tmp_path / "e.npz")
    code, shown, _ = run("noise", "show", "e.npz")
    assert code == 0
    assert shown.splitlines()[0] == "1,297 labels, 10 classes, noise as estimated"
    assert json.loads(run("noise", "show", "e.npz", "--json")[1])["noise_rate"] == found.noise_rate
    code, out, _ = call(run, "curve --K 11 --noise e.npz --levels 0,1 --repeats 2 --json")
    assert code == 0
    curve = json.loads(out)
    assert curve["meta"]["noise"] == "e.npz"
    np.testing.assert_allclose(curve["meta"]["matrix"], found.transition)
    # Of a file of labels, and of the data set's own.
    noise.NoisyLabels.load(tmp_path / "a.npz").to_csv(tmp_path / "a.csv")
    _, again, _ = call(run, "noise estimate digits --labels a.csv:noisy --json")
    assert json.loads(again)["transition"] == found.transition.tolist()
    assert "error" in json.loads(again)
    code, out, _ = call(run, "noise estimate digits --json --out own.npz")
    assert "error" not in json.loads(out)
    assert json.loads(out)["noise_rate"] < 0.05
    # Of a file of labels, with features of their own.
    (tmp_path / "own.csv").write_text(
        "name\n" + "".join("abcdefghij"[y] + "\n" for y in data.load("digits").y_train)
    )
    np.save(tmp_path / "x.npy", data.load("digits").x_train.reshape(1297, -1))
    code, again, _ = call(run, "noise estimate own.csv --features x.npy --json")
    assert code == 0
    assert json.loads(again)["names"] == list("abcdefghij")
    assert json.loads(again)["transition"] == json.loads(out)["transition"]
    assert "'--features': are missing: a file of labels" in call(run, "noise estimate own.csv")[2]
    # What it was estimated from has that noise already.
    code, _, err = call(run, "curve --K 5 --noise own.npz")
    assert code == 2
    assert "'--noise': own.npz was estimated from the labels of digits" in err


def test_pictures(run, tmp_path):
    call(run, "noise make digits --noise concentrated --level 0.2 --out a.npz")
    for options in (
        "a.npz --out a.png",
        "a.npz --dataset digits --out b.svg --points 300",
        "a.npz --dataset digits --embedding tsne --points 100 --out c.png",
        "a.npz --features x.npy --out d.png",
    ):
        np.save(tmp_path / "x.npy", data.load("digits").x_train)
        code, _, err = run("noise", "plot", *options.split())
        assert code == 0
        name = options.split()[options.split().index("--out") + 1]
        assert err == f"wrote {name}\n"
        head = (tmp_path / name).read_bytes()[:5]
        assert head == (b"<?xml" if name.endswith(".svg") else b"\x89PNG\r")
    svg = (tmp_path / "b.svg").read_text()
    record = noise.NoisyLabels.load(tmp_path / "a.npz")
    record.plot(tmp_path / "e.svg", features=data.load("digits").x_train, points=300)
    assert (tmp_path / "e.svg").read_text() == svg
    call(run, "noise estimate digits --out e.npz")
    assert call(run, "noise plot e.npz --out f.png")[0] == 0
    figure = record.plot()
    assert (
        figure.get_suptitle()
        == f"concentrated noise, level 0.2:\n{record.realised_rate:.1%} of 1,297 labels wrong"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("make digits --out a.npz", "'--level': is missing; noise 'flip' needs one within [0, 1]"),
        ("make digits --level 2 --out a.npz", "'--level': 2.0 is outside [0, 1]"),
        ("make digits --level 0.1 --out a.txt", "'--out': 'a.txt' must end in one of .npz, .csv"),
        (
            "make digits --level 0.1 --noise flop --out a.npz",
            "'--noise': 'flop' is not known (did you mean 'flip'?)",
        ),
        ("make digits --level 0.1 --noise p.npy --out a.npz", "'--noise': 'p.npy' is not a file"),
        ("make digits --level 0.1 --map 0:12 --out a.npz", "'--map': 12 is too large; give at most 9"),
        (
            "make digits --level 0.6 --noise concentrated --out a.npz",
            "'--level': 0.6 is above 0.5, half of a class",
        ),
        ("make digits --level 1 --noise hubness --out a.npz", "'--level': 1.0 is out of reach: 8 of 1,297"),
        (
            "make digits --level 0.1 --features x.npy --out a.npz",
            "'--features': goes with noise 'concentrated', 'concentrated-exact', 'hubness', not",
        ),
        ("make digits --level 0.1 --k 3 --out a.npz", "'--k': goes with noise 'hubness', not with 'flip'"),
        ("make digits --noise human --out a.npz", "'--labels': noise 'human' needs them"),
        (
            "make digits --noise human --labels y.txt --out a.npz",
            "'--labels': has 3 labels for 1297 clean ones",
        ),
        ("make digits --noise human --labels z.txt --out a.npz", "'--labels': there is no file 'z.txt'"),
        (
            "make y.txt --level 0.1 --noise concentrated --out a.npz",
            "'--features': noise 'concentrated' needs them",
        ),
        (
            "make y.txt:a --level 0.1 --out a.npz",
            "'DATA': 'y.txt:a' will not do: a .txt file has no column 'a'",
        ),
        (
            "make ideal --level 0.1 --noise semantic-asymmetric --out a.npz",
            "'--map': noise 'semantic-asymmetric'",
        ),
        ("make digits --level 0.1 --out none/a.npz", "'--out': 'none/a.npz': there is no folder"),
        (
            "make good.npz --level 0.1 --out b.npz",
            "'DATA': 'good.npz' will not do: it has no single array; name one",
        ),
        ("make y.txt --level 0.5 --out y.csv --labels y.csv --noise human", "'--out': 'y.csv' is read, too"),
        ("make c.csv:y --level 0.5 --out c.csv", "'--out': 'c.csv' is read, too; write to another file"),
        ("estimate own.npz --out own.npz", "'--out': 'own.npz' is read, too; write to another file"),
        ("show none.npz", "'FILE.npz': there is no file 'none.npz'"),
        ("show bad.npz", "'FILE.npz': 'bad.npz' will not do: it is no zip archive"),
        ("plot a.npz --out a.jpg", "'--out': 'a.jpg' must end in one of .png, .svg, .pdf"),
        (
            "plot good.npz --embedding tsne --out a.png",
            "'--embedding': needs examples: give --dataset or --features",
        ),
        ("plot good.npz --dataset ideal --out a.png", "'FILE.npz': good.npz was made for other labels"),
        ("plot good.npz --features x.npy --out a.png", "'--features': has 5 rows for 1297 labels"),
        (
            "plot good.npz --dataset digits --points 2 --out a.png",
            "'--points': 2 is too small; give at least 3",
        ),
        ("estimate digits --noise-file ideal.npz", "'--noise-file': ideal.npz was made for other labels"),
        ("estimate digits --labels y.txt --noise-file good.npz", "'--labels': does not go with --noise-file"),
        ("estimate digits --labels y.txt", "'--labels': has 3 labels for 1297 clean ones"),
        ("estimate digits --features x.npy", "'DATA': has 1297 labels for 5 rows of features"),
        ("estimate digits --out e.csv", "'--out': 'e.csv' must end in one of .npz"),
    ],
)
def test_bad_arguments(run, tmp_path, arguments, message):
    (tmp_path / "y.txt").write_text("0\n1\n2\n")
    (tmp_path / "bad.npz").write_text("bad")
    np.save(tmp_path / "x.npy", np.zeros((5, 2)))
    noise.make(data.load("digits").y_train, "flip", 0.1).save(tmp_path / "good.npz")
    noise.make(data.load("ideal").y_train, "flip", 0.1).save(tmp_path / "ideal.npz")
    (tmp_path / "y.csv").write_text("y\n0\n1\n1\n")
    (tmp_path / "c.csv").write_text("y\n0\n1\n1\n")
    digits = data.load("digits")
    np.savez(
        tmp_path / "own.npz", **{p: getattr(digits, p) for p in ("x_train", "y_train", "x_test", "y_test")}
    )
    before = sorted(tmp_path.iterdir())
    code, out, err = run("noise", *arguments.split())
    assert code == 2
    assert out == ""
    assert f"Invalid value for {message}" in err
    assert "Traceback" not in err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--noise-file none.npz", "'--noise-file': there is no file 'none.npz'"),
        ("--noise-file good.npz --noise flip", "'--noise-file': has noise of its own"),
        ("--noise-file good.npz --levels 0.1", "'--levels': NoisyLabels have their own level"),
        ("--noise-file good.npz --dataset ideal", "'--noise-file': good.npz was made for other labels"),
        ("--noise human", "'--noise': 'human' needs labels"),
        (
            "--noise hubness --model fixed",
            "'--model': 'fixed' has every subset of the examples selected alike",
        ),
        (
            "--noise semantic-asymmetric --dataset ideal",
            "'--noise': 'semantic-asymmetric' knows what looks alike",
        ),
        ("--noise concentrated --levels 0.7", "'--levels': 0.7 is above 0.5"),
    ],
)
def test_bad_noise_of_curves(run, tmp_path, arguments, message):
    noise.make(data.load("digits").y_train, "flip", 0.1).save(tmp_path / "good.npz")
    code, _, err = run("curve", "--K", "5", *arguments.split())
    assert code == 2
    assert f"Invalid value for {message}" in err


def test_curves_of_hubs_end_where_hubs_do(run):
    code, out, _ = call(run, "curve --K 5 --noise hubness --repeats 1 --json")
    assert code == 0
    assert [row["level"] for row in json.loads(out)["rows"]][-2:] == [0.9, 0.95]  # 8 of 1,297 are nobody's
    code, out, _ = call(run, "curve --K 5 --noise concentrated --map all:3 --levels 0.2 --repeats 1")
    assert code == 0
    assert "noise concentrated all:3," in out


def test_long_names_and_empty_ones_have_columns_of_their_own(run, tmp_path):
    names = ("long_class_name_1", "long_class_name_2", "")
    noise.make(np.arange(30) % 3, "flip", 1.0, names=names).save(tmp_path / "a.npz")
    _, out, _ = call(run, "noise show a.npz")
    rows = out.splitlines()[10:13]
    assert [row.split()[-3:] for row in rows] == [
        ["-", "1.0000", "-"],
        ["-", "-", "1.0000"],
        ["1.0000", "-", "-"],
    ]


def test_what_is_made_is_written_though_nobody_reads(tmp_path):
    command = [sys.executable, "-c", "from pynoise.cli import main; main()", "noise", "make", "digits"]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*command, "--level", "0.2", "--out", str(tmp_path / "a.npz")], stdout=writer, timeout=60
    )
    os.close(writer)
    assert done.returncode == 1
    noise.NoisyLabels.load(tmp_path / "a.npz", data.load("digits"))


@pytest.mark.parametrize(
    ("line", "message"), [("nois", "'noise'"), ("noise estimat", "'estimate'"), ("fitk", "'fit-k'")]
)
def test_the_nearest_command_is_suggested(run, line, message):
    code, _, err = call(run, line)
    assert code == 2
    assert err.endswith(f"No such command {line.split()[-1]!r}. Did you mean {message}?\n")
