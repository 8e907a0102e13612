import shutil
from collections import Counter

import numpy as np
import pytest

from pynoise import _core, accuracy_curve, knn, noise, seeds, sweep
from pynoise.errors import InputError, InputFileNotFoundError, InputTypeError, InputValueError
from pynoise.sweep import Grid, Store
from pynoise.sweep.expand import expand
from pynoise.sweep.plan import plan
from pynoise.training import Run, train
from tests.sweeps import results, rows_of, states

VOTES = Grid(
    noise=["flip", "symmetric", "4:9,9:4", "general", "hubness"], level=[0.0, 0.2], seed=[0, 7], K=[1, 11, 51]
)
NETWORKS = Grid(
    method=["cross-entropy", "gce:q=0.5", "knn"],
    space=["inputs", "features"],
    noise=["flip", "concentrated"],
    level=[0.0, 0.2],
    K=[11],
    train={"epochs": 2, "batch_size": 64},
)


@pytest.fixture(scope="module")
def voted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("votes")
    summary = sweep.run(VOTES, folder / "sweep.db", workers=2)
    return folder / "sweep.db", summary


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks")
    summary = sweep.run(NETWORKS, folder / "sweep.db", workers=2, device="cpu")
    return folder / "sweep.db", summary


def test_all_are_done_once(voted):
    path, summary = voted
    assert summary.counts == {"queued": 0, "running": 0, "done": 5 * 2 * 3 * 2 + 5 * 2 * 3 + 6, "failed": 0}
    assert summary.new == summary.ran == summary.counts["done"]
    with Store.open(path) as store:
        rows = store.rows()
        meta = store.meta()
    assert {row["attempts"] for row in rows} == {1}
    assert [one["pynoise"] for one in meta["versions"]] == [_core.__version__]
    assert meta["hardware"][0]["threads"] == 1
    assert meta["data"] == {"digits": {"name": "digits"}}
    assert not (path.parent / "sweep.db.runs" / "runs").exists()


def test_measured_votes_are_those_of_the_slow_way(voted, digits):
    path, _ = voted
    indices, _ = knn.search(digits.x_train, digits.x_test, 51)
    for kind, options in {"flip": {}, "symmetric": {}, "flip map": {"label_map": "4:9,9:4"}}.items():
        name = options.get("label_map", kind)
        for level, seed in ((0.0, 0), (0.2, 0), (0.2, 7)):
            record = noise.make(
                digits.y_train,
                kind.split()[0],
                level,
                seed=seeds.split(seed, "noise"),
                num_classes=10,
                **options,
            )
            for k in (1, 11, 51):
                votes = np.stack([np.bincount(record.noisy[row[:k]], minlength=10) for row in indices])
                (row,) = rows_of(path, method="knn", noise=name, level=level, seed=seed, K=k)
                assert row["accuracy"] == np.mean(votes.argmax(axis=1) == digits.y_test)
                assert row["realised_rate"] == record.realised_rate
                assert row["selected_fraction"] == record.selected_fraction


def test_predicted_votes_are_those_of_a_curve(voted):
    path, _ = voted
    for name in ("flip", "symmetric", "4:9,9:4", "hubness"):
        curve = accuracy_curve("digits", [1, 11, 51], name, [0.0, 0.2], measure=False)
        for expected in curve.rows:
            (row,) = rows_of(path, method="analytic", noise=name, level=expected["level"], K=expected["k"])
            assert row["seed"] is None
            assert row["accuracy"] == pytest.approx(expected["analytic"], abs=1e-12)
    curve = accuracy_curve("digits", [11], "general", [0.2], measure=False, seed=7)
    (row,) = rows_of(path, method="analytic", noise="general", level=0.2, K=11, seed=7)
    assert row["accuracy"] == pytest.approx(curve.rows[0]["analytic"], abs=1e-12)


def test_asked_twice_nothing_runs(voted):
    path, _ = voted
    before = states(path)
    summary = sweep.run(VOTES, path)
    assert (summary.new, summary.ran) == (0, 0)
    assert states(path) == before


def test_more_is_added(voted, tmp_path):
    path, _ = voted
    shutil.copy(path, tmp_path / "more.db")
    before = states(path)
    summary = sweep.run(Grid(noise=["flip"], level=[0.2], seed=[0, 7], K=[11, 101]), tmp_path / "more.db")
    assert (summary.new, summary.ran) == (3, 3)  # 101, two measured and one predicted
    after = states(tmp_path / "more.db")
    assert before.items() <= after.items()


