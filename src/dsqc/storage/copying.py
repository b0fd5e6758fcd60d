"""From one store to another: a copy is made or mended only out of bytes that were proven on the way."""

import contextlib
import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dsqc.artefact import write_fault
from dsqc.errors import StorageFault
from dsqc.storage.layout import BUFFER_BYTES, damaged_object
from dsqc.storage.store import ObjectStore


@contextlib.contextmanager
def fetched(store: ObjectStore, key: str, sha256: str) -> Iterator[Path]:
    """The bytes under ``key`` as a file without a name: nothing stays of it, whatever kills us.

    It lies in TMPDIR, which must have room for it.

    Raises:
        StorageFault: the bytes have another digest, or there is no room for them.
    """
    digest = hashlib.sha256()
    with tempfile.TemporaryFile(prefix="dsqc-repair-") as file:
        with store.open_read(key) as source:
            while block := source.read(BUFFER_BYTES):
                digest.update(block)
                try:
                    file.write(block)
                except OSError as error:
                    raise write_fault(Path(tempfile.gettempdir()), error) from error
        if digest.hexdigest() != sha256:
            raise damaged_object(store.url, key, "digest")
        file.flush()
        yield Path(f"/proc/self/fd/{file.fileno()}")


def put_back(good: ObjectStore, good_key: str, bad: ObjectStore, bad_key: str, sha256: str) -> str:
    """Write what lies in ``good`` over what is damaged in ``bad``, which is kept in quarantine; where, or nothing.

    Raises:
        StorageFault: the good copy is not good, or the mended one cannot be read back; then the damaged bytes are as
            they were, or in quarantine.
    """
    with fetched(good, good_key, sha256) as path:
        kept = bad.quarantine(bad_key)
        bad.replace(path, bad_key, sha256)
    if bad.sha256_at(bad_key) != sha256:
        raise StorageFault(
            f"{bad.url}/{bad_key}: what was mended cannot be read back.",
            hint="The disk or the store there damages what it is given: have it repaired, then run this again.",
        )
    return kept
