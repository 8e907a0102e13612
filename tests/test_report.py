"""`pynoise report`: what is read of runs and sweeps, the page, and the pictures."""

import base64
import hashlib
import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from html.parser import HTMLParser
from statistics import stdev

import pytest
from report_runs import row, write_run, write_store

import pynoise
from pynoise import training
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError
from pynoise.reporting import courses
from pynoise.reporting.page import plotly_code
from pynoise.sweep import Store

HOSTILE = "</script><img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """The elements of a page, and the texts of its scripts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.scripts, self._into = [], [], None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._into = [] if tag == "script" else None

    def handle_data(self, data):
        if self._into is not None:
            self._into.append(data)

    def handle_endtag(self, tag):
        if tag == "script":
            self.scripts.append("".join(self._into))
            self._into = None


def content(text):
    return json.loads(Page(text).scripts[0])


@pytest.fixture
def runs(tmp_path):
    """Two methods with three seeds each at one level, one of them also at another and without noise."""
    for seed in range(3):
        write_run(tmp_path / f"runs/gce/seed-{seed}", seed=seed, accuracy=0.8 + 0.01 * seed)
        write_run(tmp_path / f"runs/ce/seed-{seed}", method="cross-entropy", seed=seed, accuracy=0.7)
    write_run(tmp_path / "runs/ce/strong", method="cross-entropy", level=0.4, accuracy=0.5)
    write_run(tmp_path / "runs/ce/clean", method="cross-entropy", noise=None, accuracy=0.95)
    return tmp_path / "runs"


def lines_in(made):
    found = content(made.to_html())
    return {
        (line["noise"], found["series"][line["series"]]["label"]): [found["rows"][i] for i in line["rows"]]
        for line in found["lines"]
    }


def test_a_run_says_in_the_page_what_its_files_say(tmp_path, one_thread):
    same = {"threads": 1, "device": "cpu", "epochs": 2}
    run = training.train("digits", out=tmp_path / "flip", noise="flip", level=0.3, seed=4, **same)
    made = pynoise.report(tmp_path / "flip")
    found = content(made.to_html())
    (shown,) = found["rows"]
    assert shown["accuracy"] == run.result["test_accuracy_selected"]
    assert shown["last"] == run.result["test_accuracy_last"]
    assert shown["realised_rate"] == pytest.approx(run.result["noise"]["realised_rate"], abs=1e-7)
    assert (shown["noise"], shown["level"], shown["seeds"], shown["runs"]) == ("flip", 0.3, "4", 1)
    (course,) = found["courses"]
    for name in ("test_accuracy", "train_loss"):
        assert course["means"][name] == pytest.approx([one[name] for one in run.metrics], abs=1e-6)
    (source,) = found["sources"]
    assert (source["path"], source["kind"], source["seeds"]) == (str(tmp_path / "flip"), "run", "4")
    assert f"torch {run.result['versions']['torch']}" in source["versions"][0]
    assert run.result["hardware"]["processor"] in source["hardware"][0]
    assert ["epochs", "2"] in source["settings"]
    assert made.heading == "digits: 1 trial, 1 done"


def test_of_knet_the_features_and_itself_are_shown_by_k(tmp_path):
    by_k = {"knn_accuracy": {"11": 0.81, "51": 0.82}, "knet_accuracy": {"11": 0.83, "51": 0.84}}
    write_run(tmp_path / "knet", method="knet", result=by_k)
    made = pynoise.report(tmp_path / "knet")
    accuracies = {label: rows[0]["accuracy"] for (_, label), rows in lines_in(made).items()}
    assert accuracies == {
        "knet, its network": 0.8,
        "mlp, K = 11, measured": 0.81,
        "mlp, K = 51, measured": 0.82,
        "knet, K = 11": 0.83,
        "knet, K = 51": 0.84,
    }
    assert made.states == {"done": 1}
    assert len(content(made.to_html())["courses"]) == 1


