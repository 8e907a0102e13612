"""kNet's files for use without pynoise: what runs them says what kNet says."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import pynoise
from pynoise.errors import InputFileNotFoundError, InputValueError
from pynoise.methods import KNet
from pynoise.training import extract, train

pytestmark = pytest.mark.usefixtures("one_thread")

SUFFIXES = (".onnx", ".pt2")
NAMES = np.array(["b", 'c "quoted"', "Ångström"])


def fitted(columns=6, classes=NAMES, k_range=(2, 21), rows=400, **options):
    """A model that has learnt little, but not nothing."""
    rng = np.random.default_rng(columns)
    labels = np.resize(np.arange(len(classes)), rows)
    x = 30 + rng.normal(size=(rows, columns)) + labels[:, None] % 3
    options = {"epochs": 2, "batch_size": 100, "n_jobs": 1, "device": "cpu"} | options
    return KNet(k_range, **options).fit(x, classes[labels])


@pytest.fixture(scope="module")
def model():
    return fitted()


@pytest.fixture(scope="module")
def files(model, tmp_path_factory):
    """Files of a model that was saved and loaded, by suffix."""
    folder = tmp_path_factory.mktemp("knet")
    model.save(folder / "model.npz")
    loaded = KNet.load(folder / "model.npz")
    for suffix in SUFFIXES:
        loaded.export(folder / f"model{suffix}")
    return {path.suffix: path for path in folder.iterdir()}


def session_of(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def shares_of(path, features, k):
    """What a file says of features, float32 [B, d], and K, int64 [B]."""
    if path.suffix == ".onnx":
        (shares,) = session_of(path).run(["shares"], {"features": features, "k": k})
        return shares
    program = torch.export.load(path).module()
    with torch.inference_mode():
        return program(torch.from_numpy(features), torch.from_numpy(k)).numpy()


def assert_same(model, path, rows, ks):
    features = (30 + 2 * np.random.default_rng(rows).normal(size=(rows, model.n_features_in_))).astype("f4")
    k = np.resize(ks, rows).astype(np.int64)
    shares = shares_of(path, features, k)
    assert shares.dtype == np.float32
    assert shares.shape == (rows, len(model.classes_))
    for one in set(k):
        want = model.predict_proba(features[k == one], int(one))
        np.testing.assert_allclose(shares[k == one], want, rtol=0, atol=1e-6)


@pytest.mark.parametrize("rows", [1, 2, 7, 300])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_gives_the_shares_that_the_model_gives(model, files, suffix, rows):
    assert_same(model, files[suffix], rows, [21, 2, 11, 3, 20])
    assert_same(model, files[suffix], rows, [2])
    assert_same(model, files[suffix], rows, [21])


@pytest.fixture(
    scope="module",
    params=[
        {"columns": 1, "k_range": 5},
        {"classes": np.arange(-3, 9_997), "k_range": (1, 2), "rows": 20_000, "epochs": 1},
    ],
    ids=["one column and one K", "10,000 classes"],
)
def awkward(request):
    return fitted(**request.param)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_awkward_shapes(awkward, suffix, tmp_path):
    path = tmp_path / f"model{suffix}"
    awkward.export(str(path))
    least, most = awkward.network_.k_range
    assert_same(awkward, path, 3, [least, most])
    assert words_of(path) == {"classes": awkward.classes_.tolist(), "k_range": [least, most]}


def words_of(path):
    if path.suffix == ".onnx":
        words = session_of(path).get_modelmeta().custom_metadata_map
    else:
        words = {"classes": "", "k_range": ""}
        torch.export.load(path, extra_files=words)
    return {name: json.loads(text) for name, text in words.items()}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_names_classes_and_range_and_nothing_of_this_machine(files, suffix):
    assert words_of(files[suffix]) == {"classes": NAMES.tolist(), "k_range": [2, 21]}
    assert str(Path(pynoise.__file__).parent).encode() not in files[suffix].read_bytes()


def test_inputs_and_outputs_of_onnx_have_names(files):
    session = session_of(files[".onnx"])
    assert [(value.name, value.type, value.shape) for value in session.get_inputs()] == [
        ("features", "tensor(float)", ["rows", 6]),
        ("k", "tensor(int64)", ["rows"]),
    ]
    assert [(value.name, value.type, value.shape) for value in session.get_outputs()] == [
        ("shares", "tensor(float)", ["rows", 3])
    ]


@pytest.mark.parametrize(
    ("name", "error", "problem"),
    [
        ("model.txt", InputValueError, "must end in one of .onnx, .pt2"),
        ("model", InputValueError, "must end in one of .onnx, .pt2"),
        ("no/model.onnx", InputFileNotFoundError, "there is no folder"),
        ("no/model.pt2", InputFileNotFoundError, "there is no folder"),
    ],
)
def test_places_that_will_not_do(model, tmp_path, name, error, problem):
    with pytest.raises(error, match=f"^path: .*{problem}"):
        model.export(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("package", ["onnx", "onnxscript"])
def test_a_missing_package_is_named(model, package, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputValueError) as caught:
        model.export(tmp_path / "model.onnx")
    assert str(caught.value) == (
        f"path: .onnx needs the package {package}, which is not installed: pip install 'pynoise-lab[onnx]'"
    )
    assert list(tmp_path.iterdir()) == []
    model.export(tmp_path / "model.pt2")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_leaves_what_was_there(model, suffix, monkeypatch, tmp_path):
    def full(_):
        raise OSError(28, "No space left on device")

    path = tmp_path / f"model{suffix}"
    path.write_text("old")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        model.export(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_it_is_silent_and_fetches_onnx_when_it_is_asked_for(files, tmp_path):
    """In a process of its own, where nothing is imported yet."""
    code = """if True:
        import sys
        from pynoise.methods import KNet
        model = KNet.load(sys.argv[1])
        model.export("model.pt2")
        assert not [name for name in sys.modules if name.startswith("onnx")]
        model.export("model.onnx")
    """
    command = [sys.executable, "-c", code, str(files[".npz"])]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.onnx", "model.pt2"]


@pytest.fixture(scope="module")
def trained(digits, tmp_path_factory):
    """A network with convolutions, whose channels are last in training, and kNet behind it."""
    options = {"k_range": 9, "epochs": 2}
    return train(
        digits, "resnet20", out=tmp_path_factory.mktemp("runs") / "run", epochs=1, threads=1, device="cpu",
        method="knet", method_options=options,
    )  # fmt: skip


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_network_of_a_run_goes_before_it(trained, digits, suffix, tmp_path):
    """From the pixels of the data set to shares, in one file."""
    model = KNet.load(trained.path / "knet.npz")
    file = tmp_path / f"whole{suffix}"
    model.export(file, run=trained)
    wanted = model.predict_proba(extract(trained, device="cpu", threads=1).x_test[:20], 9)
    inputs, k = digits.x_test[:20, None].astype(np.float32), np.full(20, 9)
    if suffix == ".onnx":
        session = session_of(file)
        shapes = {one.name: one.shape for one in session.get_inputs()}
        assert shapes == {"inputs": ["rows", 1, 8, 8], "k": ["rows"]}
        (shares,) = session.run(["shares"], {"inputs": inputs, "k": k})
    else:
        program = torch.export.load(file).module()
        shares = program(torch.from_numpy(inputs), torch.from_numpy(k)).detach().numpy()
    np.testing.assert_allclose(shares, wanted, atol=2e-5)


def test_another_network_is_refused(trained, tmp_path):
    x = np.random.default_rng(0).normal(size=(30, 5))
    model = KNet(k_range=3, epochs=1, device="cpu").fit(x, np.arange(30) % 2)
    with pytest.raises(InputValueError, match=r"^run: .* has a network of 64 features; this kNet takes 5"):
        model.export(tmp_path / "m.pt2", run=trained.path)
    with pytest.raises(InputFileNotFoundError, match=r"^run: .* is no folder of a run"):
        model.export(tmp_path / "m.pt2", run=tmp_path)
