"""kNet, a small network that learns to be K-NN (Mizrahi and Avidan, 2021)."""

from pynoise.methods.knet.agreement import agreement
from pynoise.methods.knet.estimator import KNet
from pynoise.methods.knet.network import KNetwork
from pynoise.methods.knet.pipeline import KNetMethod

__all__ = ["KNet", "KNetMethod", "KNetwork", "agreement"]
