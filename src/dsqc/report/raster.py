"""Small pictures for heat maps: PNG with a palette, as a ``data:`` address. Stored, so the same bytes everywhere."""

import base64
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]

EMPTY = 0
"""Index of a cell that is see-through; colours begin at 1."""

# Both are told apart by people who do not see red or green: lightness falls all the way, blue against orange.
_DEVIATION = ((122, 49, 3), (222, 120, 30), (240, 241, 243), (92, 150, 205), (18, 70, 130))
_AMOUNT = ((224, 232, 240), (150, 188, 214), (66, 132, 178), (14, 78, 132), (4, 32, 72))
STEPS = 21
"""Colours of a scale."""


def _scale(stops: Sequence[Colour]) -> tuple[Colour, ...]:
    places = np.linspace(0, len(stops) - 1, STEPS)
    channels = [np.interp(places, range(len(stops)), [stop[channel] for stop in stops]) for channel in range(3)]
    return tuple((int(red), int(green), int(blue)) for red, green, blue in zip(*channels, strict=True))


DEVIATION = _scale(_DEVIATION)
"""From far below (orange) over none (grey) to far above (blue)."""
AMOUNT = _scale(_AMOUNT)
"""From little (light) to much (dark)."""


def hex_colour(colour: Colour) -> str:
    """``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def deviations(values: NDArray[np.float64], limit: float) -> NDArray[np.uint8]:
    """Indices of DEVIATION for values from ``-limit`` to ``limit``; what lies beyond has the last colour."""
    share = (np.clip(values, -limit, limit) + limit) / (2 * limit)
    return (1 + np.rint(share * (STEPS - 1))).astype(np.uint8)


def amounts(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Indices of AMOUNT by the square root of the share of the greatest value; zeros are empty."""
    top = values.max() if values.size else 0
    if top <= 0:
        return np.zeros(values.shape, dtype=np.uint8)
    indices = 1 + np.floor(np.sqrt(values / top) * (STEPS - 1) + 0.5)
    return np.where(values > 0, indices, EMPTY).astype(np.uint8)


def png(cells: NDArray[np.uint8], colours: Sequence[Colour]) -> str:
    """A picture of a pixel a cell, uint8[rows, columns] of indices, the first row on top, as a ``data:`` address."""
    rows, columns = cells.shape
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    palette = bytes([0, 0, 0, *(channel for colour in colours for channel in colour)])
    lines = np.zeros((rows, columns + 1), dtype=np.uint8)  # each line begins with its filter: none
    lines[:, 1:] = cells
    parts = ((b"IHDR", header), (b"PLTE", palette), (b"tRNS", b"\0"), (b"IDAT", zlib.compress(lines.tobytes(), 0)))
    content = b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, part) for kind, part in (*parts, (b"IEND", b"")))
    return "data:image/png;base64," + base64.b64encode(content).decode("ascii")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
