"""Compiling kernels: the one place that imports numba, and only where the machine code is not on disk yet.

Beside each kernel stands a wrapper that takes numpy's arrays as Python holds them, checks their type, and calls the
kernel; the wrappers and kernels of one module become one object file.
"""

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import compiler, types
from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import Dispatcher
from numba.core.registry import cpu_target
from numba.extending import intrinsic as numba_intrinsic

from dsqc.kernels._jit import BAD_ARGUMENT, Entry, checked

# Where numpy's C interface has the fields of an array and of its type, in 8-byte words (PyArrayObject_fields and
# PyArray_Descr of numpy/ndarraytypes.h; the same in numpy 1 and 2). An object's own head stands before them.
_HEAD_BYTES = object.__basicsize__
_DATA, _DIMENSIONS, _ND = 0, 16, 8  # offsets behind the head
_DESCRIPTION, _FLAGS = 40, 48
_TYPE_NUMBER = 12  # offset behind the head of the description and its type
_CONTIGUOUS_ALIGNED = 0x1 | 0x100

_I1, _I8, _I32, _I64 = (ir.IntType(bits) for bits in (1, 8, 32, 64))


def dispatcher(function: Callable[..., Any]) -> Any:
    """numba's dispatcher of ``function``: no interpreter lock, no Python errors of division, no counting of references
    (who calls holds the arrays)."""
    options: dict[str, Any] = {"boundscheck": True} if checked() else {"_nrt": False}
    return numba.njit(nogil=True, error_model="numpy", **options)(function)


def intrinsic(function: Callable[..., Any]) -> Any:
    """numba's intrinsic of ``function``."""
    return numba_intrinsic(function)


def type_of(value: Any) -> Any:
    """How numba types a dispatcher or an intrinsic that stands among a kernel's globals."""
    if isinstance(value, Dispatcher):
        return types.Dispatcher(value)
    cpu_target.typing_context.refresh()
    return cpu_target.typing_context.resolve_value_type(value)


def _numba_type(text: str) -> Any:
    scalars = {"i8": types.int64, "u8": types.uint64, "f8": types.float64, "b1": types.boolean}
    if "[" not in text:
        return scalars[text]
    kind, _, shape = text.partition("[")
    return types.Array(numba.from_dtype(np.dtype(kind)), shape.count(":") - shape.count("::1"), "C")


@global_compiler_lock
def machine_code(module: ModuleType, kernels: Sequence[Entry]) -> bytes:
    """Compile ``kernels``, all of ``module``, to one object file for this processor.

    Raises:
        RuntimeError: a kernel allocates, raises or calls something of numba's run-time (a mistake in the kernel).
    """
    target = cpu_target.target_context
    cpu_target.typing_context.refresh()
    target.refresh()
    library = target.codegen().create_library(f"dsqc_{module.__name__}")
    wrappers = library.create_ir_module(f"dsqc_wrappers_{module.__name__}")
    for item in kernels:
        compiled = _compile_one(item)
        _add_wrapper(wrappers, target, item, compiled)
        library.add_linking_library(compiled.library)
    library.add_ir_module(wrappers)
    library.enable_object_caching()
    library.finalize()
    _refuse_runtime(library, module.__name__)
    return bytes(library.serialize_using_object_code()[2][0])


def _compile_one(item: Entry) -> Any:
    signature = item.signature
    arguments = tuple(_numba_type(text) for text in signature.arguments)
    result = _numba_type(signature.result) if signature.result else types.none
    flags: Any = compiler.Flags()  # type: ignore[no-untyped-call]
    flags.nrt = False
    flags.release_gil = True
    flags.error_model = "numpy"
    flags.no_cpython_wrapper = True
    flags.no_cfunc_wrapper = True
    flags.no_compile = True
    flags.enable_pyobject = False
    return compiler.compile_extra(  # type: ignore[no-untyped-call]
        cpu_target.typing_context, cpu_target.target_context, item.py_func, arguments, result, flags, {}
    )


