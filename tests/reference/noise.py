"""Twin of the noise: Philox4x32-10 and the draws, in Python's whole numbers."""

import math
from itertools import accumulate

MASK = 2**32 - 1


def philox(counter, key):
    """Salmon et al., SC 2011, Section 4.3: ten rounds on four 32-bit words."""
    counter, key = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [(b >> 32) ^ counter[1] ^ key[0], b & MASK, (a >> 32) ^ counter[3] ^ key[1], a & MASK]
        key = [(key[0] + 0x9E3779B9) & MASK, (key[1] + 0xBB67AE85) & MASK]
    return counter


def integer(seed, name, index):
    """The index-th 64-bit integer of a named stream."""
    stream = 0xCBF29CE484222325
    for byte in name.encode():
        stream = ((stream ^ byte) * 0x100000001B3) % 2**64
    words = philox([index & MASK, index >> 32, stream & MASK, stream >> 32], [seed & MASK, seed >> 32])
    return words[0] | words[1] << 32


def uniform(seed, name, index):
    """The index-th number in [0, 1) of a named stream."""
    return (integer(seed, name, index) >> 11) / 2**53


def select(n, counts, seed, groups=None, weights=None):
    """The mask of selected examples: so many of each group, of the smallest keys."""
    groups = [0] * n if groups is None else groups
    keys = []
    for i in range(n):
        key = integer(seed, "noise/select", i)
        if weights is not None:
            wait = -math.log(((key >> 12) + 0.5) / 2**52)
            key = wait / weights[i] if weights[i] > 0 else math.inf
        keys.append((key, i))
    selected = set()
    for group, count in enumerate(counts):
        selected |= {i for _, i in sorted(key for key in keys if groups[key[1]] == group)[:count]}
    return [i in selected for i in range(n)]


def relabel(labels, matrix, selected, seed):
    """Labels drawn anew for those selected."""
    noisy = []
    for i, label in enumerate(labels):
        if selected[i]:
            row, u = matrix[label], uniform(seed, "noise/label", i)
            last = max(j for j, p in enumerate(row) if p > 0)  # where rounding leaves the sum under u
            label = next((j for j, total in enumerate(accumulate(row)) if u < total), last)
        noisy.append(label)
    return noisy


def make(labels, matrix, level, seed, groups=None, weights=None):
    """Noisy labels and the mask of selected examples: ⌈γN⌉ of each group."""
    groups = [0] * len(labels) if groups is None else groups
    sizes = [groups.count(group) for group in range(max(groups) + 1)]
    counts = [max(0, math.ceil(level * size - 1e-9)) for size in sizes]
    selected = select(len(labels), counts, seed, groups, weights)
    return relabel(labels, matrix, selected, seed), selected
