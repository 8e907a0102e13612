import zipfile

import numpy as np
import pytest

from pynoise import data, noise
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError


def test_cleanlab_has_the_matrix_by_columns():
    record = noise.make(
        np.arange(900) % 3, "matrix", 0.5, matrix=[[0, 0.9, 0.1], [0, 1, 0], [0.5, 0.25, 0.25]]
    )
    theirs = noise.to_cleanlab(record.transition)
    np.testing.assert_allclose(theirs.sum(axis=0), 1, rtol=1e-15)
    assert theirs[1, 0] == record.transition[0, 1]
    assert theirs.flags.c_contiguous
    np.testing.assert_array_equal(noise.from_cleanlab(theirs), record.transition)
    with pytest.raises(InputValueError, match=r"noise_matrix: entry \[1, 0\] is -0.1"):
        noise.from_cleanlab([[1.1, 0.0], [-0.1, 1.0]])
    with pytest.raises(InputValueError, match=r"matrix: row 0 sums to"):
        noise.to_cleanlab(theirs)
    with pytest.raises(
        InputValueError, match=r"noise_matrix: column 0 sums to .* \(it is column-stochastic\)"
    ):
        noise.from_cleanlab(record.transition)
    for bad in ([1.0], [[1.0, 0.0]], []):
        with pytest.raises(InputValueError, match="noise_matrix: has shape"):
            noise.from_cleanlab(bad)
    with pytest.raises(InputTypeError, match="noise_matrix: has dtype"):
        noise.from_cleanlab([["a"]])


def test_a_data_set_of_torchvision_with_noisy_labels(data_root):
    torch = pytest.importorskip("torch", reason="needs torch: pip install 'pynoise-lab[train]'")
    datasets = pytest.importorskip("torchvision.datasets", reason="needs torchvision")
    mnist = datasets.MNIST(data_root, train=False)
    record = noise.make(np.asarray(mnist.targets), "symmetric", 0.4, seed=1)
    noisy = noise.NoisyDataset(mnist, record)
    assert len(noisy) == 10_000
    assert noisy.classes == mnist.classes
    for i in (0, 17, 9_999):
        image, label = noisy[i]
        assert image == mnist[i][0]
        assert label == record.noisy[i]
        assert type(label) is int
    # Labels go through what the data set does to them.
    tenfold = datasets.MNIST(data_root, train=False, target_transform=lambda label: 10 * label)
    assert noise.NoisyDataset(tenfold, record)[17][1] == 10 * record.noisy[17]
    with pytest.raises(IndexError):
        noisy[10_000]
    loader = torch.utils.data.DataLoader(
        noisy, batch_size=5_000, collate_fn=lambda pairs: [y for _, y in pairs]
    )
    assert np.concatenate(list(loader)).tolist() == record.noisy.tolist()
    # And the same labels as pynoise reads them.
    record.check(data.load("mnist", data_root).y_test)
    with pytest.raises(
        InputValueError, match=r"noise: the symmetric noise of level 0\.4 was made for other labels"
    ):
        noise.NoisyDataset(datasets.MNIST(data_root, train=True), record)
    with pytest.raises(InputTypeError, match="dataset: list has neither targets nor labels"):
        noise.NoisyDataset([(0, 1)], record)