def _refuse_runtime(library: Any, name: str) -> None:
    """A kernel that needs numba's run-time could not be called without numba."""
    declared = [function.name for function in library._final_module.functions if function.is_declaration]
    foreign = [
        one for one in declared if not one.startswith("llvm.") and one not in ("memset", "memcpy", "memmove", "memcmp")
    ]
    if foreign:
        raise RuntimeError(f"the kernels of {name} may not allocate or raise; they call {', '.join(foreign)}")


def _add_wrapper(module: Any, target: Any, item: Entry, compiled: Any) -> None:
    """Add ``i64 symbol(object or number, ..., result*)``: 0, or what is wrong."""
    texts = item.signature.arguments
    kinds = {"i8": _I64, "u8": _I64, "f8": ir.DoubleType(), "b1": _I8}
    parameters = [_I8.as_pointer() if "[" in text else kinds[text] for text in texts]
    result_type = kinds[item.signature.result] if item.signature.result else None
    if result_type is not None:
        parameters.append(result_type.as_pointer())
    function = ir.Function(module, ir.FunctionType(_I64, parameters), item.symbol)
    builder = ir.IRBuilder(function.append_basic_block())
    types_of = compiled.signature.args
    values = []
    for number, text in enumerate(texts):
        given = function.args[number]
        if "[" in text:
            values.append(_array(builder, target, types_of[number], given, BAD_ARGUMENT + number))
        elif text == "b1":
            values.append(builder.icmp_unsigned("!=", given, _I8(0)))
        else:
            values.append(given)
    native = target.declare_function(module, compiled.fndesc)
    status, value = target.call_conv.call_function(builder, native, compiled.signature.return_type, types_of, values)
    with builder.if_then(builder.not_(status.is_ok), likely=False):
        builder.ret(builder.sext(status.code, _I64))
    if result_type is not None:
        if item.signature.result == "b1":
            value = builder.zext(value, _I8)
        builder.store(value, function.args[-1])
    builder.ret(_I64(0))


def _field(builder: Any, base: Any, offset: int, kind: Any) -> Any:
    """The field of type ``kind`` that stands ``offset`` bytes behind ``base``."""
    place = builder.gep(base, [_I64(offset)])
    return builder.load(builder.bitcast(place, kind.as_pointer()))


def _array(builder: Any, target: Any, kind: Any, given: Any, wrong: int) -> Any:
    """numba's array over the memory of the numpy array ``given``; returns ``wrong`` where it is of another type."""
    pointer = _I8.as_pointer()
    data = _field(builder, given, _HEAD_BYTES + _DATA, pointer)
    flags = _field(builder, given, _HEAD_BYTES + _FLAGS, _I32)
    number = _field(
        builder, _field(builder, given, _HEAD_BYTES + _DESCRIPTION, pointer), _HEAD_BYTES + _TYPE_NUMBER, _I32
    )
    dimensions = _field(builder, given, _HEAD_BYTES + _ND, _I32)
    fitting = builder.and_(
        builder.icmp_signed("==", builder.and_(flags, _I32(_CONTIGUOUS_ALIGNED)), _I32(_CONTIGUOUS_ALIGNED)),
        builder.and_(
            builder.icmp_signed("==", number, _I32(np.dtype(str(kind.dtype)).num)),
            builder.icmp_signed("==", dimensions, _I32(kind.ndim)),
        ),
    )
    with builder.if_then(builder.not_(fitting), likely=False):
        builder.ret(_I64(wrong))
    shape_at = _field(builder, given, _HEAD_BYTES + _DIMENSIONS, _I64.as_pointer())
    shape = [builder.load(builder.gep(shape_at, [_I64(axis)])) for axis in range(kind.ndim)]
    size = np.dtype(str(kind.dtype)).itemsize
    strides = [_I64(size)]
    for axis in range(kind.ndim - 1, 0, -1):
        strides.insert(0, builder.mul(strides[0], shape[axis]))
    items = shape[0]
    for length in shape[1:]:
        items = builder.mul(items, length)
    array = target.make_array(kind)(target, builder)
    target.populate_array(
        array,
        data=builder.bitcast(data, array.data.type),
        shape=shape,
        strides=strides,
        itemsize=_I64(size),
        meminfo=None,
        parent=None,
    )
    array.nitems = items
    return array._getvalue()
