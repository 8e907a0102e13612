import csv
import json
import os
import pty
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import pynoise
from pynoise.cli.parse import parse_counts, parse_levels
from pynoise.errors import InputValueError

COMMAND = [sys.executable, "-c", "from pynoise.cli import main; main()"]
QUICK = ["curve", "--K", "5", "--levels", "0,0.3", "--repeats", "2"]


def test_the_table(run):
    code, out, err = run(*QUICK)
    assert code == 0
    assert err == ""
    rows = pynoise.accuracy_curve(k=5, levels=[0, 0.3], repeats=2).rows
    for row in rows:
        assert f"{row['analytic']:.4f}" in out
        assert f"{row['measured']:.4f}" in out
        assert f"{row['difference']:+.4f}" in out
    assert "K = 5" in out
    assert "noise flip" in out
    assert "ties first" in out


def test_json_on_standard_output_equals_the_api(run):
    code, out, err = run(*QUICK, "--json")
    assert code == 0
    assert err == ""
    got = json.loads(out)
    curve = pynoise.accuracy_curve(k=[5], levels=[0, 0.3], repeats=2)
    assert got["rows"] == curve.rows
    assert got["meta"]["noise"] == "flip"


def test_files(run, tmp_path):
    code, _, err = run(*QUICK, "--out", "c.png", "--out", "c.csv", "--out", "c.json", "--out", "c.svg")
    assert code == 0
    assert err.splitlines() == ["wrote c.png", "wrote c.csv", "wrote c.json", "wrote c.svg"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.csv", "c.json", "c.png", "c.svg"]
    rows = json.loads((tmp_path / "c.json").read_text())["rows"]
    with (tmp_path / "c.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [line["measured"] for line in lines] == [str(row["measured"]) for row in rows]


def test_options_reach_the_api(run):
    options = "--K 1,3 --noise flip --map 4:9,9:4 --levels 0:0.4:0.2 --repeats 3 --seed 5 --ties strict"
    code, out, _ = run("curve", *options.split(), "--threads", 1, "--json")
    assert code == 0
    want = pynoise.accuracy_curve(
        k=[1, 3], noise={4: 9, 9: 4}, levels=[0, 0.2, 0.4], repeats=3, seed=5, ties="strict"
    )
    assert json.loads(out)["rows"] == want.rows
    code, out, _ = run(*QUICK, "--map", "all:3", "--json")
    assert (
        json.loads(out)["rows"] == pynoise.accuracy_curve(k=5, noise="all:3", levels=[0, 0.3], repeats=2).rows
    )


def test_data_sets(run, tmp_path):
    code, out, _ = run(*QUICK, "--dataset", "ideal", "--classes", 3, "--no-measure", "--json")
    got = json.loads(out)
    assert got["meta"]["classes"] == 3
    assert got["rows"][0]["analytic"] == pytest.approx(1)
    assert got["rows"][0]["measured"] is None
    x = np.arange(12.0).reshape(6, 2)
    np.savez(tmp_path / "mine.npz", x_train=x, y_train=[0, 0, 0, 1, 1, 1], x_test=x[::5], y_test=[0, 1])
    np.savetxt(tmp_path / "p.csv", [[0.5, 0.5], [0, 1]], delimiter=",")
    code, out, _ = run("curve", "--K", 3, "--dataset", "mine.npz", "--noise", "p.csv")
    assert code == 0
    assert "noise p.csv" in out


def test_no_measure_shows_dashes(run):
    _, out, _ = run(*QUICK, "--no-measure")
    assert "not measured" in out
    assert out.count(" - ") >= 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--K 0", "'--K': 0 is too small; give at least 1"),
        ("--K 5,5", "'--K': 5 is given twice; name each K once"),
        ("--K 1298", "'--K': 1298 is too large; give at most 1297, the number of training examples"),
        ("--K 1,a", "'--K': '1,a' is not a list of whole numbers; write 1,11,51"),
        ("--levels 0:1.5:0.5", "'--levels': 1.5 is outside [0, 1]"),
        ("--levels nan", "'--levels': nan is outside [0, 1]"),
        ("--levels 0:1", "'--levels': '0:1' is not START:STOP:STEP"),
        ("--noise unifrom", "'--noise': 'unifrom' is not known (did you mean 'uniform'?)"),
        ("--noise no.npy", "'--noise': 'no.npy' is not a file"),
        ("--noise square.csv", "'--noise': 'square.csv': has 2 rows; the data have 10 classes"),
        ("--noise negative.csv", "'--noise': 'negative.csv': entry [0, 0] is -1.0"),
        ("--noise sums.csv", "'--noise': 'sums.csv': row 0 sums to 0"),
        ("--noise oblong.csv", "'--noise': 'oblong.csv': has shape (1, 2); it must be square"),
        ("--map 0", "'--map': '0' is not FROM:TO; write 0:1,1:0 or all:0"),
        ("--map 0:10", "'--map': 10 is too large; give at most 9, the last of 10 classes"),
        ("--noise uniform --map 0:1", "'--map': goes with noise 'flip', 'semantic-asymmetric'"),
        ("--dataset minst", "'--dataset': 'minst' is not known (did you mean 'mnist'?)"),
        ("--dataset mnist --data-root nowhere", "MNIST/raw/train-images-idx3-ubyte"),
        ("--dataset mnist --data-root nowhere", "--download"),
        ("--dataset no.npz", "'--dataset': there is no file 'no.npz'"),
        ("--dataset empty.npz", "'--dataset': "),
        ("--dataset nan.npz", "row 1 has a value that is not finite"),
        ("--dataset one.npz", "'--dataset': has one class"),
        ("--dataset huge.npz", "'--dataset': x_train spreads, with query, over more than"),
        ("--dataset labels.npz", "-1 at position 0 is outside"),
        ("--dataset shapes.npz", "has rows of shape (3,)"),
        ("--classes 3", "'--classes': goes with --dataset ideal, not with 'digits'"),
        ("--dataset ideal --classes 1", "'--classes': 1 is too small; give at least 2"),
        ("--ties last", "'--ties': 'last' is not one of 'strict', 'first', 'random'"),
        ("--repeats 0", "'--repeats': 0 is too small"),
        ("--seed -1", "'--seed': -1 is too small"),
        ("--threads 0", "'--threads': 0 is too small"),
        ("--out c.jpg", "'--out': 'c.jpg' must end in one of .csv, .json, .png, .svg, .pdf"),
        ("--out no/c.png", "'--out': 'no/c.png': there is no folder"),
        ("--out folder.png", "'--out': 'folder.png' is a folder"),
        ("--nose flip", "No such option '--nose'"),
    ],
)
def test_bad_input(run, tmp_path, arguments, message):
    (tmp_path / "folder.png").mkdir()
    for name, text in {
        "square": "1,0\n0,1",
        "negative": "\n".join(["-1,2" + ",0" * 8] * 10),
        "sums": "\n".join([",".join("0" * 10)] * 10),
        "oblong": "1,0",
    }.items():
        (tmp_path / f"{name}.csv").write_text(text)
    good = {"x_train": np.zeros((2, 2)), "y_train": [0, 1], "x_test": np.zeros((2, 2)), "y_test": [0, 1]}
    for name, changes in {
        "empty": {"x_train": np.zeros((0, 2))},
        "nan": {"x_test": [[0, 0], [0, np.nan]]},
        "labels": {"y_train": [-1, 1]},
        "shapes": {"x_test": np.zeros((2, 3))},
        "one": {"y_train": [0, 0], "y_test": [0, 0]},
        "huge": {"x_train": [[0, 0], [1e200, 0]]},
    }.items():
        np.savez(tmp_path / f"{name}.npz", **(good | changes))
    before = sorted(tmp_path.iterdir())
    few = ["--K", "1"] if ".npz" in arguments else []
    code, out, err = run("curve", "--out", "result.csv", *few, *arguments.split())
    assert code == 2
    assert out == ""
    assert message in err
    assert "Traceback" not in err
    assert len(err.splitlines()) <= 5
    assert sorted(tmp_path.iterdir()) == before


