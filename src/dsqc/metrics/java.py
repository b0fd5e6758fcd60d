"""The order in which Java's hash tables give back what was put in, where FastQC's output follows it."""

from collections.abc import Sequence


def string_hash(text: str) -> int:
    """``String.hashCode``, as an unsigned number of 32 bits (Java SE documentation)."""
    value = 0
    for letter in text:
        value = (31 * value + ord(letter)) & 0xFFFFFFFF
    return value


def hash_map_places(hashes: Sequence[int], entries: int) -> list[int]:
    """Place of each hash in a ``HashMap`` of ``entries`` entries, by which it is gone through.

    The table has a power of two of places, at least 16, and is never more than three quarters full.
    """
    size = 16
    while 4 * entries > 3 * size:
        size *= 2
    return [(value ^ value >> 16) & (size - 1) for value in hashes]


def hashtable_places(hashes: Sequence[int], entries: int, capacity: int) -> list[int]:
    """Place of each hash in a ``Hashtable`` made with ``capacity``; they are gone through downwards."""
    while entries > capacity * 3 // 4:
        capacity = 2 * capacity + 1
    return [(value & 0x7FFFFFFF) % capacity for value in hashes]
