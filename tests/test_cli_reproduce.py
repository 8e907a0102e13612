"""The command `pynoise reproduce`."""

import json
import os
import signal

import knet_runs
import processes
import pytest
from long_tables import cells_of

from pynoise import data, paper

LINE = "reproduce knet-table2 --dataset digits --network mlp"


@pytest.fixture
def runs(monkeypatch):
    return knet_runs.install(monkeypatch)


@pytest.mark.parametrize("line", ["reproduce", "reproduce --list", "reproduce knet-table2 --list"])
def test_what_there_is(run, tmp_path, line):
    code, out, err = run(*line.split())
    assert (code, err) == (0, "")
    width = max(len(name) for name, _ in paper.RECIPES)
    assert out.splitlines() == [f"{name.ljust(width)}  {title}" for name, title in paper.RECIPES]
    assert list(tmp_path.iterdir()) == []


def test_the_command(run, runs, tmp_path):
    line = f"{LINE} --seeds 0,2 --epochs 3 --lr 0.05 --batch-size 64 --set hidden=4 --device cpu --out t"
    line += " --threads 1"
    code, out, err = run(*line.split())
    assert code == 0, err
    assert err.splitlines() == ["wrote t/table.md", "wrote t/table.csv", "wrote t/table.json"]
    assert sorted(path.name for path in (tmp_path / "t").iterdir()) == [
        "digits-mlp", "table.csv", "table.json", "table.md"
    ]  # fmt: skip
    call = runs.calls[1]
    assert (call["seed"], call["epochs"], call["lr"], call["batch_size"]) == (2, 3, 0.05, 64)
    assert call["hidden"] == 4
    assert (call["device"], call["threads"], call["optimizer"]) == ("cpu", 1, "sgd")
    lines = out.splitlines()
    assert lines[0] == dict(paper.RECIPES)["knet-table2"] + "; here digits"
    assert lines[2] == "digits: 1,297 training and 500 test examples, 0.3700 of the training labels wrong"
    head, *cells = cells_of(out)
    assert head[:4] == ["data set", "network", "method", "k"]
    assert cells[0] == ["digits", "mlp", "preliminary", "-", "-", "80.10 ± 0.14", "-", "2", "1", "ours"]
    assert cells[5] == ["digits", "mlp", "kNet", "1", "-", "85.09 ± 0.14", "-", "2", "1", "ours"]
    assert len(cells) == 1 + 3 * 4
    code, out, _ = run(*line.split(), "--json")
    assert code == 0
    assert json.loads(out) == json.loads((tmp_path / "t" / "table.json").read_text())


def test_missing_data(run, runs, tmp_path):
    code, out, err = run("reproduce", "knet-table2", "--data-root", "nowhere", "--out", "t")
    assert code == 1
    assert ["cifar10", "ResNet-20", "kNet", "51", "66.93", *"----", "published"] in cells_of(out)
    assert "svhn: data not found: 'nowhere' does not hold svhn: it lacks train_32x32.mat" in out
    assert err.splitlines()[-1] == (
        "Error: nothing could be made anew: the data were not found (cifar10, svhn); the table says what is "
        "missing, and how to get it"
    )
    assert (tmp_path / "t" / "table.md").is_file()
    assert runs.calls == []


def test_download(run, runs, monkeypatch, digits):
    asked = []

    def load(name, root, *, download):
        asked.append((name, root, download))
        return digits

    monkeypatch.setattr(data, "load", load)
    code, _, err = run(*LINE.split(), "--download", "--data-root", "here", "--out", "t")
    assert code == 0, err
    assert asked == [("digits", "here", True)]


def test_ctrl_c_keeps_the_runs_that_are_done(run, tmp_path):
    line = f"{LINE} --seeds 0,1 --epochs 1 --set epochs=1 --device cpu --threads 1 --out t".split()
    process = processes.start(tmp_path, *line)
    done = tmp_path / "t" / "digits-mlp" / "seed-0" / "result.json"
    processes.wait_for(done.exists)
    os.kill(process.pid, signal.SIGINT)
    process.join(60)
    assert process.exitcode == 130
    assert (tmp_path / "err.txt").read_text().strip() == (
        "interrupted; t keeps the runs that are done; the same command goes on"
    )
    assert (tmp_path / "out.txt").read_text() == ""
    before = done.read_text()
    code, out, err = run(*line)
    assert code == 0, err
    assert done.read_text() == before
    assert "fixed kNet" in out


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("reproduce knet-table2", "Missing option '--out'"),
        ("reproduce knet-tabel2 --out q", "'NAME': 'knet-tabel2' is not known (did you mean 'knet-table2'?)"),
        (f"{LINE} --out q --seeds a", "'--seeds': 'a' is not a list of whole numbers; write 1,11,51"),
        (f"{LINE} --out q --seeds 0,0", "'--seeds': [0, 0] names one twice; name each once"),
        (f"{LINE} --out q --seeds -1", "'--seeds': -1 is too small"),
        (f"{LINE} --out q --scale 0", "'--scale': 0.0 is outside (0, 1]; 0.1 takes a tenth"),
        (f"{LINE} --out q --scale a", "'--scale': 'a' is not a valid float"),
        (f"{LINE} --out q --scale 0.05", "'--scale': 0.05 of digits leaves 59 examples to learn from, and k"),
        (f"{LINE} --out file", "'--out': 'file' is not a folder; name another"),
        (f"{LINE} --out full", "'--out': 'full' holds other files; name a folder of its own"),
        (f"{LINE} --out q --epochs 0", "'--epochs': 0 is too small"),
        (f"{LINE} --out q --optimizer adm", "'--optimizer': 'adm' is not known (did you mean 'adam'?)"),
        (f"{LINE} --out q --step-at a", "'--step-at': 'a' is not a list of whole numbers"),
        (f"{LINE} --out q --set hidden=a", "'--set': hidden: 'a' is not a whole number"),
        (f"{LINE} --out q --set fixed=false", "'--set': fixed is the table's; leave it out"),
        (f"{LINE} --out q --set a", "'--set': 'a' is not NAME=VALUE; docs/methods.md has the names"),
        (f"{LINE} --out q --workers 2", "'--workers': 2 goes with images read from files; leave it out"),
        (f"{LINE} --out q --epoch 3", "No such option '--epoch'"),
        (f"{LINE} --out q --method odd", "No such option '--method'"),
        ("reproduce knet-table2 --dataset digits --out q", "'--network': is missing; the table has none"),
        ("reproduce knet-table2 --dataset digit --network mlp --out q", "'--dataset': 'digit' is not known"),
        ("reproduce knet-table5 --dataset ideal --network mlp --out q", "'--dataset': 'ideal' has no map of"),
        ("reproduc", "No such command 'reproduc'. Did you mean 'reproduce'?"),
    ],
)
def test_bad_input(run, runs, tmp_path, line, message):
    (tmp_path / "file").write_text("")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("")
    before = sorted(tmp_path.rglob("*"))
    code, out, err = run(*line.split())
    assert message in err
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert len(err.splitlines()) <= 5
    assert sorted(tmp_path.rglob("*")) == before


def test_help_says_no_defaults_that_a_recipe_has_of_its_own(run):
    code, out, _ = run("reproduce", "--help")
    assert code == 0
    assert "Passes over the training examples." in out
    assert "[20]" not in out