def test_neighbours_are_kept_and_taken(run, tmp_path):
    code, out, err = run("neighbors", "digits", "--k", 9, "--out", "nn.npz", "--threads", 1)
    assert (code, err) == (0, "wrote nn.npz\n")
    first, second = out.splitlines()
    assert first == (
        "digits: 9 of 1,297 training examples for each of 500 test examples, metric euclidean, engine exact"
    )
    assert " s" in second
    assert [path.name for path in tmp_path.iterdir()] == ["nn.npz"]
    code, out, _ = run(*QUICK, "--neighbors", "nn.npz", "--json")
    assert code == 0
    got = json.loads(out)
    assert got["rows"] == pynoise.accuracy_curve(k=[5], levels=[0, 0.3], repeats=2).rows
    assert got["meta"]["neighbours"] == {"source": "nn.npz", "metric": "euclidean", "engine": "exact"}
    _, out, _ = run(*QUICK, "--neighbors", "nn.npz")
    assert out.splitlines()[0].endswith("model iid, neighbours nn.npz (euclidean, exact), 2 repeats")
    (tmp_path / "m.csv").write_text("level,accuracy\n0,0.95\n0.3,0.8\n")
    code, out, _ = run("fit-k", "m.csv", "--neighbors", "nn.npz")
    assert code == 0
    assert "K tried, 1 to 9" in out


