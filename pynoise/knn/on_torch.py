"""The engine "torch": exact neighbours with torch's matrix products, on a CUDA device where there is one.

Products are float32, yet the result is that of float64 brute force, because their error is bounded. For a
row x and a query q of the float32 space, η the relative error and s the computed product,

    L = (1 - η)‖x‖² - 2s  ≤  D² - (1 - η)‖q‖² + floor  ≤  L + 2(η(‖x‖² + ‖q‖²) + floor) = U.

Of each query the C > k rows with the smallest L are kept. The k-th smallest U among them is at or above the
k-th nearest row's place, so a row with a larger L is not among the k nearest; if the last of the C is such a
row, so are all that were dropped. Else the query is searched again with more of them, up to all. What is left
is settled in float64 by the compiled kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise import _checks, _core
from pynoise._packages import TRAIN, needed
from pynoise.errors import InputValueError
from pynoise.knn.nearest import Found, Progress, SearchStatistics
from pynoise.knn.space import Columns, Space, refuse

with needed("engine", "torch", TRAIN, what="'torch'"):
    import torch

from pynoise.knn.full_precision import full_precision

__all__ = ["search"]

# Bytes of the device's memory for all blocks of a search. Training rows that fit a quarter of them stay on
# the device; others are sent there again for every group of queries.
BUDGET = {"cuda": 1 << 30, "cpu": 192 << 20}
# Queries in a product, unless told.
BLOCK = {"cuda": 512, "cpu": 256}
# Columns beyond this would make the error bound useless.
WIDEST = 1 << 20

Rows = NDArray[Any]
Indices = NDArray[np.int64]


def search(
    train: Rows,
    query: Rows,
    k: int,
    *,
    metric: _checks.Metric,
    exclude_self: bool,
    threads: int,
    block: int | None,
    seed: int,  # noqa: ARG001 (every engine takes it)
    progress: Progress | None,
) -> Found:
    """Find the `k` nearest rows of `train` [N, d] to each row of `query` [M, d], both of one dtype.

    The result equals that of the engine "exact", index by index. `block` is the number of queries in a
    product; `threads` are those of torch on the CPU, 0 for its own setting. Searches in several threads of
    one process wait for one another, as torch's settings are the process's.

    Raises
    ------
    InputValueError
        If a value is not finite, values spread over more than 1e150, there are more than 2²⁰ columns, or,
        with the metric "cosine", a row is all zeros.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    with full_precision(device, threads):
        work = _Search(train, query, k, metric, exclude_self, threads, block, device)
        total = len(train) * len(query)
        done = settled = 0
        indices = np.empty((len(query), k), np.int32)
        distances = np.empty((len(query), k), np.float32)

        def advance(pairs: int) -> None:
            nonlocal done
            done += pairs
            if progress is not None:
                progress("neighbours", done, total)

        open_queries, candidates = np.arange(len(query)), work.enough(k + k // 4 + 64)
        again = False
        while open_queries.size:
            still_open = []
            for group in work.groups(open_queries, candidates):
                found, proven = work.candidates(group, candidates, again, advance)
                still_open.append(group[~proven])
                group, found = group[proven], found[proven]
                if group.size:
                    settled += int((found >= 0).sum())
                    # Itself is no candidate already, and its place among the queries is lost.
                    indices[group], distances[group] = _core.settle(
                        train, query[group], found, k, metric, False, threads
                    )
            open_queries, candidates = np.concatenate(still_open), work.enough(4 * candidates)
            again = True
    return indices, distances, SearchStatistics("torch", total, settled=settled / total)


class _Search:
    """What the passes of one search share."""

    def __init__(
        self,
        train: Rows,
        query: Rows,
        k: int,
        metric: _checks.Metric,
        exclude_self: bool,
        threads: int,
        block: int | None,
        device: torch.device,
    ) -> None:
        rows, width = train.shape
        if width > WIDEST:
            raise InputValueError("train", f"has {width} columns; at most {WIDEST} fit")
        self.train, self.query, self.k = train, query, k
        self.cosine, self.exclude_self, self.device = metric == "cosine", exclude_self, device
        self.budget = BUDGET[device.type]
        self.block = min(block or BLOCK[device.type], len(query))
        # A quarter of the budget for the placed rows, a quarter for the products.
        self.chunk = min(rows, max(1, self.budget // 16 // max(width, self.block)))
        of_train, of_query = self._columns("train", train), self._columns("query", query)
        space = Space.of(of_train, rows, of_query)
        self.center = torch.from_numpy(space.center).to(device)
        self.scale = space.scale
        # With u = 2⁻²⁴, in units of ‖x‖² + ‖q‖²: rounding of the coordinates 4u; of the product γ_d, in
        # whatever order it is added; of norms, sums and comparisons a few u; of the float64 reference next
        # to nothing.
        du = width * 2.0**-24
        self.relative_error = du / (1 - du) + 32 * 2.0**-24
        # Coordinates and products below the smallest normal float32, differences below the root of the
        # smallest float64. For data so small that the scale overflows when squared, this is infinite: no row
        # is ruled out, all are settled.
        smallest = float(np.finfo(np.float32).tiny)
        squared_scale = self.scale**2 if self.scale < 2.0**511 else np.inf
        self.floor = width * (8 * smallest + squared_scale * 1e-321)
        if self.cosine:
            # Rows over their norms are rounded in float64, here and in the reference, each by less than
            # ε = (d + 16)·2⁻⁵³·scale: 4ε in all. The square of the distance moves by less than
            # 8εS + 16ε² ≤ uS² + 2²⁹ε², S = ‖x‖ + ‖q‖; the first part is among the few u above.
            self.floor += 2.0**29 * ((width + 16) * 2.0**-53) ** 2 * squared_scale
        self.norms = torch.empty(rows, dtype=torch.float32, device=device)
        self.products = torch.empty(self.block * self.chunk, dtype=torch.float32, device=device)
        self.placed = torch.empty((self.chunk, width), dtype=torch.float32, device=device)
        self.placed_from = -1

    def enough(self, candidates: int) -> int:
        """As many candidates, or all rows if that is most of them."""
        rows = len(self.train) - self.exclude_self
        return rows if 2 * candidates >= rows else candidates

    def groups(self, which: Indices, candidates: int) -> Iterator[Indices]:
        """Cut queries into groups whose rows, and lists of candidates, take an eighth of the budget each."""
        size = max(1, self.budget // 32 // max(self.train.shape[1], 2 * candidates))
        for start in range(0, len(which), size):
            yield which[start : start + size]

    def candidates(
        self, which: Indices, count: int, again: bool, advance: Callable[[int], None]
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Candidates of these queries, [m, count] padded with -1, and whether they are proven to be all."""
        shape = len(which), count
        queries = torch.empty((len(which), self.train.shape[1]), dtype=torch.float32, device=self.device)
        query_norms = self._place(self.query, which, queries)
        queries *= -2
        lower = torch.full(shape, torch.inf, dtype=torch.float32, device=self.device)
        rows = torch.full(shape, -1, dtype=torch.int32, device=self.device)
        # The lists of a block are merged in copies: about 64 bytes a candidate.
        block = min(self.block, max(1, self.budget // 4 // 64 // count))
        blocks = [slice(start, start + block) for start in range(0, len(which), block)]
        own = torch.from_numpy(which).to(self.device) if self.exclude_self else None
        for start in range(0, len(self.train), self.chunk):
            placed, lowered = self._chunk(start)
            for part in blocks:
                products = self.products[: len(queries[part]) * len(placed)].view(-1, len(placed))
                torch.mm(queries[part], placed.T, out=products)
                products += lowered
                if own is not None:
                    places = own[part] - start
                    inside = ((places >= 0) & (places < len(placed))).nonzero()[:, 0]
                    products[inside, places[inside]] = torch.inf
                values, nearest = products.topk(min(count, len(placed)), largest=False)
                values = torch.cat([lower[part], values], dim=1)
                nearest = torch.cat([rows[part], nearest.to(torch.int32) + start], dim=1)
                lower[part], order = values.topk(count, largest=False)
                rows[part] = nearest.gather(1, order)
                advance(0 if again else products.numel())
        proven = torch.empty(len(which), dtype=torch.bool, device=self.device)
        for part in blocks:
            norms = self.norms[rows[part].long()] + query_norms[part, None]
            bound = lower[part].double()
            upper = bound + 2 * (self.relative_error * norms + self.floor)
            threshold = upper.topk(self.k, largest=False).values[:, -1:]
            proven[part] = bound[:, -1] > threshold[:, 0]
            rows[part] = torch.where(bound <= threshold, rows[part], -1)
        if count == len(self.train) - self.exclude_self:
            proven.fill_(True)
        return rows.cpu().numpy(), proven.cpu().numpy()

    def _chunk(self, start: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Training rows from `start` on in the float32 space, and (1 - η)‖x‖² of each."""
        stop = min(start + self.chunk, len(self.train))
        placed, norms = self.placed[: stop - start], self.norms[start:stop]
        if self.placed_from != start:
            self.placed_from = -1  # should placing be interrupted
            norms.copy_(self._place(self.train, np.arange(start, stop), placed))
            self.placed_from = start
        return placed, (norms.double() * (1 - self.relative_error)).float()

    def _place(self, source: Rows, which: Indices, out: torch.Tensor) -> torch.Tensor:
        """Write rows of the source in the float32 space; returns their squared norms, float64."""
        norms = torch.empty(len(which), dtype=torch.float64, device=self.device)
        for part in self._stretches(len(which)):
            out[part] = self._wide(source[which[part]]).sub_(self.center).mul_(self.scale)
            norms[part] = torch.linalg.vector_norm(out[part], dim=1, dtype=torch.float64).square_()
        return norms

    def _columns(self, name: str, source: Rows) -> Columns:
        width = source.shape[1]
        total, least, greatest = (
            torch.full((width,), value, dtype=torch.float64, device=self.device)
            for value in (0.0, torch.inf, -torch.inf)
        )
        for part in self._stretches(len(source)):
            x = self._wide(np.array(source[part]))
            total += x.sum(dim=0)
            least = torch.minimum(least, x.amin(dim=0))
            greatest = torch.maximum(greatest, x.amax(dim=0))
        columns = Columns(total.cpu().numpy(), least.cpu().numpy(), greatest.cpu().numpy())
        if not columns.finite:
            refuse(name, source)
        return columns

    def _wide(self, copied: Rows) -> torch.Tensor:
        """Rows that are nobody else's as float64 on the device, of norm 1 with the metric "cosine"."""
        x = torch.from_numpy(copied).to(self.device).to(torch.float64)
        if self.cosine:
            x /= torch.linalg.vector_norm(x, ord=torch.inf, dim=1, keepdim=True)  # else squares may overflow
            x /= torch.linalg.vector_norm(x, dim=1, keepdim=True)
        return x

    def _stretches(self, rows: int) -> Iterator[slice]:
        """Slices of rows that take little of the budget in float64, copies included."""
        size = max(1, self.budget // 32 // (8 * self.train.shape[1]))
        for start in range(0, rows, size):
            yield slice(start, min(start + size, rows))
