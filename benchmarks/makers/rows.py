"""Records as rows of one rectangular array: fields stand at fixed columns, and a mask says which bytes are kept.

Records whose length varies a little (numbers of four or five digits) are made without a loop over records this way.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


@dataclass(slots=True)
class Rows:
    """``count`` records under construction.

    Attributes:
        block: uint8[count, width].
        keep: bool[count, width]; bytes that belong to the record.
    """

    block: Bytes
    keep: NDArray[np.bool_]

    @classmethod
    def of(cls, template: bytes, count: int) -> "Rows":
        """``count`` times the bytes of ``template``, all kept."""
        block = np.empty((count, len(template)), np.uint8)
        block[:] = np.frombuffer(template, np.uint8)
        return cls(block, np.ones((count, len(template)), np.bool_))

    def put(self, column: int, text: bytes) -> None:
        """The same bytes in every row."""
        self.block[:, column : column + len(text)] = np.frombuffer(text, np.uint8)

    def number(self, column: int, width: int, values: NDArray[np.int64], *, padded: bool = False) -> None:
        """Decimal digits of ``values``; leading zeros are dropped unless ``padded``."""
        left = values.copy()
        for at in range(column + width - 1, column - 1, -1):
            self.block[:, at] = ord("0") + left % 10
            left //= 10
        if not padded:
            for digit in range(width - 1):
                self.keep[:, column + digit] &= values >= 10 ** (width - 1 - digit)

    def little_endian(self, column: int, values: NDArray[np.int64], size: int) -> None:
        """``values`` as little-endian integers of ``size`` bytes."""
        raw = np.ascontiguousarray(values.astype("<i8")).view(np.uint8).reshape(len(values), 8)
        self.block[:, column : column + size] = raw[:, :size]

    def tobytes(self) -> bytes:
        """The kept bytes, record behind record."""
        return self.block[self.keep].tobytes()
