import json
import sqlite3
from contextlib import closing

import pytest

from pynoise import sweep
from pynoise.errors import InputError, InputValueError, SweepError
from pynoise.sweep import Store
from pynoise.sweep.store import Outcome
from pynoise.sweep.trial import Trial

ORIGINS = {"d": {"name": "digits"}}


def trial(k=5, seed=0, settings=None, **more):
    values = {"network": None, "space": "inputs", "noise": "flip", "level": 0.1} | more
    return Trial(
        "digits", "d", values.pop("method", "knn"), **values, seed=seed, k=k, settings=settings or {}
    )


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path / "sweep.db") as found:
        yield found


def test_states(store):
    trials = [trial(k) for k in (1, 2, 3)]
    assert store.add(trials, ORIGINS) == 3
    assert store.add(trials[::-1], ORIGINS) == 0
    assert [one.trial for one in store.trials()] == trials
    first, second, third = (one.key for one in trials)
    store.begin([first, second])
    assert [(one.state, one.attempts) for one in store.trials()] == [
        ("running", 1),
        ("running", 1),
        ("queued", 0),
    ]
    store.finish([Outcome(first, {"accuracy": 0.5}), Outcome(second, None, "Traceback …\nValueError: no")])
    assert store.counts() == {("digits", "knn", state): 1 for state in ("done", "failed", "queued")}
    ((failed, error),) = store.failures()
    assert (failed, error) == (trials[1], "Traceback …\nValueError: no")
    assert [row["error"] for row in store.rows()] == [None, "ValueError: no", None]
    assert store.requeue_all(["failed", "running"]) == 1
    assert [one.state for one in store.trials()] == ["done", "queued", "queued"]
    store.begin([second])
    store.requeue([second])
    assert [one.attempts for one in store.trials()] == [1, 2, 0]
    assert [row["error"] for row in store.rows()] == [None, None, None]
    assert third == next(one.key for one in store.trials("queued") if one.trial.k == 3)


def test_a_result_does_not_change(store):
    store.add([trial()], ORIGINS)
    key = trial().key
    store.begin([key])
    store.finish([Outcome(key, {"accuracy": 0.5}, None, [{"epoch": 0, "test_accuracy": 0.5}])])
    for change in (
        lambda: store.begin([key]),
        lambda: store.requeue([key]),
        lambda: store.finish([Outcome(key, {"accuracy": 0.6})]),
    ):
        with pytest.raises(SweepError, match="a result does not change"):
            change()
    assert store.requeue_all(["queued", "running", "failed"]) == 0
    with (
        closing(sqlite3.connect(store.path)) as other,
        pytest.raises(sqlite3.IntegrityError, match="a trial is not removed"),
    ):
        other.execute("DELETE FROM trials")
    assert [row["accuracy"] for row in store.rows()] == [0.5]
    assert store.metrics(key) == [{"epoch": 0, "test_accuracy": 0.5}]


def test_outcomes_are_kept_together_or_not_at_all(store):
    store.add([trial(1), trial(2)], ORIGINS)
    with pytest.raises(ValueError, match="Out of range float"):
        store.finish(
            [
                Outcome(trial(1).key, {"accuracy": 0.5}),
                Outcome(trial(2).key, {"accuracy": 0.5, "loss": float("nan")}),
            ]
        )
    assert {one.state for one in store.trials()} == {"queued"}


