"""Who wants to know that kernels are being compiled: the one wait of dsqc that has nothing to do with the data."""

from collections.abc import Callable

listeners: list[Callable[[str], None]] = []
"""Called with the name of a kernel module before it is compiled."""


def compiling(module: str) -> None:
    """Tell everybody who listens."""
    for listener in listeners:
        listener(module)
