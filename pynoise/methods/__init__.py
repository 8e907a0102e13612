"""How a network learns from noisy labels: one file a method."""

from pynoise._packages import TRAIN, needed

with needed("method", "torch", TRAIN):
    import torch  # noqa: F401 - else its absence shows in the middle of what follows

from pynoise.methods.bootstrap import Bootstrap
from pynoise.methods.co_teaching import CoTeaching
from pynoise.methods.forward import Forward
from pynoise.methods.gce import GCE
from pynoise.methods.knet import KNet
from pynoise.methods.label_smoothing import LabelSmoothing
from pynoise.methods.method import Batch, Method
from pynoise.methods.mixnn import MixNN
from pynoise.methods.mixup import Mixup
from pynoise.methods.odd import ODD, modelled_losses
from pynoise.methods.registry import METHODS, make
from pynoise.methods.sce import SCE

__all__ = [
    "GCE",
    "METHODS",
    "ODD",
    "SCE",
    "Batch",
    "Bootstrap",
    "CoTeaching",
    "Forward",
    "KNet",
    "LabelSmoothing",
    "Method",
    "MixNN",
    "Mixup",
    "make",
    "modelled_losses",
]
