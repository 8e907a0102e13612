"""Looking at features and at what networks put out: what is not needed to make a result, but to see it."""

from pynoise.analysis.chi_square import PUBLISHED_MEDIAN, compare_to_knn
from pynoise.analysis.comparison import COMPARISON_COLUMNS, Comparison
from pynoise.analysis.embedding import EMBEDDINGS, embed
from pynoise.analysis.mixture import Mixture, fit_mixture
from pynoise.analysis.profile import PROFILE_COLUMNS, SoftmaxProfile
from pynoise.analysis.softmax import softmax_profile

__all__ = [
    "COMPARISON_COLUMNS",
    "EMBEDDINGS",
    "PROFILE_COLUMNS",
    "PUBLISHED_MEDIAN",
    "Comparison",
    "Mixture",
    "SoftmaxProfile",
    "compare_to_knn",
    "embed",
    "fit_mixture",
    "softmax_profile",
]
