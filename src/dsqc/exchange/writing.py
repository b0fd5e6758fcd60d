"""Writing a package: as a directory or as a zip, whole and proven before it has its name."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dsqc.artefact import sha256_of, to_json, write_fault
from dsqc.errors import StorageFault, TransientFault, UsageError
from dsqc.exchange import format as parts
from dsqc.exchange.format import Heading
from dsqc.signing import SigningKey

ROWS = 10_000
"""Records a row group."""
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every entry of a zip: the same state gives the same bytes."""
Row = Mapping[str, object]


@contextlib.contextmanager
def workspace(target: Path) -> Iterator[Path]:
    """An empty directory beside ``target``, this process's own; what a killed one left there is taken over.

    Raises:
        TransientFault: another process writes to ``target``.
        StorageFault: the place cannot be written.
    """
    path = target.with_name(f".{target.name}.part")
    try:
        path.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise write_fault(target, error) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            hint = "Wait until that has ended and run the same command again."
            raise TransientFault(f"Another process writes {target}.", hint=hint) from error
        try:
            for leftover in path.iterdir():
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
            yield path
        except OSError as error:
            raise write_fault(target, error) from error
        finally:
            shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(descriptor)


def write_table(path: Path, rows: Iterator[Row]) -> None:
    """Write the records, in their order, with bounded memory."""
    with pq.ParquetWriter(path, parts.TABLE_SCHEMA, compression="zstd") as writer:
        batch: list[Row] = []
        for row in rows:
            batch.append(row)
            if len(batch) == ROWS:
                writer.write_table(pa.Table.from_pylist(batch, schema=parts.TABLE_SCHEMA))
                batch = []
        writer.write_table(pa.Table.from_pylist(batch, schema=parts.TABLE_SCHEMA))


def finish_bag(folder: Path, heading: Heading, key: SigningKey) -> None:
    """Everything beside the table, which stands in ``folder`` already: crate, manifests, signature."""
    _put(folder / parts.PACKAGE, to_json(heading.to_dict()).encode("utf-8"))
    described = {name: sha256_of(folder / name) for name in (parts.PACKAGE, parts.TABLE)}
    sizes = {name: (folder / name).stat().st_size for name in described}
    _put(folder / parts.CRATE, to_json(parts.crate(heading, sizes, described)).encode("utf-8"))
    payload = {**described, parts.CRATE: sha256_of(folder / parts.CRATE)}
    size_bytes = sum((folder / name).stat().st_size for name in payload)
    texts = {
        parts.BAGIT: parts.BAGIT_TEXT,
        parts.BAG_INFO: parts.bag_info(heading, size_bytes),
        parts.MANIFEST: parts.manifest_text(payload),
    }
    tag_manifest = parts.manifest_text({name: hashlib.sha256(text).hexdigest() for name, text in texts.items()})
    signed = key.sign(parts.statement(heading, texts[parts.MANIFEST], tag_manifest))
    texts[parts.TAG_MANIFEST] = tag_manifest
    texts[parts.SIGNATURE] = to_json(signed).encode("utf-8")
    for name, text in texts.items():
        _put(folder / name, text)
    _sync(folder)


def place(folder: Path, target: Path, prove: Callable[[Path], None]) -> None:
    """Give the bag in ``folder`` its name ``target``; as a zip where that ends so. The same package is let be.

    Args:
        prove: raises where what it is given is not the package; asked before anything has its name.

    Raises:
        UsageError: something else stands there: it is never overwritten.
    """
    made = folder
    if target.suffix == ".zip":
        made = folder.with_suffix(".zip")
        _zip(folder, made)
    prove(made)
    if target.exists() or target.is_symlink():
        if not _same(made, target):
            raise UsageError(f"{target} exists and holds something else.", hint="Choose another name.")
        return
    made.rename(target)
    _sync_directory(target.parent)


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _sync(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
    for path in (folder / "data", folder):
        _sync_directory(path)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _zip(folder: Path, target: Path) -> None:
    # Stored: the table is compressed already, and compressors differ between machines.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(parts.FILES):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            entry.file_size = (folder / name).stat().st_size
            with archive.open(entry, "w") as out, (folder / name).open("rb") as file:
                shutil.copyfileobj(file, out, 1 << 20)
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def _same(made: Path, target: Path) -> bool:
    try:
        if made.is_file():
            return target.is_file() and sha256_of(made) == sha256_of(target)
        there = {str(item.relative_to(target)) for item in target.rglob("*") if not item.is_dir()}
        return there == parts.FILES and all(sha256_of(made / name) == sha256_of(target / name) for name in there)
    except OSError as error:
        raise StorageFault(f"{target} cannot be read: {error.strerror}.") from error
