"""A bounded hand-over between two threads, in which a fault on either side ends both."""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Handover(Generic[Item]):
    """Runs ``produce`` in a thread of its own and hands its items over, at most ``capacity`` ahead.

    An exception of the producer is raised where the consumer asks for the next item. :meth:`close` stops the
    producer at its next item, whatever it waits for, and returns when its thread has ended.

    A producer that had to wait goes on when half of its items are taken: threads that wake each other for every item
    spend their time on waking.

    Args:
        produce: makes the iterator; called in the new thread.
        capacity: items made ahead.
        name: of the thread.
    """

    def __init__(self, produce: Callable[[], Iterator[Item]], capacity: int, name: str) -> None:
        self._produce = produce
        self._capacity = capacity
        self._low = capacity // 2
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._stopped = False
        self._ended = False
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        fault: BaseException | None = None
        try:
            for item in self._produce():
                if not self._put(item):
                    break
        except BaseException as error:
            fault = error
        with self._changed:
            self._fault = fault
            self._ended = True
            self._changed.notify_all()

    def _put(self, item: Item) -> bool:
        with self._changed:
            if len(self._items) >= self._capacity:
                self._changed.wait_for(lambda: self._stopped or len(self._items) <= self._low)
            if self._stopped:
                return False
            self._items.append(item)
            if len(self._items) == 1:
                self._changed.notify_all()
            return True

    def __iter__(self) -> Generator[Item, None, None]:
        """Items in order; ends with the producer, or with its exception.

        Raises:
            BaseException: whatever the producer raised, after the items that it made before.
        """
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or self._ended or self._stopped)
                if self._items and not self._stopped:
                    item = self._items.popleft()
                    if len(self._items) == self._low:
                        self._changed.notify_all()
                elif self._fault is not None:
                    raise self._fault
                else:
                    return
            yield item

    def close(self) -> None:
        """Stop the producer and wait for its thread to end. Safe to call twice.

        A producer that hangs in a system call (a pipe whose writer is silent) is left behind after a second: its
        thread holds nothing that the rest needs, and does not keep the process alive.
        """
        with self._changed:
            self._stopped = True
            self._items.clear()
            self._changed.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout=1.0)
