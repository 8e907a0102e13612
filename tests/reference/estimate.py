"""Twin of the estimate: EM on the whole table of triples, in plain loops."""

import math
from itertools import permutations, product


def step(table, prior, transition):
    """One step of EM on shares {(a, b, c): share}; also the likelihood before it."""
    classes = range(len(prior))
    counts = [[0.0] * len(prior) for _ in classes]
    shares = [0.0] * len(prior)
    likelihood = 0.0
    for (a, b, c), share in table.items():
        joint = [prior[k] * transition[k][a] * transition[k][b] * transition[k][c] for k in classes]
        total = sum(joint)
        likelihood += share * math.log(total)
        for k in classes:
            posterior = share * joint[k] / total
            shares[k] += posterior
            for label in (a, b, c):
                counts[k][label] += posterior
    transition = [[counts[k][j] / (3 * shares[k]) for j in classes] for k in classes]
    return shares, transition, likelihood


def fit(table, classes, steps):
    """Prior and transition matrix after so many steps, classes named by the largest trace."""
    marginal = [0.0] * classes
    for triple, share in table.items():
        for label in triple:
            marginal[label] += share / 3
    prior = marginal
    transition = [[0.7 * (k == j) + 0.3 * marginal[j] for j in range(classes)] for k in range(classes)]
    for _ in range(steps):
        prior, transition, _ = step(table, prior, transition)
    order = max(
        permutations(range(classes)), key=lambda one: sum(transition[one[k]][k] for k in range(classes))
    )
    return [prior[k] for k in order], [transition[k] for k in order]


def expected(prior, transition):
    """The shares of all ordered triples."""
    classes = range(len(prior))
    return {
        (a, b, c): sum(prior[k] * transition[k][a] * transition[k][b] * transition[k][c] for k in classes)
        for a, b, c in product(classes, repeat=3)
    }


def counted(labels, neighbours):
    """The shares of the ordered triples of labels and those of their two neighbours."""
    table = {}
    for label, (first, second) in zip(labels, neighbours, strict=True):
        triple = label, labels[first], labels[second]
        table[triple] = table.get(triple, 0) + 1 / len(labels)
    return table
