"""A run: the folder that training writes, and what can be read from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pynoise._arrays import load_array
from pynoise._fingerprint import Fingerprint
from pynoise._run_files import CONFIG, read_config, read_metrics, read_result
from pynoise.data.named import load_origin
from pynoise.errors import InputError, InputFileNotFoundError, InputTypeError, InputValueError, unknown_name
from pynoise.noise import NoisyLabels
from pynoise.training.inputs import data_of, held_of
from pynoise.training.split import split_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pynoise.networks import Network

__all__ = ["CHECKPOINTS", "Run", "data_words", "noise_words"]

NOISE = "noise.npz"
LAST, SELECTED = "last.pt", "selected.pt"
SOFTMAX, FEATURES = "softmax.npz", "features.npz"

CHECKPOINTS = ("selected", "last")

# What may differ from one part of a run to the next: where data lie, and numbers that follow from them, whose
# last digits depend on the machine.
FREE = ("data.origin", "normal")


@dataclass(frozen=True, eq=False)
class Run:
    """A training and what came of it. `pynoise.training.train` makes one.

    Attributes
    ----------
    path : Path
        The folder.
    config : dict
        ``config.json``: data, network, method, noise, seed and settings.
    result : dict or None
        ``result.json``, once the run is finished. Keys: ``test_accuracy_last`` (None without test examples),
        ``test_accuracy_selected`` (None without test or validation examples), ``selected_epoch``,
        ``validation_accuracy`` of that epoch, ``epochs``, ``stopped_early``, ``train_examples``,
        ``validation_examples``, ``validation_labels``, ``parameters``, ``noise``, ``seconds``,
        ``images_per_second``, ``versions``, ``hardware``, and what the method adds.
    """

    path: Path
    config: dict[str, Any] = field(repr=False)
    result: dict[str, Any] | None = field(repr=False)

    @classmethod
    def load(cls, path: str | Path) -> Run:
        """Read the folder of a run.

        Raises
        ------
        InputFileNotFoundError
            If there is no such folder, or no run in it.
        InputValueError, InputTypeError
            If its files are damaged or of another kind.
        """
        if not isinstance(path, str | Path):
            raise InputTypeError("run", f"{path!r} is not the path of a folder")
        folder = Path(path)
        if not (folder / CONFIG).is_file():
            raise InputFileNotFoundError("run", f"{str(path)!r} is no folder of a run: it has no {CONFIG}")
        return cls(folder, read_config("run", folder), read_result("run", folder))

    @property
    def metrics(self) -> list[dict[str, float | None]]:
        """``metrics.csv``, a row an epoch; None where a cell is empty."""
        return read_metrics("run", self.path)

    @property
    def record(self) -> NoisyLabels | None:
        """The noisy labels that it was trained on; None if they were the data's own."""
        if self.config["noise"] is None:
            return None
        try:
            return NoisyLabels.load(self.path / NOISE)
        except InputError as error:
            raise type(error)("run", error.problem) from None

    @property
    def softmax(self) -> NDArray[np.float32]:
        """Softmax of the test examples, [M, L]: of the selected epoch, or of the last where none was."""
        file = self.path / SOFTMAX
        if not file.is_file():
            data = self.config["data"]
            tested = data["test"]["shape"][0] > 0
            why = "it is not finished" if tested else f"{data['name']!r} has no test examples"
            raise InputFileNotFoundError("run", f"{str(self.path)!r} has no {SOFTMAX}: {why}")
        return load_array("run", file, ("softmax",))

    @property
    def rows(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Which training examples it began to learn from, and which it was selected by.

        A method may have left some of the former out later.
        """
        data = self.config["data"]
        share, seed = self.config["settings"]["validation"], self.config["seed"]
        return split_rows(data["train"]["shape"][0], share, seed, data["held"])

    def data(self, given: Any = None, *, root: str | Path | None = None) -> Any:
        """The data that it was trained on.

        Parameters
        ----------
        given : Dataset, ImageFolders, ImageSets, tuple, str or Path, optional
            The data as `pynoise.training.train` takes them, where they were not loaded by a name.
        root : str or Path, optional
            Where a named data set lies now, if not where it did.

        Raises
        ------
        InputValueError
            If it has no name to load it by, or is not what it was.
        """
        origin = self.config["data"]["origin"]
        if given is None:
            if origin is None:
                raise InputValueError(
                    "data", f"{str(self.path)!r} was trained on data without a name; give them"
                )
            given = load_origin(origin, root)
        else:
            given = data_of(given, root)
        if given.fingerprints() != {part: self.config["data"][part] for part in ("train", "test")}:
            raise InputValueError(
                "data", f"{given.name} is not what {str(self.path)!r} was trained on; give the same data"
            )
        return given

    def checkpoint(self, which: str = "selected") -> Path:
        """The file of the weights: of the selected epoch (the last where none was selected), or the last.

        Raises
        ------
        InputValueError
            If `which` is neither "selected" nor "last".
        InputFileNotFoundError
            If the run has not come so far.
        """
        if not isinstance(which, str) or which not in CHECKPOINTS:
            raise unknown_name("checkpoint", which, CHECKPOINTS)
        selected = which == "selected" and self.config["settings"]["validation"] > 0
        file = self.path / (SELECTED if selected else LAST)
        if not file.is_file():
            raise InputFileNotFoundError(
                "run", f"{str(self.path)!r} has no {file.name}: no epoch was finished"
            )
        return file

    def network(self, which: str = "selected", *, device: str = "cpu") -> Network:
        """The trained network, in evaluation mode.

        Parameters
        ----------
        which : {"selected", "last"}
            Which epoch's weights; see `checkpoint`.
        device : str
            Where it shall be: "cpu", "cuda" or "auto".

        Raises
        ------
        InputValueError, InputFileNotFoundError
            If there is no such checkpoint, or its file is damaged or foreign.
        """
        from pynoise.training.restored import restored_network

        return restored_network(self, which, device)

    def plot(self, path: str | Path | None = None) -> Figure:
        """Draw its accuracies by epoch, and what its method measured.

        Of MixNN: the losses of the given labels after the warm-up and after the last epoch, with the mixture
        fitted to them; gradient coefficients, and the corrected labels against the true ones, where these are
        known. Of ODD: the losses of the given labels before the removal, those that random labels would have,
        and the threshold.

        Parameters
        ----------
        path : str or Path, optional
            A .png, .svg or .pdf file to write.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        InputValueError, InputTypeError, InputFileNotFoundError
            If no epoch is finished, a file of the run is damaged, or nothing can be written there.
        """
        from pynoise.training.picture import picture  # matplotlib takes a second to import

        return picture(self, path)


def data_words(data: Any) -> dict[str, Any]:
    """What config.json says of data."""
    words = {"name": data.name, "origin": data.origin, "names": list(data.names), "held": held_of(data)}
    words |= data.fingerprints()
    return words


def noise_words(record: NoisyLabels) -> dict[str, Any]:
    """What config.json and result.json say of noise; the record itself stands in noise.npz."""
    summary = record.summary()
    keys = ("kind", "level", "seed", "selection", "selected_fraction", "expected_rate", "realised_rate")
    return {key: summary[key] for key in keys} | {"labels": Fingerprint.of(record.noisy).sha256}