def test_means_over_seeds(runs):
    lines = lines_in(pynoise.report(runs))
    (point,) = lines["flip", "gce"]
    assert point["accuracy"] == pytest.approx(0.81)
    assert point["accuracy_sd"] == pytest.approx(stdev([0.8, 0.81, 0.82]), abs=1e-7)
    assert (point["runs"], point["seeds"]) == (3, "0, 1, 2")
    # What was trained without noise is level 0 of the noise that the series has.
    assert list(lines) == [("flip", "cross-entropy"), ("flip", "gce")]
    assert [one["level"] for one in lines["flip", "cross-entropy"]] == [0, 0.2, 0.4]
    assert lines["flip", "cross-entropy"][0]["accuracy"] == 0.95
    assert lines["flip", "cross-entropy"][0]["accuracy_sd"] is None


def test_courses_are_means_over_seeds(runs):
    found = content(pynoise.report(runs).to_html())
    (course,) = [one for one in found["courses"] if found["rows"][one["row"]]["accuracy"] == 0.81]
    assert course["runs"] == 3
    assert course["means"] == {
        "test_accuracy": pytest.approx([0.51, 0.61, 0.71]),
        "train_loss": pytest.approx([1, 1 / 2, 1 / 3], abs=1e-6),
    }


def test_a_page_has_room_for_so_many_courses(runs, monkeypatch):
    monkeypatch.setattr(courses, "MOST_COURSES", 3)
    found = content(pynoise.report(runs).to_html())
    assert (len(found["courses"]), found["courses_left_out"]) == (3, 1)


def test_other_options_are_another_series(tmp_path):
    write_run(tmp_path / "a", method="odd", options={"mixup": None, "p": 0.1}, accuracy=0.6)
    write_run(tmp_path / "b", method="odd", options={"mixup": 1.0, "p": 0.1}, accuracy=0.7)
    write_run(tmp_path / "c", method="gce", settings={"epochs": 9})
    made = pynoise.report(tmp_path)
    methods = [point.series.method for point in made.points]
    assert methods == ["gce", "odd (mixup=1.0)", "odd (mixup=none)"]
    (source,) = content(made.to_html())["sources"]
    settings = dict(source["settings"])
    assert (settings["epochs"], settings["odd: mixup"], settings["odd: p"]) == ("3, 9", "null, 1.0", "0.1")


def test_what_is_there_twice_counts_once(runs, tmp_path):
    write_run(tmp_path / "copy" / "seed-0", accuracy=0.8)
    once = pynoise.report(runs)
    assert pynoise.report([runs, runs / "gce", runs / "gce" / "seed-1"]).to_html() == once.to_html()
    made = pynoise.report([runs, tmp_path / "copy"])
    assert made.states == {"done": 9}
    assert lines_in(made)["flip", "gce"] == lines_in(once)["flip", "gce"]


def test_runs_that_are_not_finished(tmp_path):
    write_run(tmp_path / "a" / "seed-0", seed=0)
    write_run(tmp_path / "a" / "seed-1", seed=1, finished=False)
    made = pynoise.report(tmp_path / "a")
    assert made.heading == "digits: 2 trials, 1 done, 1 unfinished"
    found = content(made.to_html())
    (shown,) = found["rows"]
    assert (shown["runs"], shown["others"], shown["seeds"]) == (1, 1, "0")
    assert found["courses"][0]["runs"] == 2  # its epochs are as good as others


