"""Label noise, exactly specified and seeded.

A noise kind is a corruption matrix P [L, L]: row k is the distribution of the new label of a *selected*
example whose clean label is k. Selected are exactly ⌈γN⌉ of all N examples, γ the noise level.

*Uniform* noise may give the true class again, so fewer labels change than are selected; *symmetric*
noise never does. The two are mixed up often: every output says the requested level, the fraction
selected and the realised rate of wrong labels.
"""

from pynoise.noise.estimate import estimate
from pynoise.noise.estimated import EstimatedNoise, is_estimate
from pynoise.noise.labels import NoisyLabels, make, selected_count
from pynoise.noise.matrices import KINDS, LabelMap, corruption_matrix, load_matrix, parse_label_map

__all__ = [
    "KINDS",
    "EstimatedNoise",
    "LabelMap",
    "NoisyLabels",
    "corruption_matrix",
    "estimate",
    "is_estimate",
    "load_matrix",
    "make",
    "parse_label_map",
    "selected_count",
]
