"""Sixty-four bytes at a time: LLVM's plain vectors for kernels.

No instruction of one processor is named: LLVM lowers a vector of 64 bytes to what the machine has (one register of
AVX-512, two of AVX2, four of SSE2 or NEON). The functions below exist inside kernels only; a vector lives in a
kernel's variables and is never an argument of another kernel. Loads check no bounds: 64 (or 8, or 32) bytes from
``index`` on must lie inside the array.

Example: ``bits64(equal64(load64(data, at), splat64(10)))`` has a bit for every line end in data[at : at + 64].
"""

from functools import cache
from typing import Any

from dsqc.kernels._jit import intrinsic

LANES = 64
"""Bytes in a vector."""


@cache
def _lanes_type() -> Any:
    """numba's type of a vector of 64 bytes."""
    from llvmlite import ir  # type: ignore[import-untyped]
    from numba.core import types
    from numba.extending import models, register_model

    class Lanes(types.Type):
        def __init__(self) -> None:
            super().__init__(name="Lanes64")

    @register_model(Lanes)
    class LanesModel(models.PrimitiveModel):
        def __init__(self, manager: Any, kind: Any) -> None:
            super().__init__(manager, kind, ir.VectorType(ir.IntType(8), LANES))  # type: ignore[no-untyped-call]

    return Lanes()


def _vector(bits: int, number: int) -> Any:
    from llvmlite import ir

    return ir.VectorType(ir.IntType(bits), number)


def _all(kind: Any, number: int) -> Any:
    """A constant vector that holds ``number`` everywhere."""
    from llvmlite import ir

    return ir.Constant(kind, [number] * kind.count)


def _pointer(context: Any, builder: Any, signature: Any, arguments: Any, kind: Any) -> Any:
    """The address of element arguments[1] of array arguments[0], as a pointer to ``kind``; nothing is checked."""
    from numba.np.arrayobj import make_array

    made: Any = make_array
    array = made(signature.args[0])(context, builder, arguments[0])
    return builder.bitcast(builder.gep(array.data, [arguments[1]]), kind.as_pointer())


def _signature(result: Any, *arguments: Any) -> Any:
    from numba.core import types

    return (result or types.void)(*arguments)


@intrinsic
def load64(typingctx: Any, data: Any, index: Any) -> Any:
    """load64(data, index): the vector data[index : index + 64] of a uint8 array."""
    from numba.core import types

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _pointer(context, builder, signature, arguments, _vector(8, LANES))
        return builder.load(pointer, align=1)

    return _signature(_lanes_type(), data, types.intp), codegen


@intrinsic
def store64(typingctx: Any, data: Any, index: Any, lanes: Any) -> Any:
    """store64(data, index, lanes): data[index : index + 64] of a uint8 array receives ``lanes``."""
    from numba.core import types

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _pointer(context, builder, signature, arguments, _vector(8, LANES))
        builder.store(arguments[2], pointer, align=1)
        return context.get_dummy_value()

    return _signature(None, data, types.intp, lanes), codegen


@intrinsic
def splat64(typingctx: Any, byte: Any) -> Any:
    """splat64(byte): the lowest eight bits of ``byte`` in every lane."""
    from llvmlite import ir
    from numba.core import types

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = _vector(8, LANES)
        first = builder.insert_element(ir.Constant(kind, ir.Undefined), arguments[0], ir.Constant(ir.IntType(32), 0))
        return builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), _all(_vector(32, LANES), 0))

    return _signature(_lanes_type(), types.uint8), codegen


