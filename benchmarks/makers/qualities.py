"""Qualities that depend on the one before and on the position, as instruments give them: chains drawn for all reads
of a block at once, position by position, out of tables."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from makers.rows import Bytes

STEPS = 4096
"""Resolution of a transition's probability."""
LEVELS = np.array([2, 11, 25, 37], np.uint8)
"""Qualities of a NovaSeq: # , : F."""
FLOOR, CEILING = 2, 41
STAY = 0.5
"""Share of bases whose quality of 40 levels is that of the base before."""


def _tables(probabilities: NDArray[np.float64]) -> NDArray[np.uint8]:
    """float64[position, state, next] -> uint8[position, state * STEPS]: the next state for a random number."""
    edges = np.cumsum(probabilities / probabilities.sum(axis=-1, keepdims=True), axis=-1)
    draws = (np.arange(STEPS) + 0.5) / STEPS
    positions, states, _ = probabilities.shape
    tables = np.empty((positions, states, STEPS), np.uint8)
    for position in range(positions):
        for state in range(states):
            tables[position, state] = np.searchsorted(edges[position, state, :-1], draws)
    return tables.reshape(positions, states * STEPS)


def _walk(rng: np.random.Generator, tables: NDArray[np.uint8], start: NDArray[np.uint8]) -> Bytes:
    """uint8[reads, positions]: states from ``start`` on."""
    draws = rng.integers(0, STEPS, (len(tables), len(start)), np.uint16)
    states = np.empty(draws.shape, np.uint8)
    current = start
    for position, table in enumerate(tables):
        index = current.astype(np.int32)
        index *= STEPS
        index += draws[position]
        current = np.take(table, index, out=states[position])
    return np.ascontiguousarray(states.T)


@cache
def _binned_tables(length: int, worse: float) -> NDArray[np.uint8]:
    """States 0 to 2 (, : F) of good reads and 3 to 5 of poor ones."""
    probabilities = np.zeros((length, 6, 6))
    for position in range(length):
        share = position / length
        for first, lose in ((0, (0.007 + 0.018 * share**2) * worse), (3, 0.18 + 0.12 * share)):
            low, middle, high = first, first + 1, first + 2
            probabilities[position, high, [low, middle, high]] = (0.3 * lose, 0.7 * lose, 1 - lose)
            probabilities[position, middle, [low, middle, high]] = (0.12, 0.13, 0.75)
            probabilities[position, low, [low, middle, high]] = (0.22, 0.23, 0.55)
    return _tables(probabilities)


def binned(rng: np.random.Generator, reads: int, length: int, worse: float = 1.0) -> Bytes:
    """uint8[reads, length]: Phred qualities of the levels 11, 25 and 37; 3 % of the reads are poor throughout."""
    start = np.where(rng.random(reads) < 0.03, 5, 2).astype(np.uint8)
    states = _walk(rng, _binned_tables(length, worse), start)
    return np.tile(LEVELS[1:], 2)[states]


@cache
def _forty_tables(length: int, worse: float) -> NDArray[np.uint8]:
    levels = np.arange(FLOOR, CEILING + 1)
    probabilities = np.empty((length, len(levels), len(levels)))
    for position in range(length):
        share = position / length
        usual = 40.0 - 3.0 * (position < 5) - 7.0 * worse * share**2
        spread = 1.1 + 1.6 * share
        mean = usual + 0.8 * (levels[:, None] - usual)
        near = np.exp(-0.5 * ((levels[None, :] - mean) / spread) ** 2) + 0.0008 * (levels[None, :] < 20)
        near /= near.sum(axis=1, keepdims=True)
        probabilities[position] = (1 - STAY) * near + STAY * np.eye(len(levels))
    return _tables(probabilities)


def forty(rng: np.random.Generator, reads: int, length: int, worse: float = 1.0) -> Bytes:
    """uint8[reads, length]: Phred qualities 2 to 41 that decay along the read, as of a HiSeq."""
    start = np.full(reads, 34 - FLOOR, np.uint8)
    return _walk(rng, _forty_tables(length, worse), start) + np.uint8(FLOOR)


@cache
def _nanopore_table() -> NDArray[np.uint8]:
    levels = np.arange(51)
    mean = 20 + 0.8 * (levels[:, None] - 20)
    return _tables(np.exp(-0.5 * ((levels[None, :] - mean) / 5.0) ** 2)[None] + 1e-4)


def nanopore(rng: np.random.Generator, bases: int) -> Bytes:
    """uint8[bases]: one endless stretch of qualities 0 to 50, mean about 20, correlated over some bases."""
    steps = 1024
    lanes = -(-bases // steps)
    tables = np.broadcast_to(_nanopore_table(), (steps, 51 * STEPS))
    return _walk(rng, tables, np.full(lanes, 20, np.uint8)).ravel()[:bases]
