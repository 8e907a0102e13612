"""ODD: what it takes beside the cross-entropy that it goes with.

Whole runs take turns in one process, on the CPU, with the same data, network, settings and seed. That ODD has
less to learn from after its removal is no merit here: it gets so high a quantile that hardly anything is
removed, and both see as many examples. It runs in a process of its own: PyTorch brings its own OpenMP, and
its settings are for the whole process.
"""

import importlib.util
import statistics
import subprocess
import sys
import tempfile

from setting import CORES, dataset, spread, timed, version

from pynoise import data

# Data, network, epochs and rounds: what ODD does once weighs the less the more epochs there are.
TASKS = (
    ("digits", "mlp", 20, 5),
    ("digits", "mnist-cnn", 20, 5),
    ("mnist", "mlp", 20, 5),
    ("mnist", "mnist-cnn", 10, 2),
)
IMAGES = 5000
NOISE, LEVEL = "uniform", 0.4
QUANTILE = 0.9999
SEED = 0
WANTED = 0.05


def main(scale=1):
    if importlib.util.find_spec("torch") is None:
        print("\nno torch: ODD is left out")
        return
    subprocess.run([sys.executable, __file__, str(scale)], check=True)


def measure(scale):
    print(f"\nODD beside cross-entropy on the CPU, threads {CORES}, torch {version('torch')}, seed {SEED}")
    print(f"{NOISE} noise {LEVEL}, p {QUANTILE}; median of rounds (range), after one that does not count")
    print("more: median of the ratios, round by round, of whole runs, less 1")
    print(
        "removal, last pass: over the run of cross-entropy beside it; the last pass asks the network once of"
    )
    print("all examples, and writes the files of suspects")
    for name, network, epochs, rounds in TASKS:
        found = (None, data.load(name)) if name == "digits" else dataset(name)
        if found is None:
            print(f"\nno {name}: left out")
            continue
        compare(part_of(found[1], int(IMAGES * scale)), network, epochs, rounds)


def part_of(whole, count):
    """The first examples to learn from; a fifth as many to test, which both do after each epoch."""
    test = count // 5
    parts = whole.x_train[:count], whole.y_train[:count], whole.x_test[:test], whole.y_test[:test]
    return data.Dataset(*parts, whole.names, whole.name)


def compare(part, network, epochs, rounds):
    """Let both train in turn, and print a table."""
    times = {"cross-entropy": [], "odd": []}
    once, removed = {"removal": [], "last pass": []}, 0
    for turn in range(rounds + 1):
        # To and fro, so that nobody is always the first.
        for name in list(times)[:: -1 if turn % 2 else 1]:
            took, method, result = run(part, network, epochs, name)
            if turn:
                times[name].append(took)
            if turn and name == "odd":
                once["removal"].append(result["odd"]["seconds"])
                once["last pass"].append(method.last)
                removed = result["odd"]["removed"]
    plain = times["cross-entropy"]
    examples = f"{len(part.y_train):,} examples to learn from, {len(part.y_test):,} to test"
    print(f"\n  {network}, {part.name}, {examples}, {epochs} epochs, {rounds} rounds; {removed} removed")
    for name, found in times.items():
        print(f"  {name:14}{spread(found)}")
    for name, found in once.items():
        print(f"  {name:14}{1e3 * statistics.median(found):8.1f} ms {over(found, plain):7.2%}")
    print(f"  {'more':14}{over(times['odd'], plain) - 1:19.2%}  wanted {WANTED:.0%} at most")


def run(part, network, epochs, name):
    """Seconds of a whole run, its method, and its result."""
    from pynoise import methods
    from pynoise.training import train

    method = watched() if name == "odd" else methods.make(name)
    given = {
        "noise": NOISE,
        "level": LEVEL,
        "epochs": epochs,
        "seed": SEED,
        "threads": CORES,
        "device": "cpu",
    }
    with tempfile.TemporaryDirectory() as folder:
        took, made = timed(train, part, network, out=f"{folder}/run", method=method, **given)
        return took, method, made.result


def watched():
    """ODD that notes what it takes after the last epoch."""
    from pynoise.methods import ODD

    class Watched(ODD):
        def result(self, *given):
            self.last, found = timed(super().result, *given)
            return found

    return Watched(QUANTILE)


def over(these, those):
    return statistics.median(a / b for a, b in zip(these, those, strict=True))


if __name__ == "__main__":
    measure(float(sys.argv[1]))
