"""From an archived file and its recipe back to the content, and to a file that holds it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from dsqc.archive.options import Encoding
from dsqc.archive.recipe import Recipe, Stored, TextForm
from dsqc.archive.repairs import NO_REPAIRS, Repairs, Unrepairable, restore_bam
from dsqc.archive.streams import Blocks, Digest, TooLong
from dsqc.archive.text import Refused, unpack_text
from dsqc.archive.wrapping import wrap
from dsqc.artefact import atomic_path
from dsqc.errors import StorageFault, SystemFault, UsageError
from dsqc.formats.checksums import Checksums
from dsqc.formats.container import BlockReader, Integrity, tell_container
from dsqc.formats.cram_header import without_places
from dsqc.formats.cram_process import Decoder
from dsqc.formats.reference import open_reference
from dsqc.formats.stored import StoredBytes
from dsqc.model import Container

_HEAD = 512


class NotDecoded(StorageFault):
    """An archived file does not give back its content."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} does not give back its content: {reason}.",
            hint="Compare it with its checksum, and take another copy where it is damaged.",
        )


@dataclass(frozen=True, slots=True)
class Restored:
    """What :func:`decode_file` wrote.

    Attributes:
        path: of the file.
        exact: it is the original, byte for byte; else its content is, in another compression.
        stored: its bytes.
    """

    path: Path
    exact: bool
    stored: Stored


class Decoding:
    """The content of one archived file, streamed once.

    Args:
        path: of the archived file.
        encoding: of it.
        text: where the content is FASTQ text.
        repairs: where it is BAM.
        reference: FASTA or directory by MD5, for a CRAM that needs one.

    Attributes:
        integrity: what the archived file's bytes proved to be, once :meth:`blocks` has ended.
    """

    def __init__(
        self,
        path: Path,
        encoding: Encoding,
        *,
        text: TextForm | None = None,
        repairs: Repairs = NO_REPAIRS,
        reference: Path | None = None,
        threads: int = 1,
    ) -> None:
        self._path = path
        self._encoding = encoding
        self._text = text
        self._repairs = repairs
        self._reference = reference
        self._threads = threads
        self._raw = False
        self.integrity: Integrity | None = None

    def blocks(self) -> Iterator[bytes | memoryview]:
        """The content.

        Raises:
            NotDecoded: the file is damaged, or is not what its recipe says.
            SystemFault: it cannot be read.
        """
        try:
            yield from self._bgzf() if self._encoding is Encoding.BGZF else self._cram()
        except (Refused, Unrepairable) as error:
            raise NotDecoded(self._path.name, str(error)) from error
        except TooLong as error:
            raise NotDecoded(self._path.name, "a record is too long") from error

    def _reader(self, container: Container) -> BlockReader:
        try:
            file = self._path.open("rb", buffering=0)
        except OSError as error:
            raise SystemFault(f"Cannot read {self._path}: {error.strerror}.") from error
        background = container is not Container.CRAM
        return BlockReader(StoredBytes(cast("BinaryIO", file), self._path.name), container, background=background)

    def _end(self, reader: BlockReader, problem: str = "") -> None:
        self.integrity = reader.finish()
        if reader.faults:
            problem = str(reader.faults[0].value)
        if problem or not self.integrity.complete:
            raise NotDecoded(self._path.name, problem or "it is not whole")

    def _bgzf(self) -> Iterator[bytes | memoryview]:
        with self._reader(Container.BGZF) as reader:
            yield from reader
            self._end(reader)

    def _cram(self) -> Iterator[bytes | memoryview]:
        with self._reader(Container.CRAM) as reader:
            reference = open_reference(self._reference)
            try:
                stored = without_places(iter(reader))
                with closing(Decoder(stored, self._path.name, reference, threads=self._threads)) as decoder:
                    yield from self._content(self._cram_bam(decoder, reader))
            finally:
                reference.close()

    def raw_bam(self) -> Iterator[bytes | memoryview]:
        """What a CRAM gives back by itself, without what its recipe puts back.

        Raises:
            NotDecoded, SystemFault: as :meth:`blocks`.
        """
        bare = Decoding(self._path, self._encoding, reference=self._reference, threads=self._threads)
        bare._raw = True
        yield from bare.blocks()

    def _content(self, bam: Blocks) -> Iterator[bytes | memoryview]:
        if self._raw:
            return iter(bam)
        return unpack_text(bam, self._text) if self._text else restore_bam(bam, self._repairs)

    def _cram_bam(self, decoder: Decoder, reader: BlockReader) -> Iterator[bytes | memoryview]:
        yield from decoder.blocks()
        self._end(reader, decoder.finish())