def test_a_sweep(tmp_path):
    rows = [row(k=k, seed=seed, accuracy=0.9 + 0.01 * seed) for k in (1, 11) for seed in (0, 1)]
    rows += [row(method="analytic", k=k, seed=None, hardware={"processor": "slide rule"}) for k in (1, 11)]
    settings = {"method": "gce", "options": {"q": 0.7}, "train": {"epochs": 2}}
    trained = {"network": "mlp", "space": None, "k": None, "method": "gce", "settings": settings}
    result = {"accuracy": 0.85, "test_accuracy_selected": 0.85, "test_accuracy_last": 0.84}
    rows += [row(**trained, result=result, epochs=[{"epoch": 1, "test_accuracy": 0.8}])]
    rows += [
        row(**trained, level=0.4, state="failed", error="Traceback\nTrainingError: the loss is no number")
    ]
    rows += [row(**trained, level=0.4, seed=1, state="queued")]
    rows += [row(**trained | {"space": "inputs"}, noise="concentrated", result=result)]
    *_, failed_key, _, _ = write_store(tmp_path / "s.db", rows)
    made = pynoise.report(tmp_path / "s.db")
    assert made.heading == "digits: 10 trials, 8 done, 1 failed, 1 queued"
    found = content(made.to_html())
    assert [one["label"] for one in found["series"]] == [
        "K = 1, predicted",
        "K = 1, measured",
        "K = 11, predicted",
        "K = 11, measured",
        "gce",
    ]
    looks = [one["look"] for one in found["series"]]
    assert looks[0] == looks[1] != looks[2] == looks[3] != looks[4]
    lines = lines_in(made)
    assert lines["flip", "K = 11, measured"][0]["accuracy"] == pytest.approx(0.905)
    assert (lines["flip", "gce"][0]["accuracy"], lines["flip", "gce"][0]["last"]) == (0.85, 0.84)
    assert lines["concentrated", "gce"][0]["level"] == 0.2
    (failed,) = found["failed"]
    words = ("flip", 0.4, "TrainingError: the loss is no number")
    assert (failed["noise"], failed["level"], failed["error"]) == words
    assert failed["name"] == failed_key
    assert [one["means"] for one in found["courses"]] == [{"test_accuracy": [0.8]}]
    (source,) = found["sources"]
    with Store.open(tmp_path / "s.db") as store:
        assert source["when"].startswith(f"{store.meta()['created']} to ")
    assert source["kind"] == "sweep"
    assert source["hardware"] == ["processor abacus", "processor slide rule"]
    assert dict(source["settings"]) == {"ties": "first", "gce: q": "0.7", "epochs": "2"}


def test_settings_of_a_sweep_and_of_a_run_are_compared(tmp_path):
    settings = {"method": "gce", "options": {}, "train": {"epochs": 2, "augment": "auto"}}
    same = {
        "network": "mlp",
        "space": None,
        "k": None,
        "method": "gce",
        "settings": settings,
        "accuracy": 0.7,
    }
    write_store(tmp_path / "s.db", [row(**same), row(**same | {"seed": 5})])
    write_run(tmp_path / "other", settings={"epochs": 3})
    write_run(tmp_path / "same", settings={"epochs": 2, "augment": "none"})
    other = pynoise.report([tmp_path / "s.db", tmp_path / "other"])
    assert [point.series.method for point in other.points] == ["gce (epochs=2)", "gce (epochs=3)"]
    (point,) = pynoise.report([tmp_path / "s.db", tmp_path / "same"]).points
    assert point.seeds == [0, 5]
    assert point.mean("accuracy") == pytest.approx(0.7)  # the run is that of the sweep


def test_metrics_that_are_no_numbers_are_left_out(tmp_path):
    folder = write_run(tmp_path / "run")
    (folder / "metrics.csv").write_text("epoch,test_accuracy,train_loss\n1,0.5,nan\n2,,inf\n3,0.7,\n")
    (course,) = content(pynoise.report(folder).to_html())["courses"]
    assert course["means"] == {"test_accuracy": [0.5, None, 0.7]}


def test_the_page_needs_nothing_and_may_fetch_nothing(runs):
    text = pynoise.report(runs).to_html()
    page = Page(text)
    assert text.startswith('<!doctype html>\n<html lang="en-GB">')
    links = [attrs for _, attrs in page.elements if {"src", "href"} & attrs.keys()]
    assert [one.get("src", one.get("href")) for one in links] == ["data:,", "#results"]
    (policy,) = [attrs["content"] for tag, attrs in page.elements if "http-equiv" in attrs]
    assert policy.startswith("default-src 'none'; ")
    assert not re.search(r"https?:|\*|unsafe-eval|script-src[^;]*unsafe", policy)
    # The two scripts that run are the two that may.
    for code in page.scripts[1:]:
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert len(page.scripts) == 3


def test_names_cannot_become_markup(tmp_path):
    names = {"data": HOSTILE, "method": HOSTILE, "noise": HOSTILE, "network": HOSTILE}
    write_run(tmp_path / "<b>&'\"", **names, options={"p": HOSTILE})
    made = pynoise.report(tmp_path / "<b>&'\"")
    page = Page(made.to_html())
    assert not [tag for tag, _ in page.elements if tag in ("img", "b")]
    found = json.loads(page.scripts[0])
    assert found["series"][0]["method"] == found["rows"][0]["noise"] == HOSTILE
    assert found["sources"][0]["path"].endswith("<b>&'\"")
    made.plot(tmp_path / "x.svg")  # no formula either
    assert "<img" not in (tmp_path / "x.svg").read_text()


