"""The networks of the papers, and others', each a body that makes features and a head."""

from pynoise._packages import TRAIN, needed

with needed("network", "torch", TRAIN):
    import torch  # noqa: F401 - else its absence shows in the middle of what follows

from pynoise.networks.make import NETWORKS, make
from pynoise.networks.network import Network, Outputs

__all__ = ["NETWORKS", "Network", "Outputs", "make"]