def decoding_of(path: Path, recipe: Recipe, reference: Path | None = None) -> Decoding:
    """How ``recipe`` says the file at ``path`` is decoded.

    Raises:
        UsageError: a reference is needed, and none was given.
    """
    if recipe.needs_reference and reference is None:
        raise UsageError(
            f"{recipe.name} is kept as CRAM, which needs its reference sequences.",
            hint="Name the FASTA, or the directory of sequences by MD5, with --reference.",
        )
    return Decoding(
        path,
        recipe.encoding,
        text=recipe.text,
        repairs=recipe.repairs,
        reference=reference if recipe.needs_reference else None,
    )


def prove(path: Path, recipe: Recipe, reference: Path | None = None) -> None:
    """Prove that the archived file gives back the content that its recipe names.

    Raises:
        NotDecoded: it does not, or its own bytes are not those of the recipe.
        UsageError: a reference is needed, and none was given.
    """
    for _block in _proven(decoding_of(path, recipe, reference), recipe):
        continue


def _proven(decoding: Decoding, recipe: Recipe) -> Iterator[bytes | memoryview]:
    """The content, which is held against the recipe at its end."""
    digest = Digest()
    yield from digest.over(decoding.blocks())
    if decoding.integrity is not None and decoding.integrity.sha256 != recipe.encoded.sha256:
        raise NotDecoded(recipe.name, "its bytes are not those of its recipe")
    if (digest.size_bytes, digest.sha256) != (recipe.content.size_bytes, recipe.content.sha256):
        raise NotDecoded(recipe.name, "its content has another SHA-256")


def decode_file(path: Path, recipe: Recipe, target: Path, reference: Path | None = None) -> Restored:
    """Write the original of an archived file, or its content in another compression; nothing that is not proven.

    Args:
        path: of the archived file.
        recipe: that came with it.
        target: gets its name when its content is proven.
        reference: FASTA or directory by MD5, for a CRAM that needs one.

    Raises:
        NotDecoded: the archived file does not give back its content; nothing is written.
        StorageFault: the target cannot be written.
        UsageError: a reference is needed, and none was given.
    """
    decoding = decoding_of(path, recipe, reference)
    checksums, size = Checksums(), 0
    with atomic_path(target) as temporary, temporary.open("wb") as file:
        for block in wrap(_proven(decoding, recipe), recipe.container, recipe.wrapping):
            checksums.update(block)
            size += len(block)
            file.write(block)
        file.flush()
        exact = checksums.sha256 == recipe.original.sha256
        if not exact:
            _prove_content(temporary, recipe)
    return Restored(target, exact, Stored(size, checksums.md5, checksums.sha256))


def _prove_content(path: Path, recipe: Recipe) -> None:
    """Prove that a file in another compression than the original's holds the same content."""
    digest = Digest()
    with path.open("rb") as file:
        container = tell_container(file.read(_HEAD))
        file.seek(0)
        if not isinstance(container, Container):
            raise NotDecoded(recipe.name, "what was written is in no container")
        with BlockReader(StoredBytes(file, recipe.name), container, background=False) as reader:
            for _block in digest.over(reader):
                continue
            complete = reader.finish().complete
    if not complete or digest.sha256 != recipe.content.sha256:
        raise NotDecoded(recipe.name, "what was written holds another content")
