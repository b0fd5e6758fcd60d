"""Memory for parts that are read and not yet sent: bounded, and used again, so that the system need not clear it."""

import threading
from queue import Empty, SimpleQueue


class Held:
    """A piece of the room and its bytes. Whoever got it gives it back by ``release``, each user once."""

    def __init__(self, free: "SimpleQueue[bytearray]", buffer: bytearray, size_bytes: int) -> None:
        self.data = memoryview(buffer)[:size_bytes]
        self._free = free
        self._buffer = buffer
        self._users = 1
        self._lock = threading.Lock()

    def shared(self) -> "Held":
        """The same piece, for one more user."""
        with self._lock:
            self._users += 1
        return self

    def release(self) -> None:
        """This user needs it no more; the last one makes it free."""
        with self._lock:
            self._users -= 1
            is_free = not self._users
        if is_free:
            self._free.put(self._buffer)


class Room:
    """At most ``count`` pieces of ``size_bytes`` each. Pieces are taken by one thread, and given back by any."""

    def __init__(self, count: int, size_bytes: int) -> None:
        self._left = count
        self._size_bytes = size_bytes
        self._free: SimpleQueue[bytearray] = SimpleQueue()

    def take(self, size_bytes: int) -> Held:
        """A piece of so many bytes; waits until one is free."""
        return Held(self._free, self._buffer(), size_bytes)

    def _buffer(self) -> bytearray:
        try:
            return self._free.get_nowait()
        except Empty:
            if self._left:
                self._left -= 1
                return bytearray(self._size_bytes)
            return self._free.get()
