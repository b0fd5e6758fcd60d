"""Headers of closed objects, in a place of their own: without its header nobody reads a closed object, key or not.

Layout under the place's URL: ``headers/<2>/<2>/<sha256>``, named by the digest of the stored body. A header is the one
thing in a store that changes: when the station's key does.
"""

import re

from dsqc.errors import StorageFault, SystemFault
from dsqc.storage.store import ObjectStore

HEADERS = "headers/"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def header_key(stored_sha256: str) -> str:
    """``headers/ab/cd/abcd…``.

    Raises:
        SystemFault: it is no SHA-256 in lower-case hexadecimal digits.
    """
    if not _SHA256.fullmatch(stored_sha256):
        raise SystemFault(f"{stored_sha256!r} is no SHA-256.")
    return f"{HEADERS}{stored_sha256[:2]}/{stored_sha256[2:4]}/{stored_sha256}"


def read_stored_header(store: ObjectStore, stored_sha256: str) -> bytes | None:
    """The header of a body; ``None`` where there is none.

    Raises:
        StorageFault, TransientFault: the store refused, or cannot be reached.
    """
    key = header_key(stored_sha256)
    return None if store.size_of(key) is None else store.read(key)


def write_stored_header(store: ObjectStore, stored_sha256: str, header: bytes) -> None:
    """Put the header of a body in place of the one that is there, and read it back.

    Raises:
        StorageFault, TransientFault: the store refused, cannot be reached, or does not give back what was written.
    """
    key = header_key(stored_sha256)
    store.put_value(key, header)
    if store.read(key) != header:
        raise StorageFault(f"{store.url}/{key} cannot be read back.", hint="Run the same command again.")
