"""The object store of one tier: what is the same whether the bytes lie in a directory or in S3 (design 5.8)."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from dsqc.artefact import sha256_of, to_json
from dsqc.errors import StorageFault, SystemFault, TransientFault
from dsqc.storage.layout import (
    ARCHIVED,
    BUFFER_BYTES,
    CLAIMS,
    OBJECTS,
    QUARANTINE,
    SUBMISSIONS,
    UNARCHIVED,
    Damage,
    KnownObject,
    ObjectInfo,
    PutItem,
    StoredObject,
    changed_file,
    damaged_object,
    encoded_of,
    manifest_key,
    object_key,
    objects_of,
)

GRACE = timedelta(hours=24)
"""A registration that takes longer than this between its first object and its manifest may lose objects to a sweep."""
FILES_IN_FLIGHT = 8
"""Files that :meth:`ObjectStore.put_files` stores at once; a large one has parts in flight besides."""


class ObjectStore(ABC):
    """A tier's objects. Backends give the primitives; the promises are kept here.

    Nothing stands under its final key before it is whole; what stands there is never changed.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    # What a backend gives.

    @abstractmethod
    def size_of(self, key: str) -> int | None:
        """Size in bytes of what stands under ``key`` now; ``None`` where nothing does."""

    @abstractmethod
    def require_there(self) -> None:
        """That the store itself can be seen, before its silence is taken for the loss of objects.

        Raises:
            UsageError, StorageFault, TransientFault: it cannot.
        """

    @abstractmethod
    def open_read(self, key: str) -> AbstractContextManager[BinaryIO]:
        """The bytes under ``key``; StorageFault where there are none."""

    @abstractmethod
    def read_range(self, key: str, start: int, length: int) -> bytes:
        """``length`` bytes under ``key`` from ``start`` on, no others fetched; StorageFault where none are."""

    @abstractmethod
    def entries(self, prefix: str) -> Iterator[ObjectInfo]:
        """Everything whose key begins with ``prefix``, in the order of the keys."""

    @abstractmethod
    def list_unfinished(self) -> Iterator[ObjectInfo]:
        """Uploads that were begun and never finished."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Delete what stands under ``key``; nothing happens where nothing does."""

    @abstractmethod
    def delete_unfinished(self, upload: ObjectInfo) -> None:
        """Drop one of :meth:`list_unfinished`."""

    @abstractmethod
    def _write(self, key: str, data: bytes) -> None:
        """Write a small value, replacing what stood there, atomically."""

    @abstractmethod
    def _upload(self, path: Path, key: str, sha256: str, md5: str) -> str:
        """Put the file under ``key`` unless something stands there; proven at the far end before it is believed.

        Returns how it was proven; nothing where another writer was first.
        """

    @abstractmethod
    def replace(self, path: Path, key: str, sha256: str) -> None:
        """Put the file under ``key`` in place of what stands there, atomically and proven; for repairs only.

        Raises:
            SystemFault, StorageFault, TransientFault: as :meth:`put_file`; what stood there still does.
        """

    @abstractmethod
    def _set_aside(self, key: str, aside: str) -> None:
        """Have the bytes under ``key`` under ``aside`` too."""

    @abstractmethod
    def _proves(self, path: Path, key: str, sha256: str, md5: str) -> str:
        """How it was proven that what stands under ``key`` has this digest: by the store's own checksum, or by reading
        it back. Empty where it has another one."""

    def _asks_first(self, size: int) -> bool:
        """Whether to ask if a file of this size is there before it is sent: not where sending answers that too."""
        return size >= 0

    @abstractmethod
    def capabilities(self) -> dict[str, Any]:
        """What the store was seen to do; shape in ``schemas/reports/storage_probe.schema.json``."""

    # The promises.

    def put_file(self, path: Path, *, sha256: str, md5: str = "") -> StoredObject:
        """Store ``path`` under its SHA-256 unless it is there already, and prove it.

        An upload that was killed goes on where it was, in stores that keep unfinished uploads.

        Args:
            path: the file; it is read once, and hashed while it is.
            sha256: the digest that earlier stages have verified.
            md5: the MD5 of the same bytes where it is known; saves reading an object back in some stores.

        Raises:
            SystemFault: the file is not (or no more) what its digest says.
            StorageFault: the store refused, or what it holds under this key is damaged.
            TransientFault: the store cannot be reached.
        """
        return self._put(path, object_key(sha256), sha256, md5)

    def put_at(self, path: Path, key: str, sha256: str) -> str:
        """As :meth:`put_file`, under ``key``; how it was proven."""
        return self._put(path, key, sha256, "").proof

    def _put(self, path: Path, key: str, sha256: str, md5: str) -> StoredObject:
        size = _size_of_file(path)
        claim = f"{CLAIMS}{key.rpartition('/')[2]}"
        there = self._asks_first(size) and self.size_of(key) is not None
        if there:
            self._write(claim, b"")
        # Asked again after the claim: from here on no sweep takes it away.
        if not there or self.size_of(key) is None:
            proof = self._upload(path, key, sha256, md5)
            if proof:
                return StoredObject(key, size, sha256, True, proof)
            self._write(claim, b"")
        return StoredObject(key, size, sha256, False, self._require_intact(path, key, sha256, md5, size))

    def put_files(self, items: Iterable[PutItem], *, at_once: int = FILES_IN_FLIGHT) -> list[StoredObject]:
        """Store many files, a few at once; the results in the order of ``items``.

        The same content is sent once, however often it is named. The first fault stops what has not begun and is
        raised when what has begun is over; what is stored by then stays, and running it again goes on from there.

        Raises:
            as :meth:`put_file`.
        """
        items = list(items)
        first = {item.sha256: item for item in reversed(items)}
        if not first:
            return []
        with ThreadPoolExecutor(max(1, min(at_once, len(first))), thread_name_prefix="dsqc-put") as pool:
            futures = {
                sha256: pool.submit(self.put_file, item.path, sha256=sha256, md5=item.md5)
                for sha256, item in first.items()
            }
            try:
                stored = {sha256: future.result() for sha256, future in futures.items()}
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return [stored[item.sha256] for item in items]

    def _require_intact(self, path: Path, key: str, sha256: str, md5: str, size: int) -> str:
        found = self.size_of(key)
        if found is None:
            raise TransientFault(
                f"{self.url}/{key}: another writer is at work on it.", hint="Run the same command again in a moment."
            )
        if found == size and (proof := self._proves(path, key, sha256, md5)):
            return proof
        if sha256_of(path) != sha256:
            raise changed_file(path)
        raise damaged_object(self.url, key, f"it has {found} bytes, {size} expected" if found != size else "digest")

    def quarantine(self, key: str) -> str:
        """Keep what stands under ``key`` under another name; which, or nothing where nothing stands or can be read.

        Raises:
            StorageFault, TransientFault: it cannot be kept.
        """
        if self.size_of(key) is None:
            return ""
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        aside = f"{QUARANTINE}{key.rpartition('/')[2]}.{moment}"
        self._set_aside(key, aside)
        return aside

    def put_manifest(self, accession: str, manifest: Mapping[str, Any]) -> str:
        """Write ``submissions/<accession>/manifest.json`` and return its key; the same content is not written twice.

        ``manifest["objects"]`` lists what the submission consists of, each with ``sha256`` and ``size_bytes``.

        Raises:
            SystemFault: the manifest names no objects in this shape: a sweep could not respect it.
            StorageFault, TransientFault: the store refused, or cannot be reached.
        """
        key = manifest_key(accession)
        objects_of(key, manifest)
        data = to_json(manifest).encode("utf-8")
        if self.size_of(key) != len(data) or self.read(key) != data:
            self._write(key, data)
            if self.read(key) != data:
                raise damaged_object(self.url, key, "what was written cannot be read back")
        return key

    def put_recipe(self, sha256: str, recipe: Mapping[str, Any]) -> str:
        """Write ``archived/<sha256>.json`` and return its key: how another object gives back the one of this digest.

        Raises:
            SystemFault: the recipe does not name that object by ``encoded.sha256`` and ``encoded.size_bytes``.
            StorageFault, TransientFault: the store refused, or cannot be reached.
        """
        object_key(sha256)
        key = f"{ARCHIVED}{sha256}.json"
        encoded_of(key, recipe)
        data = to_json(recipe).encode("utf-8")
        self._write(key, data)
        if self.read(key) != data:
            raise damaged_object(self.url, key, "what was written cannot be read back")
        return key

    def note_unarchived(self, sha256: str, why: Mapping[str, Any]) -> None:
        """Write ``unarchived/<sha256>.json``, so that nobody tries again for nothing.

        Raises:
            StorageFault, TransientFault: the store refused, or cannot be reached.
        """
        object_key(sha256)
        self._write(f"{UNARCHIVED}{sha256}.json", to_json(why).encode("utf-8"))

    def unarchived(self, sha256: str) -> dict[str, Any] | None:
        """What :meth:`note_unarchived` wrote; None where nothing proper stands there."""
        key = f"{UNARCHIVED}{sha256}.json"
        if self.size_of(key) is None:
            return None
        try:
            found = json.loads(self.read(key))
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def put_value(self, key: str, data: bytes) -> None:
        """Write a small value that may change, replacing what stood under ``key``, atomically.

        Raises:
            StorageFault, TransientFault: the store refused, or cannot be reached.
        """
        self._write(key, data)

    def read(self, key: str) -> bytes:
        """The whole value under ``key``; for manifests and other small things.

        Raises:
            StorageFault: nothing stands there, or it cannot be read.
        """
        with self.open_read(key) as file:
            return file.read()

    def sha256_at(self, key: str) -> str:
        """SHA-256 of what stands under ``key``, read back whole."""
        digest = hashlib.sha256()
        with self.open_read(key) as file:
            while block := file.read(BUFFER_BYTES):
                digest.update(block)
        return digest.hexdigest()

    def known_objects(self) -> dict[str, KnownObject]:
        """What the manifests in the store say it should hold, by key; no catalog is needed.

        Raises:
            StorageFault: a manifest is damaged: then nobody may conclude that an object is not needed.
        """
        known: dict[str, KnownObject] = {}
        for info in self.entries(SUBMISSIONS):
            if not info.key.endswith("/manifest.json"):
                continue
            accession = info.key.split("/")[1]
            try:
                manifest = json.loads(self.read(info.key))
            except ValueError as error:
                raise damaged_object(self.url, info.key, "it is no JSON") from error
            for item in objects_of(info.key, manifest):
                before = known.get(item.key)
                submissions = (*before.submissions, accession) if before else (accession,)
                known[item.key] = replace(item, submissions=tuple(dict.fromkeys(submissions)))
        return known | self._archived_objects(known)

    def _archived_objects(self, known: Mapping[str, KnownObject]) -> dict[str, KnownObject]:
        """The objects that recipes name; they belong to the submissions of the objects that they give back."""
        found: dict[str, KnownObject] = {}
        for info in self.entries(ARCHIVED):
            try:
                recipe = json.loads(self.read(info.key))
            except ValueError as error:
                raise damaged_object(self.url, info.key, "it is no JSON") from error
            sha256, size = encoded_of(info.key, recipe)
            original = known.get(object_key(info.key.removeprefix(ARCHIVED).removesuffix(".json")))
            found[object_key(sha256)] = KnownObject(sha256, size, original.submissions if original else ())
            if original and recipe.get("original_dropped"):
                found[original.key] = replace(original, dropped=True)
        return found

    def verify(self, objects: Iterable[KnownObject]) -> Iterator[Damage]:
        """Read every object back and yield those that are missing or not what they should be."""
        for item in objects:
            damage = self.check(item)
            if damage is not None:
                yield damage

    def check(self, item: KnownObject) -> Damage | None:
        """Read one object back; ``None`` where it is what it should be.

        Raises:
            TransientFault: the store cannot be reached: that says nothing about the object.
        """
        size = self.size_of(item.key)
        if size is None:
            return None if item.dropped else Damage(item, "missing", "")
        if size != item.size_bytes:
            return Damage(item, "size", str(size))
        try:
            # Read twice before it is called damaged: a byte may have been lost on the way to us.
            seen = [self.sha256_at(item.key)]
            if seen[0] != item.sha256:
                seen.append(self.sha256_at(item.key))
        except StorageFault as fault:
            # One bad place on a disk must not keep us from looking at the rest.
            return Damage(item, "unreadable", fault.message)
        return None if item.sha256 in seen else Damage(item, "digest", seen[-1])

    def sweep(self, known_keys: Collection[str]) -> list[ObjectInfo]:
        """Objects that stand in the store but not in ``known_keys``: a registration under way, or one that crashed."""
        return [info for info in self.entries(OBJECTS) if info.key not in known_keys]

    def delete_orphans(
        self, orphans: Iterable[ObjectInfo], older_than: timedelta = GRACE, now: datetime | None = None
    ) -> list[ObjectInfo]:
        """Delete what nobody needs and return it; never what is younger than ``older_than`` or freshly claimed.

        Claims that are older than that go too.
        """
        limit = (now or datetime.now(UTC)) - older_than
        deleted = []
        for info in orphans:
            if self._is_idle(info, limit):
                self.delete(info.key)
                deleted.append(info)
        for claim in self.entries(CLAIMS):
            if claim.modified <= limit:
                self.delete(claim.key)
        return deleted

    def _is_idle(self, info: ObjectInfo, limit: datetime) -> bool:
        """Whether an object was neither written nor claimed after ``limit``."""
        claims = self.entries(f"{CLAIMS}{info.key.rpartition('/')[2]}")
        return info.modified <= limit and all(claim.modified <= limit for claim in claims)

    def idle(self, sha256: str, older_than: timedelta = GRACE, now: datetime | None = None) -> list[ObjectInfo]:
        """The object of this digest, if it is there and nobody has written or claimed it for so long; else nothing."""
        limit = (now or datetime.now(UTC)) - older_than
        return [info for info in self.entries(object_key(sha256)) if self._is_idle(info, limit)]

    def delete_unfinished_older_than(
        self, uploads: Iterable[ObjectInfo], older_than: timedelta = GRACE, now: datetime | None = None
    ) -> list[ObjectInfo]:
        """Drop uploads that nobody finished and return them; never what is younger than ``older_than``."""
        limit = (now or datetime.now(UTC)) - older_than
        deleted = [info for info in uploads if info.modified <= limit]
        for info in deleted:
            self.delete_unfinished(info)
        return deleted


def _size_of_file(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise SystemFault(f"{path} cannot be read: {error.strerror}.", hint="Transfer the submission again.") from error