def test_queries(run, tmp_path):
    code, out, _ = run("neighbors", "digits", "--K", 5, "--queries", 60, "--seed", 3, "--out", "q.npz")
    assert code == 0
    assert out.startswith("digits: 5 of 1,297 training examples for each of 60 of 500 test examples, metric")
    _, kept, _ = run(*QUICK, "--neighbors", "q.npz", "--seed", 3, "--json")
    _, drawn, _ = run(*QUICK, "--queries", 60, "--seed", 3, "--json")
    assert json.loads(kept)["rows"] == json.loads(drawn)["rows"]
    _, out, _ = run(*QUICK, "--neighbors", "q.npz")
    assert out.startswith("digits (1,297 training and 60 of 500 test examples, 10 classes), noise flip")


def test_neighbours_of_the_training_set(run, tmp_path):
    options = ["--classes", 3, "--k", 2, "--metric", "cosine", "--of", "train", "--out", "t.npz"]
    code, out, _ = run("neighbors", "ideal", *options)
    assert code == 0
    assert out.startswith("ideal: 2 of 6,002 other training examples for each of 6,003, metric cosine, eng")
    found = pynoise.knn.Neighbors.load(tmp_path / "t.npz")
    assert (found.of, found.metric, found.k) == ("train", "cosine", 2)
    assert not (found.indices == np.arange(6003)[:, None]).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("neighbors", "Missing argument 'DATA'"),
        ("neighbors digits --out r.npz", "Missing option '--k'"),
        ("neighbors digits --k 3", "Missing option '--out'"),
        ("neighbors digits --k 0 --out r.npz", "'--k': 0 is too small"),
        ("neighbors digits --k 1298 --out r.npz", "'--k': 1298 is too large; give at most 1297, the number"),
        ("neighbors digits --k 1297 --of train --out r.npz", "'--k': 1297 is too large; give at most 1296"),
        ("neighbors digits --k 3 --out r.csv", "'--out': 'r.csv' must end in one of .npz"),
        ("neighbors minst --k 3 --out r.csv", "'--out': 'r.csv' must end in one of .npz"),
        ("neighbors digits --k 3 --out no/r.npz", "'--out': 'no/r.npz': there is no folder"),
        ("neighbors minst --k 3 --out r.npz", "'DATA': 'minst' is not known (did you mean 'mnist'?)"),
        ("neighbors huge.npz --k 1 --out r.npz", "'DATA': x_train spreads, with query, over more than"),
        ("neighbors digits --k 3 --classes 3 --out r.npz", "'--classes': goes with DATA ideal, not with 'd"),
        ("neighbors digits --k 3 --metric l1 --out r.npz", "'--metric': 'l1' is not one of"),
        ("neighbors digits --k 3 --engine x --out r.npz", "'--engine': 'x' is not one of"),
        ("neighbors digits --k 3 --of all --out r.npz", "'--of': 'all' is not one of 'test', 'train'"),
        ("neighbors digits --k 3 --queries 501 --out r.npz", "'--queries': 501 is too large; give at most"),
        ("neighbors digits --k 3 --queries 2 --of train --out r.npz", "'--queries': are test examples; "),
        ("neighbors digits --k 3 --seed -1 --out r.npz", "'--seed': -1 is too small"),
        ("neighbors digits --k 3 --threads 0 --out r.npz", "'--threads': 0 is too small"),
        ("curve --K 4 --neighbors nn.npz --out r.csv", "'--K': 4 is too large; give at most 3, as many as"),
        ("curve --K 3 --neighbors nn.npz --dataset ideal --out r.csv", "'--neighbors': 'nn.npz' is of the t"),
        ("curve --K 3 --neighbors nn.npz --queries 3 --out r.csv", "'--queries': does not go with neighbors"),
        ("curve --K 3 --neighbors t.npz --out r.csv", "'--neighbors': 't.npz' has those of the training"),
        ("curve --K 3 --neighbors no.npz --out r.csv", "'--neighbors': there is no file 'no.npz'"),
        ("curve --K 3 --neighbors huge.npz --out r.csv", "'--neighbors': 'huge.npz' will not do: it has no "),
        ("curve --K 3 --queries 501 --out r.csv", "'--queries': 501 is too large; give at most 500, the nu"),
        ("fit-k m.csv --K 4 --neighbors nn.npz --out r.csv", "'--K': 4 is too large; give at most 3, as ma"),
        ("fit-k m.csv --neighbors m.csv --out r.csv", "'--neighbors': 'm.csv' will not do: it is no zip"),
    ],
)
def test_bad_input_about_neighbours(run, tmp_path, arguments, message):
    pynoise.knn.neighbors("digits", 3).save(tmp_path / "nn.npz")
    pynoise.knn.neighbors("digits", 3, of="train").save(tmp_path / "t.npz")
    (tmp_path / "m.csv").write_text("level,accuracy\n0,0.95\n0.3,0.8\n")
    huge = {"x_train": [[0, 0], [1e200, 0]], "y_train": [0, 1], "x_test": np.zeros((2, 2)), "y_test": [0, 1]}
    np.savez(tmp_path / "huge.npz", **huge)
    before = sorted(tmp_path.iterdir())
    code, out, err = run(*arguments.split())
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert len(err.splitlines()) <= 5
    assert sorted(tmp_path.iterdir()) == before