def test_a_network_is_trained_as_train_does(trained, tmp_path):
    path, summary = trained
    assert summary.counts["failed"] == 0
    (row,) = rows_of(path, method="cross-entropy", noise="flip", level=0.2)
    own = train("digits", noise="flip", level=0.2, out=tmp_path / "run", epochs=2, batch_size=64, threads=1)
    assert row["test_accuracy_selected"] == row["accuracy"] == own.result["test_accuracy_selected"]
    assert row["realised_rate"] == own.result["noise"]["realised_rate"]
    with Store.open(path) as store:
        metrics = store.metrics(row["trial"])
    assert [one["test_accuracy"] for one in metrics] == [one["test_accuracy"] for one in own.metrics]
    kept = Run.load(path.parent / "sweep.db.runs" / "runs" / row["run"])
    assert kept.result["test_accuracy_last"] == row["test_accuracy_last"]


def test_all_methods_have_the_same_labels(trained, digits):
    path, _ = trained
    (network,) = rows_of(path, method="gce:q=0.5", noise="flip", level=0.2)
    record = Run.load(path.parent / "sweep.db.runs" / "runs" / network["run"]).record
    indices, _ = knn.search(digits.x_train, digits.x_test, 11)
    (vote,) = rows_of(path, method="knn", noise="flip", level=0.2, space="inputs")
    assert vote["accuracy"] == knn.vote_accuracy(indices, record.noisy, digits.y_test, [11], 10)[0]


def test_votes_among_features_of_the_clean_network(trained, digits):
    path, _ = trained
    (clean,) = rows_of(path, method="cross-entropy", noise="flip", level=0.0)
    (features,) = (path.parent / "sweep.db.runs" / "features").glob("*.npz")
    assert features.stem == clean["run"]  # the trial's own run is that of the space
    from pynoise.data import load

    space = load(features)
    indices, _ = knn.search(space.x_train, space.x_test, 11)
    record = noise.make(
        digits.y_train, "concentrated", 0.2, seed=seeds.split(0, "noise"), features=space.x_train
    )
    (vote,) = rows_of(path, method="knn", noise="concentrated", level=0.2, space="features")
    assert vote["accuracy"] == knn.vote_accuracy(indices, record.noisy, digits.y_test, [11], 10)[0]
    (network,) = rows_of(path, method="cross-entropy", noise="concentrated", level=0.2, space="features")
    kept = Run.load(path.parent / "sweep.db.runs" / "runs" / network["run"]).record
    assert (kept.noisy == record.noisy).all()


def test_what_is_shared_is_done_once(trained):
    path, _ = trained
    folder = path.parent / "sweep.db.runs"
    assert len(list((folder / "neighbours").glob("*.npz"))) == 2
    assert len(list((folder / "features").glob("*.npz"))) == 1
    rows = rows_of(path, K=None)
    # At level 0 every noise is the same work, wherever it would be placed.
    assert len({row["run"] for row in rows if row["level"] == 0}) == 2
    assert len(list((folder / "runs").iterdir())) == len({row["run"] for row in rows})


def test_the_number_of_workers_changes_nothing(voted, trained, tmp_path):
    for grid, (path, _) in ((VOTES, voted), (NETWORKS, trained)):
        other = tmp_path / path.parent.name
        other.mkdir()
        sweep.run(grid, other / "sweep.db", workers=1, device="cpu")
        assert results(other / "sweep.db") == results(path)


def test_jobs_are_few():
    """Thousands of votes are some calls, not thousands of processes."""
    grid = Grid(noise=["flip", "uniform"], level=[i / 100 for i in range(100)], seed=[0, 1, 2], K=[1, 11, 51])
    expanded = expand(grid)

    class Stored:
        def __init__(self, trial):
            self.trial, self.key = trial, trial.key

    jobs = plan([Stored(trial) for trial in expanded.trials], expanded.origins)
    assert sum(len(job.trials) for job in jobs) == len(expanded.trials) == 2400
    assert Counter(job.task["kind"] for job in jobs) == {"neighbours": 1, "votes": 6}


