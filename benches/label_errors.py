"""Where ODD ranks the label errors that people have found in MNIST's test set, beside two other rankings.

Networks learn from the 10,000 test images with the labels that they were published with; no noise is added.
Errors are the images of which fewer than three of five people, asked by Northcutt, Athalye and Mueller
(Pervasive Label Errors in Test Sets, 2021), found that the label given is right: 15 of 100. These 100 had
been chosen by confident learning, from the probabilities that stand here as a peer; of an error that those
did not point at nobody knows, which favours them.

PYNOISE_LABEL_ERRORS names a folder with what their repository cleanlab/label-errors has: mturk,
original_test_labels and cross_validated_predicted_probabilities. It runs in a process of its own: PyTorch
brings its own OpenMP, and its settings are for the whole process.
"""

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from setting import CORES, dataset, timed, version

from pynoise import noise
from pynoise.data import Dataset

# The seeds of each.
NETWORKS = {"mlp": range(3), "mnist-cnn": range(1)}
EPOCHS = 20
WORKERS = 5
TOP = 0.01
PACKAGES = ("torch", "scikit-learn")


def main(scale=1):
    if importlib.util.find_spec("torch") is None:
        print("\nno torch: known label errors are left out")
    elif not os.environ.get("PYNOISE_LABEL_ERRORS") or dataset("mnist") is None:
        print("\nno MNIST, or no folder in PYNOISE_LABEL_ERRORS: known label errors are left out")
    else:
        subprocess.run([sys.executable, __file__, str(scale)], check=True)


def measure(scale):
    folder, (_, mnist) = Path(os.environ["PYNOISE_LABEL_ERRORS"]), dataset("mnist")
    data, wrong = labelled(folder, mnist), known_errors(folder)
    epochs = max(4, int(EPOCHS * scale))
    count = int(wrong.sum())
    print(
        f"\nlabel errors of MNIST's test set: {count} among {len(wrong):,}, of {len(votes(folder))} that "
        "people were asked about"
    )
    print(", ".join(f"{name} {version(name)}" for name in PACKAGES))
    seeds = ", ".join(f"{name} 0..{own[-1]}" for name, own in NETWORKS.items())
    print(f"{epochs} epochs, seeds: {seeds}; threads {CORES}, else pynoise's own settings")
    print(
        "ranks count from 1, the most suspect, equal ones as their mean; means over seeds, AUC with its range"
    )
    print(f"  {'':40}{'ROC AUC':>24}{'median rank':>13}{'best':>7}{f'top {TOP:.0%}':>8}")
    path = folder / "cross_validated_predicted_probabilities" / "mnist_test_set_pyx.npy"
    given = np.load(path)[np.arange(len(wrong)), data.y_train]
    show("cross-validated probabilities, theirs", [placed(-given, wrong)])
    for network, seeds in NETWORKS.items():
        found = [of_network(data, network, epochs, seed, wrong) for seed in seeds]
        for name in found[0]["ranked"]:
            show(f"{network}: {name}", [one["ranked"][name] for one in found])
        removed, errors, took = (
            statistics.mean(one[key] for one in found) for key in ("removed", "errors", "took")
        )
        print(
            f"  {network}: ODD removes {removed:,.1f} examples, {errors:.1f} of the {count} among them; "
            f"{took:.1f} s a run"
        )


def votes(folder):
    """The images that people were asked about, and how many said that the label given is right."""
    content = json.loads((folder / "mturk" / "mnist_mturk.json").read_text("utf-8"))
    # Who said "both" has found the label given right; MNIST's file has none.
    return {one["id"]: one["mturk"]["given"] + one["mturk"].get("both", 0) for one in content}


def known_errors(folder):
    """Which labels of the test set are wrong, bool [10,000]: where most people did not find them right."""
    wrong = np.zeros(10_000, dtype=bool)
    wrong[[one for one, given in votes(folder).items() if given <= WORKERS // 2]] = True
    return wrong


def labelled(folder, mnist):
    """The test images and their original labels to learn from, as many training images to test."""
    labels = np.load(folder / "original_test_labels" / "mnist_test_set_original_labels.npy")
    count = len(labels)
    parts = mnist.x_test, labels.astype(np.int32), mnist.x_train[:count], mnist.y_train[:count]
    return Dataset(*parts, mnist.names, "MNIST's test set")


def of_network(data, network, epochs, seed, wrong):
    """The rankings of ODD and of cross-entropy, what ODD removes, and the seconds of its run."""
    from pynoise.training import train

    given = {"epochs": epochs, "validation": 0, "seed": seed, "threads": CORES, "device": "cpu"}
    with tempfile.TemporaryDirectory() as folder:
        took, run = timed(train, data, network, out=f"{folder}/odd", method="odd", **given)
        suspects = noise.Suspects.load(run.path)
        plain = train(data, network, out=f"{folder}/plain", **given)
        last = last_losses(plain, data)
    return {
        "ranked": {
            f"ODD's losses, after epoch {run.result['odd']['epoch']}": placed(suspects.losses, wrong),
            "cross-entropy, losses after the last": placed(last, wrong),
        },
        "removed": int(suspects.suspected.sum()),
        "errors": int(wrong[suspects.index[suspects.suspected]].sum()),
        "took": took,
    }


def last_losses(run, data):
    """Cross-entropy of the labels in the end, float32 [N]."""
    import torch

    from pynoise.training.evaluate import evaluate
    from pynoise.training.resident import Normal, Resident

    source = Resident(data.x_train, Normal(**run.config["normal"]), torch.device("cpu"))
    rows = torch.arange(len(data.x_train))
    found = evaluate(run.network("last"), source, rows, run.config["settings"]["batch_size"])
    return found.losses(torch.tensor(data.y_train, dtype=torch.int64)).numpy()


def placed(scores, wrong):
    """ROC AUC of the errors by scores, high ones suspect, and the errors' ranks from 1."""
    from scipy.stats import rankdata
    from sklearn.metrics import roc_auc_score

    return roc_auc_score(wrong, scores), rankdata(-scores)[wrong]


def show(name, found):
    areas, ranks = zip(*found, strict=True)
    spread = f" ({min(areas):.4f}-{max(areas):.4f})" if len(areas) > 1 else ""
    line = f"  {name:40}{f'{statistics.mean(areas):.4f}{spread}':>24}"
    for digits, measure in ((1, np.median), (1, np.min)):
        line += f"{statistics.mean(map(measure, ranks)):{13 if measure is np.median else 7}.{digits}f}"
    within = statistics.mean(float((one <= TOP * 10_000).mean()) for one in ranks)
    print(f"{line}{within:8.1%}")


if __name__ == "__main__":
    measure(float(sys.argv[1]))
