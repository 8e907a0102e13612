"""Looking at features: what is not needed to make a result, but to see it."""

from pynoise.analysis.embedding import EMBEDDINGS, embed

__all__ = ["EMBEDDINGS", "embed"]