def test_settings_that_differ_are_columns(tmp_path, blobs):
    for ties in ("first", "strict"):
        grid = Grid(dataset=[blobs], method=["knn"], level=[0.4], K=[4], knn={"ties": ties})
        sweep.run(grid, tmp_path / "sweep.db")
    rows = rows_of(tmp_path / "sweep.db")
    assert [row["ties"] for row in rows] == ["first", "strict"]
    assert rows[0]["accuracy"] > rows[1]["accuracy"]


def test_what_it_may_take(tmp_path, voted):
    path, _ = voted
    found = sweep.foresee(VOTES, tmp_path / "none.db")
    assert {row["state"] for row in found.rows} == {"new"}
    assert len(found.rows) == 96
    assert 0 < found.seconds < 60
    assert not (tmp_path / "none.db").exists()
    there = sweep.foresee(VOTES, path)
    assert {row["state"] for row in there.rows} == {"done"}
    assert there.seconds == 0
    assert "96 trials, 0 to run" in there.text()


def test_what_networks_may_take(one_thread):
    found = sweep.foresee(
        Grid(method=["cross-entropy"], level=[0.0, 0.2], train={"epochs": 40}), device="cpu", workers=1
    )
    more = sweep.foresee(
        Grid(method=["cross-entropy"], level=[0.0, 0.2], train={"epochs": 40_000}), device="cpu", workers=1
    )
    assert 5 < found.seconds < 60
    assert more.seconds > 50 * found.seconds
    assert "2 trials, 2 to run, about " in found.text()


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"engine": "spark"}, "engine"),
        ({"workers": 0}, "workers"),
        ({"cpus": 0}, "cpus"),
        ({"gpus": 0}, "gpus"),
        ({"gpus": 2}, "gpus"),
        ({"device": "tpu"}, "device"),
        ({"retries": -1}, "retries"),
        ({"address": "10.0.0.1:6379"}, "address"),
        ({"engine": "ray", "address": "nonsense"}, "address"),
        ({"progress": 7}, "progress"),
        ({"download": "yes"}, "download"),
    ],
)
def test_arguments_that_will_not_do(tmp_path, options, argument):
    with pytest.raises(InputError) as caught:
        sweep.run(Grid(), tmp_path / "sweep.db", **options)
    assert caught.value.argument == argument
    assert not (tmp_path / "sweep.db").exists()


def test_places_where_no_store_can_be(tmp_path):
    with pytest.raises(InputFileNotFoundError, match="there is no folder"):
        sweep.run(Grid(), tmp_path / "gone" / "sweep.db")
    with pytest.raises(InputValueError, match="is a folder"):
        sweep.run(Grid(), tmp_path)
    with pytest.raises(InputTypeError, match="not the path"):
        sweep.run(Grid(), 7)
    with pytest.raises(InputFileNotFoundError, match="there is no file"):
        sweep.resume(tmp_path / "gone.db")
    assert not list(tmp_path.iterdir())


def test_a_mistake_in_the_grid_leaves_nothing(tmp_path):
    with pytest.raises(InputValueError):
        sweep.run(Grid(noise=["flap"]), tmp_path / "sweep.db")
    assert not list(tmp_path.iterdir())


def test_what_alone_knows_the_data_by_name_and_what_wants_a_record(tmp_path):
    grid = Grid(
        method=["co-teaching", "knn"],
        space=["features"],
        noise=["semantic-asymmetric"],
        level=[0.0, 0.2],
        K=[5],
        train={"epochs": 1},
    )
    summary = sweep.run(grid, tmp_path / "sweep.db", device="cpu")
    assert summary.counts["failed"] == 0
    (row,) = rows_of(tmp_path / "sweep.db", method="co-teaching", level=0.0)
    own = train(
        "digits", noise="flip", level=0.0, method="co-teaching", out=tmp_path / "run", epochs=1, threads=1
    )
    assert row["test_accuracy_last"] == own.result["test_accuracy_last"]


def test_what_is_out_of_reach_takes_no_time():
    found = sweep.foresee(Grid(method=["knn"], noise=["hubness"], level=[0.2, 0.999], K=[5]))
    assert found.seconds >= 0


def test_its_names_are_there():
    assert {"run", "resume", "Grid", "Store"} <= set(dir(sweep))
