"""The decorators of all kernels, and how Python calls their machine code.

numba compiles kernels once a machine (:mod:`dsqc.kernels._compile`); afterwards their machine code is read from disk
(:mod:`dsqc.kernels._cache`) and called directly. numba itself, whose import takes as long as measuring a small file,
is not even loaded then.
"""

import ctypes
import importlib
import os
import pkgutil
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar, cast

from dsqc.errors import SystemFault
from dsqc.kernels import _cache

Function = TypeVar("Function", bound=Callable[..., Any])

BAD_ARGUMENT = 1000
"""Status of a call whose argument BAD_ARGUMENT + n is not the array that the signature states."""

_SCALARS: dict[str, Any] = {"i8": ctypes.c_int64, "u8": ctypes.c_uint64, "f8": ctypes.c_double, "b1": ctypes.c_bool}
_lock = threading.RLock()


class Signature:
    """Types of a kernel's arguments and result: ``u1[::1], i8, i8[:, ::1] -> i8``.

    Attributes:
        text: as written.
        arguments: one a parameter: a scalar (``i8 u8 f8 b1``) or a C-contiguous array (``u1[::1]``).
        result: a scalar; empty for none.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        arguments, _, result = (part.strip() for part in text.partition("->"))
        self.arguments = tuple(part.strip().replace(" ", "") for part in _split(arguments))
        self.result = result
        for part in (*self.arguments, *([result] if result else [])):
            if "[" not in part and part not in _SCALARS:
                raise ValueError(f"a kernel takes no {part}")

    def call_type(self) -> Any:
        """The ctypes function type of the compiled wrapper; it releases the interpreter's lock while it runs."""
        types = [ctypes.py_object if "[" in part else _SCALARS[part] for part in self.arguments]
        result = [ctypes.POINTER(_SCALARS[self.result])] if self.result else []
        return ctypes.CFUNCTYPE(ctypes.c_int64, *types, *result)


def _split(arguments: str) -> list[str]:
    """Split at the commas outside brackets."""
    parts, depth = [""], 0
    for letter in arguments:
        depth += (letter == "[") - (letter == "]")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


class Kernel:
    """A function that other kernels call; numba sees it through ``_numba_type_`` when it compiles them."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.py_func = function
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self.__module__ = function.__module__
        self.__wrapped__ = function
        self._dispatcher: Any = None

    @property
    def dispatcher(self) -> Any:
        """numba's dispatcher of this function."""
        with _lock:
            if self._dispatcher is None:
                from dsqc.kernels import _compile

                self._dispatcher = _compile.dispatcher(self.py_func)
            return self._dispatcher

    @property
    def _numba_type_(self) -> Any:
        from dsqc.kernels import _compile

        return _compile.type_of(self.dispatcher)

    def __call__(self, *arguments: Any) -> Any:
        """Call it by numba, for tests."""
        return self.dispatcher(*arguments)


class Entry(Kernel):
    """A kernel that Python calls, by its machine code."""

    def __init__(self, function: Callable[..., Any], signature: str) -> None:
        super().__init__(function)
        self.signature = Signature(signature)
        self._result = _SCALARS.get(self.signature.result)
        self._native: Any = None

    @property
    def symbol(self) -> str:
        """Name of its wrapper in the machine code of its module."""
        return f"dsqc_{self.__module__.rpartition('.')[2]}_{self.__name__}"

    def __call__(self, *arguments: Any) -> Any:
        """Run the kernel on ``arguments``, as many as the signature has.

        Raises:
            TypeError: an argument has not the type that the signature states.
        """
        native = self._native or self._load()
        if self._result is None:
            status = self._call(native, arguments)
            if status:
                self._refuse(status, arguments)
            return None
        result = self._result()
        status = self._call(native, (*arguments, ctypes.byref(result)))
        if status:
            self._refuse(status, arguments)
        return result.value

    @staticmethod
    def _call(native: Any, arguments: tuple[Any, ...]) -> int:
        try:
            return cast("int", native(*arguments))
        except ctypes.ArgumentError:  # numpy's scalars: ctypes takes Python's own numbers only
            plain = [
                argument.item() if hasattr(argument, "item") and not getattr(argument, "shape", None) else argument
                for argument in arguments
            ]
            return cast("int", native(*plain))

    def _refuse(self, status: int, arguments: tuple[Any, ...]) -> None:
        if status >= BAD_ARGUMENT:
            number = status - BAD_ARGUMENT
            given = arguments[number]
            seen = f"{given.dtype}, {given.ndim} dimensions" if hasattr(given, "dtype") else type(given).__name__
            wanted = self.signature.arguments[number]
            raise TypeError(f"{self.__name__}: argument {number} must be a C-contiguous {wanted}, not {seen}")
        raise SystemFault(f"The kernel {self.__name__} failed with status {status}.", hint="This is a fault of dsqc.")

    def _load(self) -> Any:
        with _lock:
            if self._native is None:
                if checked():
                    self._native = _CheckedCall(self)
                else:
                    self._native = self.signature.call_type()(load_module(self.__module__)[self.symbol])
            return self._native


