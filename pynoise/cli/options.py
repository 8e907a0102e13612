"""Options that several commands have, and what they mean."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from pynoise._checks import METRICS, MODELS, TIES
from pynoise.errors import InputError

if TYPE_CHECKING:
    from pynoise.curves.files import Savable
    from pynoise.data import Dataset, ImageFolders
    from pynoise.knn import Neighbors
    from pynoise.noise import EstimatedNoise, NoisyLabels

__all__ = [
    "Data",
    "Source",
    "check_apart",
    "check_files",
    "checkpoint_option",
    "clean_option",
    "data_argument",
    "data_options",
    "device_option",
    "in_words_of_options",
    "load_neighbors",
    "map_option",
    "metric_option",
    "model_option",
    "neighbors_option",
    "output_options",
    "queries_option",
    "reading_options",
    "source_options",
    "threads_option",
    "ties_option",
    "with_options",
    "workers_option",
    "write_files",
]

# What an argument of the Python functions is called here, where the name is not the same.
_OPTIONS = {
    "k": "--K",
    "level": "--levels",
    "matrix": "--noise",
    "label_map": "--map",
    "num_classes": "--classes",
    "path": "--out",
    "data": "--dataset",
}
# Parts of the data set, two of which the search calls by other names.
_PARTS = ("x_train", "y_train", "x_test", "y_test", "names")
_SEARCHED = {"train": "x_train", "query": "x_test"}

_Command = Callable[..., None]


@dataclass(frozen=True)
class Data:
    """Data, as the command line names them."""

    dataset: str
    classes: int | None
    data_root: str | None
    download: bool

    def check(self, name: str) -> None:
        """Refuse options that do not go together; `name` is what the command calls the data set."""
        if self.classes is not None and self.dataset != "ideal":
            raise click.BadParameter(
                f"goes with {name} ideal, not with {self.dataset!r}", param_hint="'--classes'"
            )

    def load_any(self) -> Dataset | ImageFolders:
        """The data set, or images that are read from files, which only networks take."""
        from pynoise.data.named import load_named

        return load_named(self.dataset, self.data_root, **self._options())

    def load(self) -> Dataset:
        """The data set."""
        from pynoise import data

        return data.load(self.dataset, self.data_root, **self._options())

    def _options(self) -> dict[str, Any]:
        classes = {} if self.classes is None else {"num_classes": self.classes}
        return {"download": self.download, **classes}


@dataclass(frozen=True)
class Source:
    """Data and noise, as the command line names them."""

    data: Data
    noise: str | None
    label_map: str | None
    noise_file: str | None = None

    def check(self) -> None:
        """Refuse options that do not go together."""
        if self.noise_file is not None and (self.noise is not None or self.label_map is not None):
            raise click.BadParameter(
                "has noise of its own; leave --noise and --map out", param_hint="'--noise-file'"
            )
        self.data.check("--dataset")

    def words(self) -> dict[str, str]:
        """The option that named the noise, for `in_words_of_options`."""
        return {} if self.noise_file is None else {"noise": "--noise-file"}

    def load(self) -> tuple[Dataset, str | NoisyLabels | EstimatedNoise]:
        """The data set, and the noise as the Python functions take it; flip where none is named."""
        noise = self.load_noise()  # a bad file is refused before the data are loaded
        return self.data.load(), noise or "flip"

    def load_noise(self) -> str | NoisyLabels | EstimatedNoise | None:
        """The noise as the Python functions take it, if one is named."""
        from pynoise.noise import load

        return self.noise if self.noise_file is None else load(self.noise_file)


map_option = click.option(
    "--map",
    "label_map",
    metavar="A:B,…",
    help="With flip and others that map labels: A becomes B; what is not named stays. all:B is all-to-one.",
)

_NOISE = (
    click.option(
        "--noise",
        metavar="KIND|FILE",
        help="uniform (any label, the true one included), symmetric (any other label), flip (the next class, "
        "or --map), general, random-asymmetric, semantic-asymmetric, hubness, concentrated, "
        "concentrated-exact, a .npy or .csv file with a row-stochastic matrix, or an estimate, .npz.  [flip]",
    ),
    map_option,
    click.option(
        "--noise-file",
        metavar="FILE.npz",
        help="Noisy labels that pynoise noise make wrote, instead of --noise.",
    ),
)

_DATA = (
    click.option("--classes", type=int, metavar="L", help="Number of classes of the data set ideal.  [10]"),
    click.option(
        "--data-root",
        metavar="FOLDER",
        help="Where the data sets' files lie.  [$PYNOISE_DATA, or data]",
    ),
    click.option("--download", is_flag=True, help="Fetch the files that are missing (needs torchvision)."),
)

_SOURCE = (
    *_NOISE,
    click.option(
        "--dataset",
        default="digits",
        show_default=True,
        metavar="NAME|FILE",
        help="digits, ideal, mnist, fashion-mnist, cifar10, cifar100, svhn, or a .npz file with x_train, "
        "y_train, x_test, y_test (images as N, H, W, C); for pynoise train also imagenet, clothing1m, "
        "clothing1m-clean, webvision, mini-webvision or a folder of images, and test examples may be absent.",
    ),
    *_DATA,
)


def source_options(function: _Command) -> _Command:
    """Add the options that name data and noise; the command gets them as one checked `source`."""

    @functools.wraps(function)
    def command(
        *,
        noise: str | None,
        label_map: str | None,
        noise_file: str | None,
        dataset: str,
        classes: int | None,
        data_root: str | None,
        download: bool,
        **others: Any,
    ) -> None:
        source = Source(Data(dataset, classes, data_root, download), noise, label_map, noise_file)
        source.check()
        function(source=source, **others)

    return _with(_SOURCE, command)


def with_options(options: tuple[Callable[[_Command], _Command], ...]) -> Callable[[_Command], _Command]:
    """Add options, in this order."""
    return functools.partial(_with, options)


def data_options(function: _Command) -> _Command:
    """Add the options of a data set that is named by another."""
    return _with(_DATA, function)


def data_argument(function: _Command) -> _Command:
    """Add the argument DATA and its options; the command gets them as one checked `source`."""

    @functools.wraps(function)
    def command(
        *, dataset: str, classes: int | None, data_root: str | None, download: bool, **others: Any
    ) -> None:
        source = Data(dataset, classes, data_root, download)
        source.check("DATA")
        function(source=source, **others)

    return _with((click.argument("dataset", metavar="DATA"), *_DATA), command)


ties_option = click.option(
    "--ties",
    type=click.Choice(TIES),
    default="first",
    show_default=True,
    help="Labels that share the first place: the first wins, nobody (strict, the paper), or one at random.",
)

model_option = click.option(
    "--model",
    type=click.Choice(MODELS),
    default="iid",
    show_default=True,
    help="How the neighbours of a test example come about: drawn anew from their labels (iid, the paper), "
    "or known, so that only the noise is drawn (fixed).",
)

clean_option = click.option(
    "--clean",
    metavar="softmax:FILE",
    help="Predict from these label distributions instead of the neighbours': a .npy file of probabilities, a "
    "row a test example, or a .npz file with the array softmax.",
)

neighbors_option = click.option(
    "--neighbors",
    metavar="FILE.npz",
    help="Take the neighbours from a file that pynoise neighbors wrote, and search none.",
)

metric_option = click.option(
    "--metric",
    type=click.Choice(METRICS),
    default="euclidean",
    show_default=True,
    help="Distance between rows.",
)

queries_option = click.option(
    "--queries",
    type=int,
    metavar="COUNT",
    help="Take so many of the test examples, drawn at random by the seed.  [all]",
)

checkpoint_option = click.option(
    "--checkpoint",
    default="selected",
    show_default=True,
    metavar="NAME",
    help="Weights of the selected epoch, or of the last.",
)

device_option = click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="Where networks run: cpu, cuda, cuda:1, or auto, CUDA where there is one.",
)

workers_option = click.option(
    "--workers", type=int, default=0, show_default=True, help="Processes that read a folder of images ahead."
)

_READING = (
    click.option(
        "--recipe",
        metavar="NAME",
        help="How the images of a folder are resized and cropped: imagenet, clothing1m or webvision.  "
        "[that of imagenet and other names; else as they are]",
    ),
    workers_option,
    click.option("--skip-corrupt", is_flag=True, help="Leave out images of a folder that are damaged."),
)


def reading_options(function: _Command) -> _Command:
    """Add the options of images that are read from files."""
    return _with(_READING, function)


threads_option = click.option("--threads", type=int, help="Number of threads.  [one a core]")

_OUTPUT = (
    click.option(
        "--out",
        multiple=True,
        metavar="FILE",
        help="Write a .png, .svg, .pdf, .csv or .json file; may be repeated.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables."),
)


def output_options(function: _Command) -> _Command:
    """Add the options `out` and `as_json`."""
    return _with(_OUTPUT, function)


def _with(options: tuple[Callable[[_Command], _Command], ...], function: _Command) -> _Command:
    for option in reversed(options):  # as decorators stand: the last is applied first
        function = option(function)
    return function


def load_neighbors(path: str | None) -> Neighbors | None:
    """Read the file of --neighbors, if there is one: a bad one is refused before the data are loaded."""
    from pynoise.knn import Neighbors

    return None if path is None else Neighbors.load(path)


def check_files(paths: tuple[str, ...]) -> None:
    """Check, before any work is done, that results can be written there."""
    from pynoise._files import check_output
    from pynoise.curves import OUTPUT_SUFFIXES

    for path in paths:
        check_output("path", path, OUTPUT_SUFFIXES)


def check_apart(outputs: Sequence[str], inputs: Iterable[str | None], argument: str = "path") -> None:
    """Refuse to write over a file that is read; `argument` names the outputs."""
    from pathlib import Path

    from pynoise.errors import InputValueError

    # FILE:NAME is a part of FILE.
    read = [part for path in inputs if path for part in (path, path.rpartition(":")[0]) if part]
    for path in outputs:
        if any(Path(one).is_file() and Path(path).exists() and Path(path).samefile(one) for one in read):
            raise InputValueError(argument, f"{path!r} is read, too; write to another file")


def write_files(result: Savable, paths: tuple[str, ...]) -> None:
    """Write a result to files, and say so."""
    from pynoise.curves.files import save

    for path in paths:
        save(result, path)
        click.echo(f"wrote {path}", err=True)


@contextmanager
def in_words_of_options(**names: str) -> Iterator[None]:
    """Blame the option, not the argument; `names` are those that this command has of its own."""
    try:
        yield
    except InputError as error:
        known = _OPTIONS | names
        part = _SEARCHED.get(error.argument, error.argument)
        if part in _PARTS:
            raise click.BadParameter(f"{part} {error.problem}", param_hint=f"'{known['data']}'") from None
        option = known.get(error.argument, f"--{error.argument.replace('_', '-')}")
        raise click.BadParameter(error.problem, param_hint=f"'{option}'") from None