def test_the_same_runs_give_the_same_bytes(runs, tmp_path):
    code = "import sys, pynoise; pynoise.report(sys.argv[1], sys.argv[2:])"
    for seed in "12":
        files = [str(tmp_path / f"{seed}{suffix}") for suffix in (".html", ".png", ".svg", ".pdf")]
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))}
        subprocess.run([sys.executable, "-c", code, str(runs), *files], check=True, env=environment)
    for suffix in (".html", ".png", ".svg", ".pdf"):
        assert (tmp_path / f"1{suffix}").read_bytes() == (tmp_path / f"2{suffix}").read_bytes()
    assert (tmp_path / "1.pdf").read_bytes().startswith(b"%PDF")


def test_a_page_is_made_without_torch_and_matplotlib(runs, tmp_path):
    code = (
        "import sys, pynoise; pynoise.report(sys.argv[1], sys.argv[2]); "
        "print([name for name in ('torch', 'matplotlib', 'pynoise.training') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(runs), str(tmp_path / "x.html")]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    assert done.stdout == "[]\n"


def test_the_picture_has_a_panel_a_noise(tmp_path):
    rows = [
        row(noise=noise, level=level, seed=seed, accuracy=0.9 - level + 0.02 * seed)
        for noise in ("flip", "uniform")
        for level in (0.1, 0.3)
        for seed in (0, 1)
    ]
    rows += [row(method="analytic", seed=None, accuracy=0.88, level=0.1)]
    write_store(tmp_path / "s.db", rows)
    figure = pynoise.report(tmp_path / "s.db").plot()
    flip, uniform = figure.axes
    assert (flip.get_title(), uniform.get_title()) == ("flip", "uniform")
    assert flip.get_ylim() == uniform.get_ylim()
    (measured,) = uniform.containers
    points, _, (bars,) = measured.lines
    assert points.get_xydata().tolist() == [[0.1, pytest.approx(0.81)], [0.3, pytest.approx(0.61)]]
    ends = bars.get_segments()[0][:, 1]
    assert (ends[1] - ends[0]) / 2 == pytest.approx(stdev([0.8, 0.82]))
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["K = 11, predicted", "K = 11, measured"]


def test_series_of_one_level_stand_side_by_side(tmp_path):
    write_store(tmp_path / "s.db", [row(k=k) for k in (1, 11, 51)])
    (axes,) = pynoise.report(tmp_path / "s.db").plot().axes
    places = [one.lines[0].get_xdata()[0] for one in axes.containers]
    assert places == sorted(set(places))
    assert sum(places) / 3 == pytest.approx(0.2)
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0.2"]


def test_a_picture_of_very_many_series_says_so(tmp_path):
    write_store(tmp_path / "s.db", [row(k=k) for k in range(1, 60)])
    figure = pynoise.report(tmp_path / "s.db").plot()
    assert figure.get_suptitle() == "digits, 28 of 59 series"
    assert len(figure.legends[0].get_texts()) == 28


def test_the_command(runs, run, tmp_path):
    code, out, err = run("report", "runs", "--out", "r.html", "--out", "r.svg", "--out", "r.PDF")
    assert (code, out) == (0, "digits: 8 trials, 8 done\n")
    assert err == "wrote r.html\nwrote r.svg\nwrote r.PDF\n"
    assert content((tmp_path / "r.html").read_text())["sources"][0]["path"] == "runs"
    assert b"<svg" in (tmp_path / "r.svg").read_bytes()
    code, out, _ = run("report", "--help")
    assert code == 0
    assert "sweep.db" in out


def damaged(tmp_path, name, content):
    folder = write_run(tmp_path / "run")
    (folder / name).write_text(content)
    return folder


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("config.json", "{", r"config\.json' is damaged: Expecting"),
        (
            "config.json",
            '{"record": "pynoise run", "format": 2}',
            "config.json' does not say that this is a run",
        ),
        (
            "config.json",
            '{"record": "pynoise run", "format": 1}',
            "config.json' is damaged: parts are missing",
        ),
        ("config.json", '{"record": "another"}', "run' holds no run"),
        ("config.json", "[]", "run' holds no run"),
        ("result.json", "[]", "result.json' is damaged: it holds no object"),
        ("result.json", "{}", "result.json' is damaged: parts are missing"),
        ("metrics.csv", "epoch,test_accuracy\n1,many\n", "metrics.csv' is damaged: could not convert"),
    ],
)
def test_damaged_files_are_named(tmp_path, name, text, words):
    folder = damaged(tmp_path, name, text)
    with pytest.raises((InputValueError, InputFileNotFoundError), match=f"^runs: .*{words}"):
        pynoise.report(folder).to_html()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"test_accuracy_last": "0.9"}, "result.json' is damaged: test_accuracy_last is '0.9'"),
        ({"seconds": True}, "result.json' is damaged: seconds is True"),
        ({"knet_accuracy": {"many": 0.9}}, "result.json' is damaged: knet_accuracy is {'many': 0.9}"),
        ({"knn_accuracy": 0.9}, "result.json' is damaged: knn_accuracy is 0.9"),
    ],
)
def test_results_of_another_kind_are_named(tmp_path, changes, words):
    with pytest.raises(InputValueError, match=f"^runs: .*{words}"):
        pynoise.report(write_run(tmp_path / "run", result=changes))