def test_files_of_labels(tmp_path):
    np.save(tmp_path / "y.npy", np.array([2, 0, 1], np.uint8))
    np.savez(tmp_path / "one.npz", whatever=np.array(["b", "a", "b"]))
    np.savez(tmp_path / "two.npz", clean_label=np.array([0, 1]), worse_label=np.array([1, 1]))
    np.savez(tmp_path / "usual.npz", labels=np.array([5, 6]), x=np.zeros(3))
    (tmp_path / "y.txt").write_text("\ufeffcat\ndog\ncat\n\n")
    (tmp_path / "zeros.txt").write_text("01\n1\n")
    (tmp_path / "y.csv").write_text("name,label\na,3\nb,4\n")
    (tmp_path / "single.csv").write_text("species\ncat\n\n'og\n")
    for name, want in {
        "y.npy": [2, 0, 1],
        "one.npz": ["b", "a", "b"],
        "two.npz:worse_label": [1, 1],
        "usual.npz": [5, 6],
        "y.txt": ["cat", "dog", "cat"],
        "zeros.txt": ["01", "1"],
        "y.csv": [3, 4],
        "y.csv:name": ["a", "b"],
        "single.csv": ["cat", "'og"],
    }.items():
        assert noise.load_labels(f"{tmp_path / name}").tolist() == want
    assert noise.load_labels(tmp_path / "y.npy").tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("y.dat", b"1", "'.*y.dat' ends in none of .npy, .npz, .csv, .txt"),
        ("y.npy", b"no array", "'.*y.npy' does not hold an array"),
        ("y.npy:part", np.arange(3), "an .npy file has no array 'part'"),
        ("y.npy", np.array([{}]), "'.*y.npy' does not hold an array"),
        ("y.npy", np.zeros((2, 2), int), r"it is int64 of shape \(2, 2\)"),
        ("y.npy", np.zeros(2), r"it is float64 of shape \(2,\)"),
        ("y.npz", b"no zip", "it is no zip archive"),
        (
            "y.npz",
            {"a": np.arange(2), "b": np.arange(2)},
            "it has no single array; name one of a, b as FILE:NAME",
        ),
        ("y.npz:c", {"a": np.arange(2)}, "it has no array 'c'; name one of a as FILE:NAME"),
        ("y.csv", b"", "it has no single column; name one of nothing"),
        ("y.csv", b"label\n", "it is empty"),
        ("y.csv:z", b"a,b\n1,2\n", "it has no column 'z'; name one of a, b"),
        ("y.csv:b", b"a,b\n1,2\n1\n", "line 3 has no column 'b'"),
        ("y.csv", b"\xff\xfe\x00", "is no text"),
        ("y.txt:a", b"1\n", "a .txt file has no column 'a'"),
        ("y.txt", b"\n", "it is empty"),
        ("y.txt", b"1\n\n2\n", "it has no label on line 2"),
        ("y.csv", b"label\n0.0\n1.5\n", "it has numbers that are not whole, 0.0 first"),
        (
            "y.npz",
            {"clean": np.arange(2), "noisy": np.arange(2)},
            "it has no single array; name one of clean, noisy",
        ),
    ],
)
def test_bad_files_of_labels(tmp_path, name, content, message):
    file = tmp_path / name.partition(":")[0]
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif isinstance(content, dict):
        np.savez(file, **content)
    else:
        np.save(file, content, allow_pickle=True)
    with pytest.raises(InputValueError, match=message) as caught:
        noise.load_labels(str(tmp_path / name))
    assert str(caught.value).startswith("labels: ")


def test_files_that_are_not_there():
    with pytest.raises(InputFileNotFoundError, match=r"labels: there is no file 'none.csv'"):
        noise.load_labels("none.csv:label")
    with pytest.raises(InputTypeError, match="labels: 3 is not the path of a file"):
        noise.load_labels(3)
    with pytest.raises(InputFileNotFoundError):
        noise.load_labels("a\0.csv")


def test_what_only_looks_like_an_array(tmp_path):
    np.savez(tmp_path / "y.npz", y=np.arange(2))
    (tmp_path / "y.npz").rename(tmp_path / "y.npy")
    with pytest.raises(InputValueError, match="it holds no array of numpy's there"):
        noise.load_labels(tmp_path / "y.npy")
    with zipfile.ZipFile(tmp_path / "z.npz", "w") as archive:
        archive.writestr("y", "text")
    with pytest.raises(InputValueError, match="it holds no array of numpy's there"):
        noise.load_labels(tmp_path / "z.npz")
