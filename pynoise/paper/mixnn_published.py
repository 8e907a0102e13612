"""What the tables of MixNN (Lu and He) print."""

from __future__ import annotations

from pynoise.paper.by_noise_published import PublishedTable, networks_of, tables_of

__all__ = ["mixnn_networks", "mixnn_tables"]


def mixnn_tables() -> tuple[PublishedTable, ...]:
    """Tables I, IV and V."""
    return tables_of("mixnn")


def mixnn_networks() -> dict[str, str]:
    """The network of `pynoise.networks` for each of the paper's data sets."""
    return networks_of("mixnn")