class _CheckedCall:
    """Calls a kernel through numba's dispatcher, which checks bounds (``NUMBA_BOUNDSCHECK=1``)."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    def __call__(self, *arguments: Any) -> int:
        if not self._entry.signature.result:
            self._entry.dispatcher(*arguments)
            return 0
        *given, result = arguments
        result._obj.value = self._entry.dispatcher(*given)
        return 0


def checked() -> bool:
    """Whether kernels run with checks of their bounds, for tests."""
    return os.environ.get("NUMBA_BOUNDSCHECK", "0") not in ("", "0")


def kernel(function: Function) -> Function:
    """A function that kernels call. It is compiled with them, and inlined where that pays."""
    return cast("Function", Kernel(function))


def entry(signature: str) -> Callable[[Function], Function]:
    """A kernel that Python calls; ``signature`` states its types, see :class:`Signature`.

    It neither allocates nor raises, and arrays are C-contiguous of exactly the type stated. It runs without the
    interpreter's lock.
    """

    def decorate(function: Function) -> Function:
        return cast("Function", Entry(function, signature))

    return decorate


class Intrinsic:
    """A function whose machine code we state ourselves, in LLVM's vectors; numba sees it when it compiles kernels."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.py_func = function
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self.__module__ = function.__module__
        self._made: Any = None

    @property
    def _numba_type_(self) -> Any:
        from dsqc.kernels import _compile

        with _lock:
            if self._made is None:
                self._made = _compile.intrinsic(self.py_func)
        return _compile.type_of(self._made)


def intrinsic(function: Callable[..., Any]) -> Any:
    """As ``numba.extending.intrinsic``, without importing numba: ``function(typing_context, *types)`` gives a signature
    and a code generator, and imports what it needs of numba and llvmlite itself."""
    return Intrinsic(function)


def entries(module: ModuleType) -> list[Entry]:
    """The kernels of ``module`` that Python calls."""
    return [item for item in vars(module).values() if isinstance(item, Entry) and item.__module__ == module.__name__]


_loaded: dict[str, dict[str, int]] = {}


def load_module(name: str) -> dict[str, int]:
    """Addresses of the wrappers of one kernel module by symbol; compiled where this machine has not done so yet."""
    with _lock:
        if name not in _loaded:
            module = importlib.import_module(name)
            symbols = [item.symbol for item in entries(module)]

            def compile_now() -> bytes:
                from dsqc.kernels._compile import machine_code

                return bytes(machine_code(module, entries(module)))

            _loaded[name] = _cache.load(module, symbols, compile_now)
        return _loaded[name]


def warm_up() -> list[str]:
    """Compile what this machine has not compiled yet, and load all of it; the names of the modules compiled.

    Raises:
        SystemFault: no lasting place for the machine code can be written.
    """
    if _cache.cache_directory() is None:
        raise SystemFault(
            "No place for compiled kernels can be written.", hint="Set DSQC_CACHE_DIR to a directory of yours."
        )
    names = kernel_modules()
    missing = [name for name in names if not _cache.is_compiled(importlib.import_module(name))]
    for name in names:
        load_module(name)
    return missing


def kernel_modules() -> list[str]:
    """Names of all modules that hold kernels which Python calls."""
    package = importlib.import_module("dsqc.kernels")
    found = [item.name for item in pkgutil.iter_modules(package.__path__) if not item.name.startswith("_")]
    names = [f"dsqc.kernels.{name}" for name in sorted(found)]
    return [name for name in names if entries(importlib.import_module(name))]