@intrinsic
def until64(typingctx: Any, count: Any) -> Any:
    """until64(count): 255 in the first ``count`` lanes (all from 64 on, none up to 0), 0 in the others."""
    from llvmlite import ir
    from numba.core import types

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word, kind = ir.IntType(64), _vector(8, LANES)
        count = arguments[0]
        for limit, comparison in ((0, "<"), (LANES, ">")):
            constant = ir.Constant(word, limit)
            count = builder.select(builder.icmp_signed(comparison, count, constant), constant, count)
        first = builder.insert_element(
            ir.Constant(kind, ir.Undefined), builder.trunc(count, ir.IntType(8)), ir.Constant(ir.IntType(32), 0)
        )
        counts = builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), _all(_vector(32, LANES), 0))
        places = ir.Constant(kind, list(range(LANES)))
        return builder.sext(builder.icmp_unsigned("<", places, counts), kind)

    return _signature(_lanes_type(), types.int64), codegen


def _compare(comparison: str, left: Any, right: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.sext(builder.icmp_unsigned(comparison, *arguments), _vector(8, LANES))

    return _signature(_lanes_type(), left, right), codegen


@intrinsic
def equal64(typingctx: Any, left: Any, right: Any) -> Any:
    """equal64(left, right): 255 in the lanes that are equal, 0 in the others."""
    return _compare("==", left, right)


@intrinsic
def above64(typingctx: Any, left: Any, right: Any) -> Any:
    """above64(left, right): 255 in the lanes where ``left`` is the greater unsigned number, 0 in the others."""
    return _compare(">", left, right)


def _combine(operation: str, left: Any, right: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return getattr(builder, operation)(*arguments)

    return _signature(_lanes_type(), left, right), codegen


@intrinsic
def add64(typingctx: Any, left: Any, right: Any) -> Any:
    """add64(left, right): sums of lanes, modulo 256."""
    return _combine("add", left, right)


@intrinsic
def subtract64(typingctx: Any, left: Any, right: Any) -> Any:
    """subtract64(left, right): differences of lanes, modulo 256; taking a mask off counts its lanes."""
    return _combine("sub", left, right)


@intrinsic
def and64(typingctx: Any, left: Any, right: Any) -> Any:
    """and64(left, right): bits that both have."""
    return _combine("and_", left, right)


@intrinsic
def or64(typingctx: Any, left: Any, right: Any) -> Any:
    """or64(left, right): bits that either has."""
    return _combine("or_", left, right)


@intrinsic
def bits64(typingctx: Any, lanes: Any) -> Any:
    """bits64(lanes): uint64, bit i is the highest bit of lane i (of a mask: whether the lane is set)."""
    from llvmlite import ir
    from numba.core import types

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        set_lanes = builder.icmp_signed("<", arguments[0], _all(_vector(8, LANES), 0))
        return builder.bitcast(set_lanes, ir.IntType(64))

    return _signature(types.uint64, lanes), codegen


@intrinsic
def sum64(typingctx: Any, lanes: Any) -> Any:
    """sum64(lanes): int64, the sum of all lanes as unsigned numbers."""
    from llvmlite import ir
    from numba.core import types

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = _vector(32, LANES)
        kind = ir.FunctionType(ir.IntType(32), [wide])
        name = f"llvm.vector.reduce.add.v{LANES}i32"
        add = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
        return builder.zext(builder.call(add, [builder.zext(arguments[0], wide)]), ir.IntType(64))

    return _signature(types.int64, lanes), codegen


@intrinsic
def ones(typingctx: Any, word: Any) -> Any:
    """ones(word): int64, how many bits of a uint64 are set."""
    from numba.core import types

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return _signature(types.int64, types.uint64), codegen


@intrinsic
def lowest(typingctx: Any, word: Any) -> Any:
    """lowest(word): int64, the place of the lowest set bit of a uint64; 64 where none is."""
    from llvmlite import ir
    from numba.core import types

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return _signature(types.int64, types.uint64), codegen


@intrinsic
def load_word(typingctx: Any, data: Any, index: Any) -> Any:
    """load_word(data, index): uint64, data[index : index + 8] of a uint8 array, the first byte lowest."""
    from llvmlite import ir
    from numba.core import types

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _pointer(context, builder, signature, arguments, ir.IntType(64))
        return builder.load(pointer, align=1)

    return _signature(types.uint64, data, types.intp), codegen


@intrinsic
def codes32(typingctx: Any, data: Any, index: Any) -> Any:
    """codes32(data, index): uint64, two bits for each of data[index : index + 32], the first letter lowest.

    Bits 1 and 2 of the letter, any case: A 0, C 1, T and U 2, G 3; other letters have the code of one of these.
    """
    from llvmlite import ir
    from numba.core import types

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        letters = builder.load(_pointer(context, builder, signature, arguments, _vector(8, 32)), align=1)
        shifted = builder.lshr(letters, _all(_vector(8, 32), 1))
        codes = builder.and_(shifted, _all(_vector(8, 32), 3))
        for width, shift, kept in ((16, 6, 0xF), (32, 12, 0xFF), (64, 24, 0xFFFF)):  # neighbours move together
            kind = _vector(width, 256 // width)
            codes = builder.bitcast(codes, kind)
            joined = builder.or_(codes, builder.lshr(codes, _all(kind, shift)))
            codes = builder.and_(joined, _all(kind, kept))
        return builder.bitcast(builder.trunc(codes, _vector(16, 4)), ir.IntType(64))

    return _signature(types.uint64, data, types.intp), codegen


@intrinsic
def multiply_fold(typingctx: Any, left: Any, right: Any) -> Any:
    """multiply_fold(left, right): uint64, both halves of the 128-bit product of two uint64 combined by exclusive or."""
    from llvmlite import ir
    from numba.core import types

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide, word = ir.IntType(128), ir.IntType(64)
        product = builder.mul(builder.zext(arguments[0], wide), builder.zext(arguments[1], wide))
        high = builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), word)
        return builder.xor(builder.trunc(product, word), high)

    return _signature(types.uint64, types.uint64, types.uint64), codegen


@intrinsic
def letters64(typingctx: Any, data: Any, index: Any) -> Any:
    """letters64(data, index): the vector of the letters of data[index : index + 32], two bases a byte as in BAM.

    Of A, C, G, T and N; 0 in the place of the other letters (SAM specification 4.2.3).
    """
    from llvmlite import ir
    from numba.core import types

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        half, whole = _vector(8, LANES // 2), _vector(8, LANES)
        packed = builder.load(_pointer(context, builder, signature, arguments, half), align=1)
        first = builder.lshr(packed, _all(half, 4))
        second = builder.and_(packed, _all(half, 15))
        order = ir.Constant(_vector(32, LANES), [lane // 2 + LANES // 2 * (lane % 2) for lane in range(LANES)])
        codes = builder.shuffle_vector(first, second, order)
        letters = _all(whole, 0)
        for code, letter in ((1, "A"), (2, "C"), (4, "G"), (8, "T"), (15, "N")):
            same = builder.icmp_unsigned("==", codes, _all(whole, code))
            letters = builder.select(same, _all(whole, ord(letter)), letters)
        return letters

    return _signature(_lanes_type(), data, types.intp), codegen


@intrinsic
def reverse64(typingctx: Any, lanes: Any) -> Any:
    """reverse64(lanes): the last lane first."""
    from llvmlite import ir

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        order = ir.Constant(_vector(32, LANES), list(range(LANES - 1, -1, -1)))
        return builder.shuffle_vector(arguments[0], arguments[0], order)

    return _signature(_lanes_type(), lanes), codegen


@intrinsic
def complement64(typingctx: Any, lanes: Any) -> Any:
    """complement64(lanes): A for T, C for G and the other way round; all other bytes stay."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = _vector(8, LANES)
        turned = arguments[0]
        for letter, other in ("AT", "TA", "CG", "GC"):
            same = builder.icmp_unsigned("==", arguments[0], _all(whole, ord(letter)))
            turned = builder.select(same, _all(whole, ord(other)), turned)
        return turned

    return _signature(_lanes_type(), lanes), codegen
