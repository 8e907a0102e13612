"""Neighbours that are kept, and the queries that they may be of."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
from reference import neighbors as twin

import pynoise
from pynoise import data, knn, seeds
from pynoise._fingerprint import Fingerprint
from pynoise.data.subset import draw_queries, with_queries
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError


def small_data(n=120, m=40, seed=0, dtype=np.float64):
    """Overlapping classes in the plane."""
    rng = np.random.default_rng(seed)
    y = [rng.integers(0, 3, size).astype(np.int32) for size in (n, m)]
    x = [(labels[:, None] + rng.normal(scale=0.6, size=(len(labels), 2))).astype(dtype) for labels in y]
    return data.Dataset(x[0], y[0], x[1], y[1], ("a", "b", "c"), "small")


@pytest.fixture(scope="module")
def dataset():
    return small_data()


@pytest.fixture
def file(dataset, tmp_path):
    knn.neighbors(dataset, 9).save(tmp_path / "nn.npz")
    return tmp_path / "nn.npz"


def rewrite(path, **changes):
    """Write the arrays of a file anew with changes, None for left out; of `meta` only its parts."""
    with np.load(path) as content:
        arrays = dict(content)
    if isinstance(changes.get("meta"), dict):
        changes["meta"] = np.array(json.dumps(json.loads(arrays["meta"].item()) | changes["meta"]))
    arrays = {key: value for key, value in (arrays | changes).items() if value is not None}
    np.savez(path, **arrays)


def test_neighbours_are_those_of_the_search(dataset):
    found = knn.neighbors(dataset, 7)
    indices, distances = twin.search(dataset.x_train, dataset.x_test, 7)
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_array_equal(found.distances, distances)
    assert (found.k, found.metric, found.engine, found.of, found.exclude_self) == (
        7,
        "euclidean",
        "exact",
        "test",
        False,
    )
    assert found.queries is None
    assert found.statistics.pairs == 120 * 40
    assert found.versions["pynoise"] == pynoise.__version__
    assert found.seconds > 0


def test_the_training_set_against_itself_leaves_each_out_of_its_own(dataset):
    found = knn.neighbors(dataset, 119, of="train")
    assert found.exclude_self
    assert found.query == found.train
    for i, row in enumerate(found.indices):
        assert sorted(row) == [j for j in range(120) if j != i]
    # An equal row is another example: it stays.
    twice = data.Dataset(np.zeros((4, 2)), [0, 1, 0, 1], np.zeros((1, 2)), [0])
    assert knn.neighbors(twice, 3, of="train").indices.tolist() == [
        [1, 2, 3],
        [0, 2, 3],
        [0, 1, 3],
        [0, 1, 2],
    ]


@pytest.mark.parametrize("options", [{}, {"queries": 11, "seed": 5}, {"of": "train"}, {"metric": "cosine"}])
def test_a_file_gives_back_what_was_saved(dataset, tmp_path, options):
    found = knn.neighbors(dataset, 9, **options)
    found.save(tmp_path / "nn.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["nn.npz"]
    again = knn.Neighbors.load(tmp_path / "nn.npz")
    assert again.path == str(tmp_path / "nn.npz")
    for name in ("indices", "distances", "queries"):
        one, other = getattr(found, name), getattr(again, name)
        np.testing.assert_array_equal(one, other)
        assert getattr(one, "dtype", None) == getattr(other, "dtype", None)
    for name in ("metric", "engine", "of", "seed", "train", "query", "data", "seconds", "versions"):
        assert getattr(found, name) == getattr(again, name)
    assert found.statistics == again.statistics
    again.check(dataset)


def test_a_fingerprint_is_of_dtype_shape_and_values_alone(tmp_path, monkeypatch):
    rows = np.arange(60, dtype=np.float32).reshape(10, 2, 3)
    want = hashlib.sha256(b"float32 10,2,3\n" + rows.tobytes()).hexdigest()
    on_disk = np.memmap(tmp_path / "rows", np.float32, "w+", shape=rows.shape)
    on_disk[:] = rows
    wide = np.zeros((20, 2, 6), np.float32)
    wide[::2, :, ::2] = rows
    for block in (1, 100, 2**24):
        monkeypatch.setattr("pynoise._fingerprint._BLOCK", block)
        for layout in (rows, on_disk, np.asfortranarray(rows), wide[::2, :, ::2], rows.astype(">f4")):
            assert Fingerprint.of(layout) == Fingerprint("float32", (10, 2, 3), want)
    for other in (rows.reshape(10, 6), rows.view(np.int32), rows + 1, rows[:9]):
        assert Fingerprint.of(other) != Fingerprint.of(rows)
    assert str(Fingerprint.of(rows)) == "float32 [10, 2, 3]"


def test_queries_are_drawn_by_the_seed_and_more_add_to_fewer(dataset):
    few, more = (draw_queries(dataset, count, 7) for count in (10, 25))
    assert len(set(few)) == 10
    assert list(few) == sorted(few)
    assert set(few) < set(more)
    assert few.tolist() == draw_queries(dataset, 10, 7).tolist() != draw_queries(dataset, 10, 8).tolist()
    assert draw_queries(dataset, 40, 0).tolist() == list(range(40))
    # Value-stable: the same on every machine and in every version.
    assert seeds.split(7, "queries") == 5316059902749309043
    assert draw_queries(small_data(m=10), 3, 7).tolist() == [5, 6, 9]
    part = with_queries(dataset, few)
    assert part.x_train is dataset.x_train
    assert (part.name, part.names) == (dataset.name, dataset.names)
    np.testing.assert_array_equal(part.x_test, dataset.x_test[few])
    np.testing.assert_array_equal(part.y_test, dataset.y_test[few])
    assert len(dataset.y_test) == 40


@pytest.mark.parametrize("model", ["iid", "fixed"])
@pytest.mark.parametrize("ties", ["first", "random"])
def test_a_curve_with_neighbours_has_the_very_same_rows(dataset, file, ties, model, monkeypatch):
    options = {"k": [1, 5, 9], "noise": "uniform", "repeats": 3, "ties": ties, "model": model}
    want = pynoise.accuracy_curve(dataset, **options)
    monkeypatch.setattr("pynoise.knn.search", None)
    for given in (file, str(file), knn.Neighbors.load(file)):
        curve = pynoise.accuracy_curve(dataset, **options, neighbors=given)
        assert curve.rows == want.rows
        assert curve.tolerance(0.5) == want.tolerance(0.5)
        assert curve.meta["neighbours"] == {"source": str(file), "metric": "euclidean", "engine": "exact"}
    assert want.meta["neighbours"]["source"] == "search"


def test_a_curve_says_what_its_neighbours_are(dataset):
    found = knn.neighbors(dataset, 9, metric="cosine")
    curve = pynoise.accuracy_curve(dataset, 9, neighbors=found, measure=False)
    assert curve.meta["neighbours"] == {"source": "given", "metric": "cosine", "engine": "exact"}
    euclidean = pynoise.accuracy_curve(dataset, 9, measure=False)
    assert curve.rows != euclidean.rows
    softmax = np.full((40, 3), 1 / 3)
    assert pynoise.accuracy_curve(dataset, 9, clean=softmax, measure=False).meta["neighbours"] is None


def test_ideal_neighbours_are_known_unless_they_are_given():
    # By the cosine all of one feature are equally near: nothing is learnt.
    ideal = data.ideal(3, 20)
    found = knn.neighbors(ideal, 5, metric="cosine")
    given = pynoise.accuracy_curve(ideal, 5, levels=[0], neighbors=found, measure=False)
    assert given.rows[0]["analytic"] < 0.9
    assert pynoise.accuracy_curve(ideal, 5, levels=[0], measure=False).rows[0]["analytic"] == pytest.approx(1)


def test_a_fit_with_neighbours_is_the_same_and_ends_at_their_k(dataset, file, monkeypatch):
    levels = [0.0, 0.2, 0.4, 0.6]
    accuracy = [0.8, 0.7, 0.6, 0.3]
    want = pynoise.fit_k(levels, accuracy, dataset, ks=[1, 4, 9])
    monkeypatch.setattr("pynoise.knn.search", None)
    fit = pynoise.fit_k(levels, accuracy, dataset, ks=[1, 4, 9], neighbors=file)
    assert (fit.k, fit.rss, fit.rows) == (want.k, want.rss, want.rows)
    assert fit.meta["neighbours"]["source"] == str(file)
    assert pynoise.fit_k(levels, accuracy, dataset, neighbors=file).ks[-1] == 9
    with pytest.raises(InputValueError, match=r"ks: 10 is too large; give at most 9, as many as '.*nn\.npz'"):
        pynoise.fit_k(levels, accuracy, dataset, ks=[10], neighbors=file)


def test_queries_give_the_same_rows_both_ways_and_by_hand(dataset, tmp_path):
    options = {"k": [1, 9], "noise": "flip", "repeats": 2, "seed": 4}
    once, again = (pynoise.accuracy_curve(dataset, **options, queries=15) for _ in range(2))
    part = with_queries(dataset, draw_queries(dataset, 15, 4))
    by_hand = pynoise.accuracy_curve(part, **options)
    knn.neighbors(dataset, 9, queries=15, seed=4).save(tmp_path / "q.npz")
    kept = pynoise.accuracy_curve(dataset, **options, neighbors=tmp_path / "q.npz")
    assert once.rows == again.rows == by_hand.rows == kept.rows
    assert once.meta["queries"] == kept.meta["queries"] == {"count": 15, "of": 40, "seed": 4}
    assert once.meta["test_examples"] == 15
    assert by_hand.meta["queries"] is None
    # The file's seed chose the queries, the curve's draws the noise.
    other = pynoise.accuracy_curve(dataset, **options | {"seed": 5}, neighbors=tmp_path / "q.npz")
    assert other.meta["queries"]["seed"] == 4
    assert [row["analytic"] for row in other.rows] == [row["analytic"] for row in once.rows]
    assert [row["measured"] for row in other.rows] != [row["measured"] for row in once.rows]
    all_of_them = pynoise.accuracy_curve(dataset, **options, queries=40)
    assert all_of_them.rows == pynoise.accuracy_curve(dataset, **options).rows


def test_distributions_belong_to_all_test_examples(dataset):
    rows = np.random.default_rng(0).dirichlet(np.ones(3), 40)
    found = knn.neighbors(dataset, 9, queries=15, seed=2)
    want = pynoise.accuracy_curve(
        with_queries(dataset, found.queries), 9, clean=rows[found.queries], repeats=2, seed=2
    ).rows
    assert pynoise.accuracy_curve(dataset, 9, clean=rows, queries=15, repeats=2, seed=2).rows == want
    assert pynoise.accuracy_curve(dataset, 9, clean=rows, neighbors=found, repeats=2, seed=2).rows == want
    levels = [0.0, 0.3, 0.6]
    accuracy = [row["analytic"] for row in want if row["level"] in levels]
    fit = pynoise.fit_k(levels, accuracy, dataset, clean=rows, neighbors=found, ks=[9, 40])
    assert fit.rss[0] < 1e-24
    with pytest.raises(InputValueError, match=r"clean: has shape \(15, 3\); give a row a test example"):
        pynoise.accuracy_curve(dataset, 9, clean=rows[:15], queries=15)


def test_many_neighbours_of_features_from_a_file(run, tmp_path):
    rng = np.random.default_rng(1)
    y = rng.integers(0, 4, 1300)
    x = (rng.normal(size=(1300, 16)) + y[:, None]).astype(np.float32)
    np.savez(tmp_path / "f.npz", x_train=x[:1200], y_train=y[:1200], x_test=x[1200:], y_test=y[1200:])
    assert run("neighbors", "f.npz", "--k", 1001, "--queries", 30, "--out", "nn.npz")[0] == 0
    options = ["--dataset", "f.npz", "--K", "1,1001", "--levels", "0,0.5", "--repeats", 2, "--json"]
    _, kept, _ = run("curve", *options, "--neighbors", "nn.npz")
    _, searched, _ = run("curve", *options, "--queries", 30)
    assert json.loads(kept)["rows"] == json.loads(searched)["rows"]


def changed(dataset, part, value):
    rows = getattr(dataset, part).copy()
    rows[3] += value
    return replace(dataset, **{part: rows})


@pytest.mark.parametrize("options", [{}, {"queries": 12}])
def test_other_data_are_refused(dataset, options):
    found = knn.neighbors(dataset, 5, **options)
    cure = "; give the data that were searched, or search these"
    same = replace(dataset, y_train=dataset.y_train[::-1], y_test=dataset.y_test[::-1], name="other")
    found.check(same)
    queried = 3 if found.queries is None else int(found.queries[0])
    other = dataset.x_test.copy()
    other[queried] += 1e-12
    for wrong, message in (
        (
            changed(dataset, "x_train", 1e-12),
            "is of the training examples float64 [120, 2] of 'small'; those of 'small' have other values",
        ),
        (
            small_data(dtype=np.float32),
            "is of the training examples float64 [120, 2] of 'small'; those of 'small' are float32 [120, 2]",
        ),
        (small_data(n=119), "those of 'small' are float64 [119, 2]"),
        (data.load("digits"), "those of 'digits' are uint8 [1297, 8, 8]"),
        (
            replace(dataset, x_test=other),
            f"is of the test examples float64 [{len(found.indices)}, 2] of 'small'; those of 'small' have",
        ),
    ):
        with pytest.raises(InputValueError) as caught:
            found.check(wrong)
        assert str(caught.value).startswith("neighbors: the record given is of the ")
        assert message in str(caught.value)
        assert str(caught.value).endswith(cure)
        with pytest.raises(InputValueError, match="neighbors: the record given is of the"):
            pynoise.accuracy_curve(wrong, 5, neighbors=found)
    fewer = replace(dataset, x_test=dataset.x_test[:9], y_test=dataset.y_test[:9])
    with pytest.raises(InputValueError, match=r"those of 'small' are float64 \[9, 2\]|'small' has 9;"):
        found.check(fewer)


def test_examples_that_were_not_drawn_do_not_matter(dataset):
    found = knn.neighbors(dataset, 5, queries=12)
    other = dataset.x_test + 1
    other[found.queries] = dataset.x_test[found.queries]
    found.check(replace(dataset, x_test=other))
    itself = knn.neighbors(dataset, 5, of="train")
    itself.check(replace(dataset, x_test=other))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"indices": None}, "it has no indices"),
        ({"meta": None}, "it has no meta"),
        ({"indices": np.full((40, 9), 120, np.int32)}, "indices: is not within the 120 training examples"),
        ({"indices": np.full((40, 9), -1, np.int32)}, "indices: is not within the 120 training examples"),
        ({"indices": np.zeros((40, 9))}, "indices: is float64 of shape (40, 9); wanted is int32 with 2 axes"),
        ({"indices": np.zeros((40, 8), np.int32)}, "distances: has shape (40, 9); indices have (40, 8)"),
        (
            {"indices": np.zeros((39, 9), np.int32), "distances": np.zeros((39, 9), np.float32)},
            "indices: has 39 rows for 40 examples",
        ),
        ({"queries": np.arange(39)}, "queries: has 39 numbers for 40 rows"),
        ({"queries": np.arange(40)[::-1]}, "queries: is not in order, or names an example twice"),
        ({"queries": np.arange(40) - 1}, "queries: is not in order"),
        ({"meta": np.array("{")}, "its record is damaged (JSONDecodeError"),
        ({"meta": np.array("3")}, "its record is damaged (TypeError"),
        ({"meta": np.zeros(3)}, "its record is damaged (ValueError"),
        ({"meta": {"format": 2}}, "format: 2 is not 1, which is read here"),
        ({"meta": {"train": {}}}, "its record is damaged (KeyError"),
        ({"meta": {"of": "all"}}, "of: 'all' is not known; known are test, train"),
        ({"meta": np.array([{"a": 1}], dtype=object)}, "Object arrays cannot be loaded when allow_pickle=F"),
    ],
)
def test_a_damaged_file_is_refused_by_name(file, changes, problem):
    rewrite(file, **changes)
    with pytest.raises(InputValueError) as caught:
        knn.Neighbors.load(file)
    assert str(caught.value).startswith(f"neighbors: {str(file)!r} will not do: ")
    assert problem in str(caught.value)
    assert "wanted is a file that `pynoise neighbors` or Neighbors.save wrote" in str(caught.value)


def test_files_that_are_none_of_ours(dataset, file, tmp_path):
    content = file.read_bytes()
    for bad in (b"", b"text", content[:-9], content[:300] + b"x" + content[301:]):
        file.write_bytes(bad)
        with pytest.raises(InputValueError, match=r"nn\.npz' will not do: (it is no zip|numpy cannot read)"):
            knn.Neighbors.load(file)
    for none in (tmp_path / "no.npz", tmp_path):
        with pytest.raises(InputFileNotFoundError, match="neighbors: there is no file '"):
            knn.Neighbors.load(none)
    for wrong in (3, [1]):
        with pytest.raises(InputTypeError, match="neighbors: "):
            knn.Neighbors.load(wrong)
        with pytest.raises(
            InputTypeError, match=r"neighbors: is a (int|list); give a file or pynoise\.knn\.N"
        ):
            pynoise.accuracy_curve(dataset, neighbors=wrong)


def test_a_file_of_a_later_version_may_say_more(file):
    rewrite(file, meta={"statistics": {"engine": "exact", "pairs": 4800, "news": 1}, "more": 2})
    assert knn.Neighbors.load(file).statistics == knn.SearchStatistics("exact", 4800)


def test_places_that_cannot_be_written(dataset, tmp_path, monkeypatch):
    found = knn.neighbors(dataset, 3)
    (tmp_path / "folder.npz").mkdir()
    for name, message in (
        ("nn.csv", "must end in one of .npz"),
        ("no/nn.npz", "there is no folder"),
        ("folder.npz", "is a folder; name a file"),
    ):
        with pytest.raises((InputValueError, InputFileNotFoundError), match=message):
            found.save(tmp_path / name)
    with pytest.raises(InputTypeError, match="path: 3 is not the path of a file"):
        found.save(3)
    (tmp_path / "nn.npz").write_text("old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        found.save(tmp_path / "nn.npz")
    assert (tmp_path / "nn.npz").read_text() == "old"
    monkeypatch.setattr("os.access", lambda *_: False)  # a superuser may write anywhere
    with pytest.raises(InputValueError, match="is not writable"):
        found.save(tmp_path / "new.npz")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.npz", "nn.npz"]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"data": "digit"}, InputValueError, "data: 'digit' is not known"),
        ({"data": 3}, InputTypeError, "data: is a int"),
        ({"k": 0}, InputValueError, "k: 0 is too small"),
        ({"k": 121}, InputValueError, "k: 121 is too large; give at most 120, the number of training exam"),
        ({"k": 120, "of": "train"}, InputValueError, "k: 120 is too large; give at most 119, the other tr"),
        ({"of": "all"}, InputValueError, "of: 'all' is not known; known are test, train"),
        ({"queries": 0}, InputValueError, "queries: 0 is too small"),
        ({"queries": 41}, InputValueError, "queries: 41 is too large; give at most 40, the number of test"),
        ({"queries": "a"}, InputTypeError, "queries: 'a' is not a whole number"),
        ({"queries": 4, "of": "train"}, InputValueError, "queries: are test examples; leave them out with"),
        ({"seed": -1}, InputValueError, "seed: -1 is too small"),
        ({"threads": 0}, InputValueError, "threads: 0 is too small"),
    ],
)
def test_bad_arguments_of_neighbors(dataset, changes, error, message):
    with pytest.raises(error) as caught:
        knn.neighbors(**({"data": dataset, "k": 3} | changes))
    assert str(caught.value).startswith(message)


def test_bad_arguments_of_curves(dataset, file):
    for options, message in (
        ({"k": 10, "neighbors": file}, "k: 10 is too large; give at most 9, as many as '.*nn.npz' keeps"),
        ({"queries": 41}, "queries: 41 is too large; give at most 40, the number of test examples"),
        ({"queries": 5, "neighbors": file}, "queries: does not go with neighbors, which name their own"),
        (
            {"neighbors": knn.neighbors(dataset, 9, of="train")},
            "neighbors: the record given has those of the training examples; find those of the test",
        ),
    ):
        with pytest.raises(InputValueError, match=message):
            pynoise.accuracy_curve(dataset, **({"k": 3} | options))
