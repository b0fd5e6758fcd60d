"""Eight bytes at once: a load from any place, and the number of bits set. Plain LLVM, for any processor."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import intrinsic

if TYPE_CHECKING:

    def load_word(data: NDArray[np.uint8], at: int) -> np.uint64:
        """The eight bytes from ``at`` on as one number; the caller proves that they lie inside ``data``."""
        raise NotImplementedError

    def count_bits(word: np.uint64) -> int:
        """How many bits of ``word`` are set."""
        raise NotImplementedError

else:

    @intrinsic
    def load_word(context: Any, data: Any, at: Any) -> Any:
        """The eight bytes from ``at`` on as one number (uint64); the caller proves that they lie inside ``data``."""
        from llvmlite import ir
        from numba.core import cgutils, types

        def generate(compiler: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            array = compiler.make_array(signature.args[0])(compiler, builder, arguments[0])
            place = builder.gep(array.data, [arguments[1]])
            word = builder.load(builder.bitcast(place, cgutils.intp_t.as_pointer()))
            word.align = 1
            return builder.bitcast(word, ir.IntType(64))

        return types.uint64(data, types.intp), generate

    @intrinsic
    def count_bits(context: Any, word: Any) -> Any:
        """How many bits of ``word`` (uint64) are set."""
        from numba.core import types

        def generate(_compiler: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return builder.ctpop(arguments[0])

        return types.int64(types.uint64), generate
