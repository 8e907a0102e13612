"""Label noise, exactly specified and seeded.

A noise kind is a corruption matrix P [L, L]: row k is the distribution of the new label of a *selected*
example whose clean label is k; and a way to select, at random or what lies together. Selected are exactly
⌈γN⌉ of all N examples, γ the noise level, where the kind or the caller does not say otherwise.

*Uniform* noise may give the true class again, so fewer labels change than are selected; *symmetric*
noise never does. The two are mixed up often: every output says the requested level, the fraction
selected and the realised rate of wrong labels.
"""

from pynoise.noise.cleaned import cleaned_labels, save_cleaned, with_labels
from pynoise.noise.corrected import CorrectedLabels
from pynoise.noise.estimate import estimate
from pynoise.noise.estimated import EstimatedNoise, is_estimate
from pynoise.noise.interchange import NoisyDataset, from_cleanlab, to_cleanlab
from pynoise.noise.label_files import load_labels
from pynoise.noise.levels import selected_count
from pynoise.noise.load import load
from pynoise.noise.make import make
from pynoise.noise.maps import SEMANTIC_MAPS, LabelMap, parse_label_map, semantic_map
from pynoise.noise.matrices import KINDS, corruption_matrix, load_matrix
from pynoise.noise.record import NoisyLabels
from pynoise.noise.regions import Regions
from pynoise.noise.suspects import Suspects

__all__ = [
    "KINDS",
    "SEMANTIC_MAPS",
    "CorrectedLabels",
    "EstimatedNoise",
    "LabelMap",
    "NoisyDataset",
    "NoisyLabels",
    "Regions",
    "Suspects",
    "cleaned_labels",
    "corruption_matrix",
    "estimate",
    "from_cleanlab",
    "is_estimate",
    "load",
    "load_labels",
    "load_matrix",
    "make",
    "parse_label_map",
    "save_cleaned",
    "selected_count",
    "semantic_map",
    "to_cleanlab",
    "with_labels",
]