def test_rows_have_what_there_is(store):
    large = 2**64 - 1
    settings = {"train": {"epochs": 3, "lr": 0.1}, "method": "gce", "options": {"q": 0.7}}
    trials = [
        trial(k=None, seed=large, method="gce", network="mlp", space=None, settings=settings),
        trial(
            k=None,
            method="gce",
            network="mlp",
            space=None,
            settings=settings | {"train": {"epochs": 4, "lr": 0.1}},
        ),
        trial(settings={"ties": "first"}),
    ]
    store.add(trials, ORIGINS)
    result = {"accuracy": 0.25, "knn_accuracy": {"1": 0.5, "51": 0.75}, "epochs": 3, "ks": [1, 51]}
    store.finish([Outcome(trials[0].key, result), Outcome(trials[2].key, {"accuracy": 0.5, "seconds": 1.5})])
    first, second, third = store.rows()
    assert list(first) == list(second) == list(third)
    assert list(first)[:10] == [
        *("trial", "state", "dataset", "method", "network", "space", "noise", "level", "seed", "K"),
    ]
    assert (first["seed"], first["train.epochs"], second["train.epochs"]) == (large, 3, 4)
    assert "train.lr" not in first  # it is the same everywhere
    assert (first["knn_accuracy.51"], first["ks"], first["accuracy"]) == (0.75, "[1, 51]", 0.25)
    assert (third["K"], third["seconds"], third["knn_accuracy.51"], third["train.epochs"]) == (
        5,
        1.5,
        None,
        None,
    )
    assert second["state"] == "queued"
    assert second["accuracy"] is None


def test_where_results_come_from(store):
    store.add([trial(1), trial(2), trial(3)], ORIGINS)
    here = {"versions": {"pynoise": "1"}, "hardware": {"cores": 2}}
    there = {"versions": {"pynoise": "1"}, "hardware": {"cores": 4}}
    outcomes = [
        Outcome(trial(k).key, {"accuracy": 0.5}, provenance=one) for k, one in ((1, here), (2, there))
    ]
    store.finish(outcomes)
    meta = store.meta()
    assert meta["versions"] == [{"pynoise": "1"}]
    assert meta["hardware"] == [{"cores": 2}, {"cores": 4}]
    assert meta["data"] == {"digits": {"name": "digits"}}
    assert meta["created"].endswith("+00:00")


def test_it_is_read_while_it_is_written(store):
    store.add([trial(1)], ORIGINS)
    with Store.open(store.path) as reader:
        assert len(reader.rows()) == 1
        with store._writing():
            assert len(reader.rows()) == 1  # nobody waits
        store.add([trial(2)], ORIGINS)
        assert len(reader.rows()) == 2
        with pytest.raises(OSError, match="readonly"):
            reader.add([trial(3)], ORIGINS)


def test_where_nothing_may_be_written(tmp_path, store, monkeypatch):
    store.add([trial()], ORIGINS)
    store.close()
    from pynoise.sweep import opening

    usual = opening._connect
    monkeypatch.setattr(opening, "_connect", lambda address: usual(address.replace("mode=rw", "mode=ro")))
    with pytest.raises(OSError, match="readonly database") as caught:
        Store.create(store.path)
    assert caught.value.filename == str(store.path)


def test_a_folder_that_is_read_only(tmp_path, store, monkeypatch):
    """SQLite has no place for what readers share: it is read all the same."""
    store.add([trial()], ORIGINS)
    store.close()
    from pynoise.sweep import opening

    usual = opening._connect

    def connect(address):
        if "immutable" not in address:
            raise sqlite3.OperationalError("unable to open database file")
        return usual(address)

    monkeypatch.setattr(opening, "_connect", connect)
    with Store.open(store.path) as reader:
        assert len(reader.rows()) == 1


def test_files_that_are_no_store(tmp_path):
    (tmp_path / "text.db").write_text(
        "This is no database, but it is as long as the head of one must be. " * 9
    )
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE meta (name TEXT)")
    with Store.create(tmp_path / "new.db"):
        pass
    with closing(sqlite3.connect(tmp_path / "new.db")) as newer, newer:
        newer.execute("UPDATE meta SET value = '2' WHERE key = 'format'")
        newer.execute("UPDATE meta SET value = '9.1' WHERE key = 'version'")
    said = {
        "text.db": "is damaged, or no store: file is not a database",
        "other.db": "is a database of something else",
        "new.db": "has format 2, written by pynoise 9.1; this one reads format 1",
    }
    for name, words in said.items():
        before = (tmp_path / name).read_bytes()
        for call in (Store.open, Store.create, lambda path: sweep.run(sweep.Grid(), path), sweep.cancel):
            with pytest.raises(InputValueError, match=words) as caught:
                call(tmp_path / name)
            assert caught.value.argument == "store"
        assert (tmp_path / name).read_bytes() == before


