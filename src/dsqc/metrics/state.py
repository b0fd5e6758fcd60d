"""What collectors hold, as plain data and arrays that go to a file, and back into empty collectors.

Nothing but numbers, texts, lists and arrays is read back: a file that somebody changed can give wrong numbers, and
nothing else.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsqc.metrics.read_names import Origin

Array = NDArray[Any]
RECORDS: Mapping[str, type] = {"Origin": Origin}
"""Small records that collectors keep in lists; others than these are not read back."""
_PLAIN = (bool, int, float, str)
_ARRAY, _LIST, _TUPLE, _PAIRS, _OBJECT = "array", "list", "tuple", "pairs", "object"


def dump(value: object, arrays: list[Array]) -> Any:
    """The attributes of a collector (or whatever it holds) as JSON; arrays go to ``arrays``.

    Raises:
        TypeError: it holds something that cannot be kept in a file; keep numbers, texts, lists, arrays.
    """
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {_ARRAY: len(arrays) - 1}
    if isinstance(value, list):
        return {_LIST: [dump(item, arrays) for item in value]}
    if isinstance(value, tuple):
        return {_TUPLE: [dump(item, arrays) for item in value]}
    if isinstance(value, dict):
        return {_PAIRS: [[dump(key, arrays), dump(item, arrays)] for key, item in value.items()]}
    if is_dataclass(value) and not isinstance(value, type):
        name = type(value).__name__
        if RECORDS.get(name) is type(value):
            return {name: [dump(getattr(value, item.name), arrays) for item in fields(value)]}
    elif type(value).__module__.startswith("dsqc."):
        return {_OBJECT: {name: dump(item, arrays) for name, item in vars(value).items()}}
    raise TypeError(f"{type(value).__name__} cannot be kept in a file")


ReadArray = Callable[[int, Array | None], Array]
"""Gives an array by its number; an array of the same shape that is not needed any more may be filled with it."""


def fill(target: object, state: Any, arrays: ReadArray) -> None:
    """Give ``target``, an empty collector, what :func:`dump` gave of one of its kind.

    Raises:
        ValueError: ``state`` is not that of such a collector.
    """
    for name, item in state[_OBJECT].items():
        if name not in vars(target):
            raise ValueError(f"unknown state: {name}")
        held = vars(target)[name]
        if isinstance(item, dict) and _OBJECT in item:
            fill(held, item, arrays)
        else:
            value = _loaded(item, arrays, held if isinstance(held, np.ndarray) else None)
            setattr(target, name, Counter(value) if isinstance(held, Counter) else value)


def _loaded(state: Any, arrays: ReadArray, held: Array | None = None) -> Any:
    if not isinstance(state, dict):
        return state
    ((kind, items),) = state.items()
    if kind == _ARRAY:
        return arrays(items, held)
    if kind == _LIST:
        return [_loaded(item, arrays) for item in items]
    if kind == _TUPLE:
        return tuple(_loaded(item, arrays) for item in items)
    if kind == _PAIRS:
        return {_loaded(key, arrays): _loaded(item, arrays) for key, item in items}
    if kind in RECORDS:
        return RECORDS[kind](*(_loaded(item, arrays) for item in items))
    raise ValueError(f"unknown kind of state: {kind}")