def test_help_and_version(run):
    code, out, _ = run("--version")
    assert (code, out) == (0, f"pynoise, version {pynoise.__version__}\n")
    code, out, _ = run("curve", "-h")
    assert code == 0
    assert "--noise" in out
    assert "\\b" not in out
    assert "\n    pynoise curve --K 51 --noise flip\n" in out
    code, out, _ = run("neighbors", "-h")
    assert code == 0
    assert "\n    pynoise neighbors mnist --k 301 --out mnist-301.npz\n" in out
    assert run()[0] == 2
    code, _, err = run("crve")
    assert code == 2
    assert "crve" in err


@pytest.mark.parametrize("program", ["import pynoise", "import sys; sys.argv = ['pynoise', '--help']; {}"])
def test_start_imports_nothing_heavy(program):
    code = program.format("from pynoise.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass")
    heavy = {"torch", "sklearn", "matplotlib", "scipy", "rich"}
    code += f"\nimport sys\nprint('HEAVY', {heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "HEAVY set()"


def test_a_full_disk_is_an_error_without_a_traceback():
    if not os.path.exists("/dev/full"):  # noqa: PTH110 - a device, not a file of ours
        pytest.skip("this system has no /dev/full, which stands for a full disk")
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run([*COMMAND, *QUICK], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr == "Error: No space left on device\n"


def test_a_reader_that_leaves_is_no_error_message():
    with subprocess.Popen([*COMMAND, *QUICK], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 1


def test_closed_streams_are_no_error():
    for stream in (1, 2):
        leave = f"import os, sys; os.close({stream}); os.execv(sys.executable, sys.argv[1:])"
        close = [sys.executable, "-c", leave]
        module = [sys.executable, "-m", "pynoise", *QUICK]
        done = subprocess.run([*close, *module], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0
        assert done.stderr == ""


def test_a_terminal_without_greek_letters():
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*COMMAND, *QUICK], capture_output=True, env=environment, timeout=60)
    assert done.returncode == 0
    assert b"analytic" in done.stdout


def test_progress_shows_on_a_terminal_and_standard_output_stays_clean():
    leader, follower = pty.openpty()
    # wide, and a kind of terminal that can move its cursor
    environment = os.environ | {"COLUMNS": "120", "TERM": "xterm"}
    process = subprocess.Popen(
        [*COMMAND, *QUICK, "--json"], stdout=subprocess.PIPE, stderr=follower, env=environment
    )
    os.close(follower)
    out, _ = process.communicate(timeout=60)
    shown = b""
    try:
        while part := os.read(leader, 65536):
            shown += part
    except OSError:  # how Linux says that the other side has closed
        pass
    os.close(leader)
    assert json.loads(out)["meta"]["k"] == [5]
    assert b"measured" in shown


@pytest.mark.parametrize("wait", [0.01, 0.3, 1.5])
def test_ctrl_c_leaves_with_130_and_no_file(tmp_path, wait):
    rng = np.random.default_rng(0)
    x = rng.random((40_000, 1024), np.float32)
    y = rng.integers(0, 10, len(x))
    np.savez(tmp_path / "big.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    arguments = ["curve", "--dataset", "big.npz", "--out", "c.png", "--out", "c.csv"]
    start = [sys.executable, "-c", "from pynoise.cli import main; print('go', flush=True); main()"]
    with subprocess.Popen(
        [*start, *arguments], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "go\n"
        time.sleep(wait)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert err.strip() == "interrupted"
    assert [path.name for path in tmp_path.iterdir()] == ["big.npz"]


def test_levels_and_counts_as_text():
    assert parse_counts("1, 11,51") == [1, 11, 51]
    assert parse_levels("0:1:0.05") == [i / 20 for i in range(21)]
    assert parse_levels("0.2:0.3:0.1") == [0.2, 0.3]
    assert parse_levels("0:1:0.3") == [0, 0.3, 0.6, 0.9]
    assert parse_levels("0.5:0.5:1") == [0.5]
    assert parse_levels("0,0.45") == [0, 0.45]
    for text in ("", "a", "0:1", "0:1:0", "0:1:-1", "1:0:0.1", "0:inf:1", "0:nan:1", "0:1:1e-9", "0::1"):
        with pytest.raises(InputValueError, match="levels: "):
            parse_levels(text)
    for text in ("", "1,", "1.5", "a"):
        with pytest.raises(InputValueError, match="k: "):
            parse_counts(text)
