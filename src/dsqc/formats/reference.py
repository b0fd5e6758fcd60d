"""The reference sequences of a CRAM, compared with @SQ: a FASTA, indexed where nobody else looks, or a store by MD5."""

import gzip
import hashlib
import re
import shutil
import tempfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pysam

from dsqc.errors import SystemFault, UsageError
from dsqc.formats import texts
from dsqc.formats.container import tell_container
from dsqc.formats.texts import Phrase, fill
from dsqc.model import Container

_PIECE = 1 << 20
_HEAD = 512
_NO_PLACE = "/nonexistent"
_M5 = re.compile(r"[0-9a-f]{32}")


class Reference(ABC):
    """What CRAM is decoded with.

    Attributes:
        arguments: for the decoder.
        environment: for the decoder; no network look-up in any case.
    """

    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = {"REF_PATH": _NO_PLACE, "REF_CACHE": f"{_NO_PLACE}/%s"}

    @abstractmethod
    def faults(self, rows: Iterable[dict[str, Any]]) -> Iterator[Phrase]:
        """The @SQ lines (fields by tag) that this reference does not serve."""

    @abstractmethod
    def close(self) -> None:
        """Remove what was made for this reference."""


def open_reference(path: Path | None) -> Reference:
    """The reference at ``path``: a FASTA, or a directory of sequences named by their MD5; None: there is none.

    Raises:
        UsageError: the file is no FASTA.
        SystemFault: it cannot be read, or there is no room for its index.
    """
    if path is None:
        return NoReference()
    return ReferenceStore(path) if path.is_dir() else FastaReference(path)


class NoReference(Reference):
    """None was given: enough for a CRAM that carries its own, or needs none."""

    def faults(self, rows: Iterable[dict[str, Any]]) -> Iterator[Phrase]:
        """All lines, said at once."""
        listed = list(rows)
        if listed:
            first = sequence_label(listed[0])
            missing = fill(texts.AND_MORE, first, len(listed) - 1) if len(listed) > 1 else first
            yield fill(texts.NO_REFERENCE, missing)

    def close(self) -> None:
        """Nothing was made."""


class ReferenceStore(Reference):
    """A directory of sequences as samtools keeps them (``seq_cache_populate.pl``): upper case, no line ends, each in a
    file named by its MD5, the first two pairs of digits being directories (``REF_CACHE`` ``%2s/%2s/%s``).
    """

    def __init__(self, path: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="dsqc-reference-")
        link = Path(self._folder.name) / "store"  # a name without % and :, which htslib would read otherwise
        link.symlink_to(path.resolve())
        self._path = link
        self.environment = {"REF_PATH": _NO_PLACE, "REF_CACHE": f"{link}/%2s/%2s/%s"}

    def faults(self, rows: Iterable[dict[str, Any]]) -> Iterator[Phrase]:
        """Lines without M5, with one that is not in the store, or whose sequence there has another length."""
        for row in rows:
            wanted = str(row.get("M5", "")).lower()
            found = self._path / wanted[:2] / wanted[2:4] / wanted[4:]
            if not _M5.fullmatch(wanted) or not found.is_file():
                yield fill(texts.NOT_IN_REFERENCE, sequence_label(row))
            elif (length := found.stat().st_size) != row.get("LN"):
                yield fill(texts.OTHER_LENGTH, sequence_label(row), length)

    def close(self) -> None:
        """Remove the temporary directory; the store itself stays."""
        self._folder.cleanup()


class FastaReference(Reference):
    """A FASTA as htslib needs it: with an index, which must not be written beside the user's file.

    A temporary directory holds a link to the FASTA (or, of one compressed with gzip, the unpacked sequences, which
    htslib cannot read otherwise) and the index. It goes with :meth:`close`.

    Raises:
        UsageError: the file is no FASTA.
        SystemFault: it cannot be read, or there is no room for it.
    """

    def __init__(self, path: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="dsqc-reference-")
        self.path = Path(self._folder.name) / "reference.fa"
        self.arguments = (str(self.path),)
        try:
            self._place(path)
            self._index(path)
        except OSError as error:
            self.close()
            raise SystemFault(
                f"Cannot prepare the reference {path}: {error.strerror or error}.",
                hint="Check its permissions and the room in the temporary directory (TMPDIR).",
            ) from error
        except BaseException:
            self.close()
            raise

    def _place(self, path: Path) -> None:
        with path.open("rb") as file:
            container = tell_container(file.read(_HEAD))
        if container is not Container.GZIP:
            self.path.symlink_to(path.resolve())
            return
        try:
            with gzip.open(path) as packed, self.path.open("wb") as file:
                shutil.copyfileobj(packed, file, _PIECE)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise _no_fasta(path, "its gzip data is damaged") from error

    def _index(self, path: Path) -> None:
        opened = gzip.open if tell_container(self._head()) is Container.BGZF else Path.open
        with opened(self.path, "rb") as file:
            if file.read(1) != b">":
                raise _no_fasta(path, "it does not begin with >")
        verbosity = pysam.set_verbosity(0)
        try:
            pysam.FastaFile(str(self.path)).close()
        except (OSError, ValueError) as error:
            raise _no_fasta(path, "its lines cannot be indexed") from error
        finally:
            pysam.set_verbosity(verbosity)

    def _head(self) -> bytes:
        with self.path.open("rb") as file:
            return file.read(_HEAD)

    def faults(self, rows: Iterable[dict[str, Any]]) -> Iterator[Phrase]:
        """The @SQ lines that this FASTA does not serve: no sequence of the name, or one of another M5 or length.

        M5 is the MD5 of the sequence in upper case without blanks (SAM specification 1.3.2).
        """
        with pysam.FastaFile(str(self.path)) as file:
            lengths = dict(zip(file.references, file.lengths, strict=True))
            for row in rows:
                name, wanted = str(row.get("SN", "")), str(row.get("M5", "")).lower()
                if name not in lengths:
                    yield fill(texts.NOT_IN_REFERENCE, sequence_label(row))
                elif wanted and (seen := _m5(file, name, lengths[name])) != wanted:
                    yield fill(texts.OTHER_M5, sequence_label(row), seen)
                elif not wanted and row.get("LN") != lengths[name]:
                    yield fill(texts.OTHER_LENGTH, sequence_label(row), lengths[name])

    def close(self) -> None:
        """Remove the temporary directory."""
        self._folder.cleanup()


def sequence_label(row: dict[str, Any]) -> str:
    """Name and M5 of an @SQ line."""
    return f"{row.get('SN', '')} (M5 {row['M5']})" if "M5" in row else str(row.get("SN", ""))


def _m5(file: pysam.FastaFile, name: str, length: int) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for start in range(0, length, _PIECE):
        digest.update(file.fetch(name, start, min(start + _PIECE, length)).upper().encode("latin-1"))
    return digest.hexdigest()


def _no_fasta(path: Path, reason: str) -> UsageError:
    return UsageError(
        f"The reference {path} is no FASTA: {reason}.", hint="Name a FASTA file, or a directory of sequences by MD5."
    )