def test_a_store_that_is_cut_short(tmp_path, store):
    store.add([trial(k) for k in range(1, 400)], ORIGINS)
    store.close()
    content = store.path.read_bytes()
    store.path.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="is damaged"), Store.open(store.path) as found:
        found.rows()


def test_a_file_without_content_becomes_a_store(tmp_path):
    (tmp_path / "sweep.db").touch()
    with Store.create(tmp_path / "sweep.db") as found:
        assert found.rows() == []


def test_export(tmp_path, store):
    import pyarrow.parquet

    store.add([trial(1), trial(2, level=None, seed=None)], ORIGINS)
    store.finish([Outcome(trial(1).key, {"accuracy": 0.1 + 0.2, "seconds": 2.0})])
    assert sweep.export(store.path, tmp_path / "t.csv") == 2
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert lines[0].startswith(
        "trial,state,dataset,method,network,space,noise,level,seed,K,accuracy,seconds,"
    )
    assert ",done,digits,knn,,inputs,flip,0.1,0,1,0.30000000000000004,2.0,0," in lines[1]
    assert ",queued,digits,knn,,inputs,flip,,,2,,,0," in lines[2]
    sweep.export(store.path, tmp_path / "t.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "t.parquet").to_pylist() == store.rows()
    with pytest.raises(InputValueError, match=r"must end in one of \.csv, \.parquet"):
        sweep.export(store.path, tmp_path / "t.txt")


def test_export_of_what_is_large_or_the_store_itself(tmp_path):
    import pyarrow.parquet

    with Store.create(tmp_path / "sweep.csv") as store:
        store.add([trial(1, seed=2**64 - 1), trial(2, seed=0)], ORIGINS)
    sweep.export(tmp_path / "sweep.csv", tmp_path / "t.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "t.parquet")["seed"].to_pylist() == [2**64 - 1, 0]
    with pytest.raises(InputValueError, match="is the store; name another file"):
        sweep.export(tmp_path / "sweep.csv", tmp_path / "sweep.csv")


def test_files_that_lie_elsewhere_now(store):
    before = trial(settings={"noise_sha256": "0", "noise_path": "/there/n.npz"})
    after = trial(settings={"noise_sha256": "0", "noise_path": "/here/n.npz"})
    assert before.key == after.key
    store.add([before, trial(1)], {"d": {"name": "/there/d.npz"}})
    store.finish([Outcome(trial(1).key, {"accuracy": 0.5})])
    assert store.add([after, trial(1)], {"d": {"name": "/here/d.npz"}}) == 0
    assert store.origin("d") == {"name": "/here/d.npz"}
    assert [one.trial for one in store.trials()] == [after, trial(1)]
    assert [one.state for one in store.trials()] == ["queued", "done"]


def test_parts_that_are_missing(tmp_path, store):
    store.add([trial()], ORIGINS)
    with closing(sqlite3.connect(store.path)) as other, other:
        other.execute("DROP TABLE words")
    with pytest.raises(InputValueError, match="is damaged"):
        store.rows()


def test_a_store_without_trials_has_no_table(tmp_path, store):
    with pytest.raises(InputValueError, match="holds no trial"):
        sweep.export(store.path, tmp_path / "t.csv")


def test_the_schema_is_what_the_format_says(store):
    """Another schema is another format: who changes one changes the other."""
    with closing(sqlite3.connect(store.path)) as other:
        names = {name for (name,) in other.execute("SELECT name FROM sqlite_master WHERE sql NOTNULL")}
        meta = dict(other.execute("SELECT * FROM meta"))
    assert names == {
        "meta",
        "data",
        "words",
        "trials",
        "epochs",
        "trials_by_state",
        "results_stay",
        "trials_stay",
    }
    assert meta["format"] == "1"
    assert meta["record"] == "pynoise sweep"
    assert json.loads(json.dumps(meta)) == meta
