"""What the tests of Drory et al.'s figures share: small figures, and what is read of their folders."""

from pynoise.paper.drory_panels import figure_of
from pynoise.training import Run

# Bit for bit the same, which CUDA is not.
QUICK = {"network": "mlp", "dataset": "digits", "threads": 1, "device": "cpu", "epochs": 2}


def shorten(patch, name, **content):
    """Give a figure of drory.toml fewer K or levels, and its panels fewer clusters."""
    figure = figure_of(name)
    for key, value in content.items():
        if key == "clusters":
            for panel in figure["panels"]:
                if "clusters" in panel:
                    patch.setitem(panel, key, value)
        else:
            patch.setitem(figure, key, value)


def runs_of(folder):
    return {
        str(path.parent.relative_to(folder)): Run.load(path.parent) for path in folder.rglob("config.json")
    }


def seconds_of(folder):
    """What tells whether a run was trained again."""
    return {name: run.result["seconds"] for name, run in runs_of(folder).items()}