def test_other_files_of_that_name_are_passed_over(runs):
    (runs / "config.json").write_text('{"name": "somebody else\'s"}')
    assert pynoise.report(runs).states == {"done": 8}


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ("nowhere", InputFileNotFoundError, "runs: 'nowhere': there is no such file or folder"),
        (
            "empty",
            InputFileNotFoundError,
            "runs: 'empty' holds no run: neither it nor a folder in it has a run's",
        ),
        ("text.db", InputValueError, r"runs: 'text\.db' is neither the store of a sweep, \.db, nor a folder"),
        ("other.db", InputValueError, r"runs: 'other\.db' is a database of something else, not of a sweep"),
        ("cut.db", InputValueError, r"runs: 'cut\.db' is damaged"),
        ("none.db", InputValueError, r"runs: 'none\.db' is a sweep without a trial"),
        ("x" * 300, InputValueError, "is not a path that can be read"),
        (["runs", "nowhere"], InputFileNotFoundError, "runs: 'nowhere'"),
        ([], InputTypeError, r"runs: \[\] is no path and no list of paths"),
        (3, InputTypeError, "runs: 3 is no path and no list of paths"),
        ([3], InputTypeError, "runs: 3 is not the path of a sweep or a run"),
    ],
)
def test_what_is_no_run_and_no_sweep(runs, tmp_path, monkeypatch, given, kind, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.db").write_text("not of SQLite's format")
    (tmp_path / "cut.db").write_bytes(b"SQLite format 3\0" + bytes(1000))
    write_store("none.db", [])
    with closing(sqlite3.connect("other.db")) as connection:
        connection.execute("CREATE TABLE friends (name TEXT)")
    with pytest.raises(kind, match=words):
        pynoise.report(given)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("runs --out x.doc", "Invalid value for '--out': 'x.doc' must end in one of .html, .png, .svg, .pdf"),
        ("runs --out no/x.html", "Invalid value for '--out': 'no/x.html': there is no folder"),
        ("nowhere --out x.html", "Invalid value for 'RUNS': 'nowhere': there is no such file or folder"),
        ("runs", "Missing option '--out'"),
        ("--out x.html", "Missing argument 'RUNS...'"),
        ("none --out x.svg", "Invalid value for 'RUNS': nothing to draw: no trial has an accuracy"),
    ],
)
def test_mistakes_on_the_command_line(runs, run, tmp_path, line, words):
    write_run(tmp_path / "none" / "run", finished=False)
    code, out, err = run("report", *line.split())
    assert (code, out) == (2, "")
    assert words in err
    assert not [*tmp_path.glob("x.*")]


def test_without_plotly_a_page_says_what_to_install(runs, run, monkeypatch, tmp_path):
    plotly_code.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "plotly"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "plotly", None)  # importing it fails
    code, _, err = run("report", "nowhere", "--out", "x.html")  # before anything is read
    assert code == 2
    words = (
        "a page (.html) needs the package plotly, which is not installed: pip install 'pynoise-lab[report]'"
    )
    assert f"Invalid value for '--out': {words}" in err
    assert run("report", "runs", "--out", "x.svg")[0] == 0
