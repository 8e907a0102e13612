import numpy as np
import pytest

from pynoise import analysis
from pynoise.errors import InputTypeError, InputValueError


def test_heaps_stay_apart():
    rng = np.random.default_rng(0)
    heap = np.arange(60) % 3
    x = 20 * np.eye(30)[heap] + rng.normal(size=(60, 30))
    for method in analysis.EMBEDDINGS:
        places = analysis.embed(x, method)
        assert places.shape == (60, 2)
        centers = np.array([places[heap == h].mean(axis=0) for h in range(3)])
        nearest = ((places[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)
        assert (nearest == heap).all()
        assert (analysis.embed(x, method) == places).all()


def test_any_shape_of_rows():
    x = np.arange(60, dtype=np.uint8).reshape(5, 3, 4)
    assert analysis.embed(x).shape == (5, 2)
    assert analysis.embed(np.arange(4.0)[:, None]).shape == (4, 2)
    assert analysis.embed(np.arange(4.0)[:, None], "tsne").shape == (4, 2)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([[0.0, 1.0]] * 2,), InputValueError, "features: has 2 rows; give three or more"),
        (([[np.nan, 1.0]] * 3,), InputValueError, "features: row 0 has a value that is not finite"),
        ((["abc"],), InputTypeError, "features: has dtype"),
        (([[0.0, 1.0]] * 3, "umap"), InputValueError, "method: 'umap' is not known; known are pca, tsne"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error) as caught:
        analysis.embed(*arguments)
    assert str(caught.value).startswith(message)
