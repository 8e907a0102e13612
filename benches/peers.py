"""Exact neighbour searches of other packages: float32 rows in, indices [M, K] out.

Each counts what a user would wait for: building the index, then the search. `threads` holds for OpenMP and
BLAS, which faiss and scikit-learn use, and for scikit-learn-intelex, which has threads of its own.
"""

from contextlib import contextmanager

import faiss
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

try:
    from sklearnex.neighbors import NearestNeighbors as IntelNeighbors
except ImportError:  # no wheel for this Python or processor
    IntelNeighbors = None


@contextmanager
def limited(threads):
    """Keep the peers to so many threads; outside what is timed, for it looks through all libraries."""
    with threadpool_limits(limits=threads):
        yield


def with_faiss(train, query, k, threads):
    faiss.omp_set_num_threads(threads)
    index = faiss.IndexFlatL2(train.shape[1])
    index.add(train)
    return index.search(query, k)[1]


def with_sklearn(train, query, k, threads):
    model = NearestNeighbors(n_neighbors=k, algorithm="brute", n_jobs=threads).fit(train)
    return model.kneighbors(query, return_distance=False)


def with_intel(train, query, k, threads):
    model = IntelNeighbors(n_neighbors=k, algorithm="brute", n_jobs=threads).fit(train)
    return model.kneighbors(query, return_distance=False)


PEERS = {"faiss": with_faiss, "scikit-learn": with_sklearn}
if IntelNeighbors is not None:
    PEERS["sklearnex"] = with_intel


def print_absent():
    if IntelNeighbors is None:
        print("scikit-learn-intelex is absent: it has no wheel for this Python or processor")
