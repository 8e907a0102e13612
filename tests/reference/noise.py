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


def make(labels, matrix, level, seed):
    """Noisy labels and the mask of selected examples."""
    n = len(labels)
    count = max(0, math.ceil(level * n - 1e-9))
    keys = sorted((integer(seed, "noise/select", i), i) for i in range(n))
    selected = {i for _, i in keys[:count]}
    noisy = []
    for i, label in enumerate(labels):
        if i in selected:
            row, u = matrix[label], uniform(seed, "noise/label", i)
            last = max(j for j, p in enumerate(row) if p > 0)  # where rounding leaves the sum under u
            label = next((j for j, total in enumerate(accumulate(row)) if u < total), last)
        noisy.append(label)
    return noisy, [i in selected for i in range(n)]
