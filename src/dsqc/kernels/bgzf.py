"""BGZF blocks inflated and proven one after the other, without Python in between.

ISA-L does the work, by its own functions ``isal_inflate_stateless`` and ``crc32_gzip_refl`` (igzip_lib.h and crc.h of
ISA-L), whose addresses are given: :mod:`dsqc.formats.isal_library`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, intrinsic, kernel
from dsqc.kernels.bam_record import int32_at, uint16_at

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

HEADER = 18
"""Bytes of the header that every writer of BGZF writes: the field BC alone."""
TRAILER = 8
LARGEST = 1 << 16
"""Uncompressed bytes of a block (SAM specification 4.1)."""
STATE_BYTES = 1 << 17
"""Room for ISA-L's ``struct inflate_state``, which has about 88,000."""
INFLATE, CRC32 = range(2)
"""Places of the functions' addresses."""
SIZE, BLOCKS, LAST_SIZE, TOLD = range(4)
"""What is told: uncompressed bytes, blocks, uncompressed bytes of the last block; and how many numbers that are."""

# Fields of struct inflate_state, in bytes; the first ones since ISA-L 2.18.
_NEXT_OUT, _AVAIL_OUT, _TOTAL_OUT, _NEXT_IN, _AVAIL_IN = 0, 8, 12, 16, 32


def _array_of(context: Any, builder: Any, kind: Any, value: Any, index: Any = None) -> Any:
    """The address of element ``index`` of an array, or of its first one."""
    from numba.np.arrayobj import make_array

    made: Any = make_array
    data = made(kind)(context, builder, value).data
    return data if index is None else builder.gep(data, [index])


@intrinsic
def _inflate(
    typingctx: Any, function: Any, state: Any, stored: Any, start: Any, size: Any, out: Any, at: Any, room: Any
) -> Any:
    """Inflate stored[start : start + size] to ``out`` from ``at`` on; uncompressed bytes, or -1 where it fails.

    ``room`` is the number of bytes that it may write, ``state`` uint8[STATE_BYTES].
    """
    from llvmlite import ir  # type: ignore[import-untyped]
    from numba.core import types

    byte, half, word = ir.IntType(8), ir.IntType(32), ir.IntType(64)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, held, given, begin, number, written, place, most = arguments
        kinds = signature.args
        base = _array_of(context, builder, kinds[1], held)

        def field(offset: int, kind: Any) -> Any:
            return builder.bitcast(builder.gep(base, [word(offset)]), kind.as_pointer())

        builder.store(_array_of(context, builder, kinds[5], written, place), field(_NEXT_OUT, byte.as_pointer()))
        builder.store(builder.trunc(most, half), field(_AVAIL_OUT, half))
        builder.store(_array_of(context, builder, kinds[2], given, begin), field(_NEXT_IN, byte.as_pointer()))
        builder.store(builder.trunc(number, half), field(_AVAIL_IN, half))
        callee = builder.inttoptr(address, ir.FunctionType(half, [byte.as_pointer()]).as_pointer())
        status = builder.call(callee, [base])
        total = builder.zext(builder.load(field(_TOTAL_OUT, half)), word)
        return builder.select(builder.icmp_signed("==", status, half(0)), total, word(-1))

    signature = types.int64(types.int64, state, stored, types.int64, types.int64, out, types.int64, types.int64)
    return signature, codegen


@intrinsic
def _crc32(typingctx: Any, function: Any, data: Any, start: Any, size: Any) -> Any:
    """CRC-32 (RFC 1952) of data[start : start + size]."""
    from llvmlite import ir
    from numba.core import types

    byte, half, word = ir.IntType(8), ir.IntType(32), ir.IntType(64)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, given, begin, number = arguments
        callee = builder.inttoptr(address, ir.FunctionType(half, [half, byte.as_pointer(), word]).as_pointer())
        place = _array_of(context, builder, signature.args[1], given, begin)
        return builder.zext(builder.call(callee, [half(0), place, number]), word)

    return types.int64(types.int64, data, types.int64, types.int64), codegen


@kernel
def _is_header(data: Bytes, at: int) -> bool:
    """Whether the header that every writer of BGZF writes stands at ``at``: one extra field, BC, of two bytes."""
    return bool(
        data[at] == 0x1F
        and data[at + 1] == 0x8B
        and data[at + 2] == 8
        and data[at + 3] == 4
        and data[at + 10] == 6
        and data[at + 11] == 0
        and data[at + 12] == 66
        and data[at + 13] == 67
        and data[at + 14] == 2
        and data[at + 15] == 0
    )


@entry("u1[::1], i8, u1[::1], u1[::1], i8[::1], i8[::1] -> i8")
def inflate_blocks(stored: Bytes, last: int, out: Bytes, state: Bytes, functions: Ints, told: Ints) -> int:
    """Inflate the blocks that stand whole in ``stored``, one behind the other, as long as each proves whole.

    Ends in front of a block that is cut, is written otherwise, or does not inflate to what its trailer states; where
    ``out`` has no room for one block more; and at ``last``.

    Args:
        stored: begins with a block.
        last: no block that begins here or behind is taken.
        out: the data of all blocks.
        state: uint8[STATE_BYTES], as ``isal_inflate_init`` leaves it.
        functions: addresses of ISA-L's functions, see INFLATE.
        told: int64[TOLD], see SIZE.

    Returns:
        Stored bytes of the blocks taken.
    """
    at = 0
    told[:] = 0
    while at < last and at + HEADER <= stored.shape[0] and _is_header(stored, at):
        end = at + uint16_at(stored, at + 16) + 1
        size = end - at - HEADER - TRAILER
        if end > stored.shape[0] or size < 2 or told[SIZE] + LARGEST > out.shape[0]:
            break
        start = told[SIZE]
        found = _inflate(functions[INFLATE], state, stored, at + HEADER, size, out, start, LARGEST)
        if found < 0 or found != (int32_at(stored, end - 4) & 0xFFFFFFFF):
            break
        if _crc32(functions[CRC32], out, start, found) != (int32_at(stored, end - TRAILER) & 0xFFFFFFFF):
            break
        at = end
        told[SIZE] += found
        told[BLOCKS] += 1
        told[LAST_SIZE] = found
    return at
