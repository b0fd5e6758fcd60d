"""Ways to encode a file: each writes a candidate, which somebody else proves or throws away."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from dsqc.archive import texts
from dsqc.archive.cram_writer import CramWriter, EncoderStopped
from dsqc.archive.options import Encoding, Options, Reason
from dsqc.archive.recipe import Content, Stored, TextForm
from dsqc.archive.source import Damaged, SourceFile
from dsqc.archive.streams import Blocks, ByteWindow, TooLong, take_header
from dsqc.archive.text import Refused, TextPacker
from dsqc.archive.wrapping import Wrapping, bgzf
from dsqc.formats.header import parse_header
from dsqc.formats.reference import Reference, open_reference
from dsqc.formats.texts import AND_MORE, Phrase, english, fill
from dsqc.model import Container, FileFormat

CRAM = ("version=3.1", "archive")
"""CRAM 3.1 with htslib's profile ``archive``: slices of 100,000 records, names tokenised, fqzcomp for qualities."""
_BEST = 9


class Unfit(Exception):
    """A way, or all of them, cannot be used for this file.

    Attributes:
        reason: in one word.
        note: in words.
    """

    def __init__(self, reason: Reason, note: Phrase) -> None:
        super().__init__(english(note))
        self.reason = reason
        self.note = note


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that was written.

    Attributes:
        original: the source's bytes as they were read for it.
        content: what they held.
        text: form of FASTQ text in CRAM.
    """

    original: Stored
    content: Content
    text: TextForm | None = None


class Plan(ABC):
    """One way to encode.

    Attributes:
        encoding: what it gives.
        label: for notes.
        settings: of the encoder.
        decoding_reference: what decoding needs.
    """

    encoding = Encoding.CRAM
    label = "CRAM"
    settings: tuple[str, ...] = ()
    decoding_reference: Path | None = None

    def helps(self, _differences: dict[str, int]) -> bool:
        """Whether it is worth a try after another plan left these differences."""
        return True

    @abstractmethod
    def write(self, source: SourceFile, path: Path) -> Candidate:
        """Write the candidate.

        Raises:
            Unfit: this way does not hold the content.
            Damaged: the source is damaged.
        """


def _read(source: SourceFile, text: TextForm | None = None) -> Candidate:
    """The candidate of a source that was read whole."""
    if source.original is None or source.content is None:
        raise Damaged(texts.NOT_WHOLE)
    return Candidate(source.original, source.content, text)


class BgzfText(Plan):
    """The text in BGZF blocks, as small as zlib makes them."""

    encoding = Encoding.BGZF
    label = "BGZF"
    settings = (f"level={_BEST}",)

    def write(self, source: SourceFile, path: Path) -> Candidate:
        """Any text fits."""
        with path.open("wb") as file, closing(source.blocks()) as blocks:
            for block in bgzf(blocks, Wrapping("bgzf", _BEST)):
                file.write(block)
        return _read(source)


class CramText(Plan):
    """FASTQ text as unaligned records."""

    settings = (*CRAM, "no_ref=1")

    def __init__(self, options: Options) -> None:
        self._threads = options.threads

    def write(self, source: SourceFile, path: Path) -> Candidate:
        """Text that BAM holds as it is."""
        packer = TextPacker()
        with closing(source.blocks()) as blocks:
            try:
                _write_cram(packer.blocks(blocks), path, None, self.settings, self._threads)
            except Refused as refused:
                raise Unfit(Reason.NOT_EXACT, refused.why) from refused
        if not packer.record_count:
            raise Unfit(Reason.NO_GAIN, texts.NO_READS)
        return _read(source, packer.form)


class CramBam(Plan):
    """Alignment records as htslib writes them."""

    def __init__(self, options: Options, settings: tuple[str, ...], *, aligned: bool, verbatim: bool) -> None:
        self._threads = options.threads
        self._reference = options.reference if aligned else None
        self._verbatim = verbatim
        embedded = "embed_ref=1" in settings
        self.settings = settings
        self.label = "CRAM + MD, NM" if verbatim else "CRAM"
        self.decoding_reference = None if embedded else self._reference

    def helps(self, differences: dict[str, int]) -> bool:
        """MD and NM as they stand are worth their bytes only where tags came back otherwise."""
        return not self._verbatim or "tags" in differences or "tag_order" in differences

    def write(self, source: SourceFile, path: Path) -> Candidate:
        """Whatever htslib takes."""
        with closing(source.blocks()) as blocks:
            _write_cram(blocks, path, self._reference, self.settings, self._threads)
        return _read(source)


def _write_cram(bam: Blocks, path: Path, reference: Path | None, settings: tuple[str, ...], threads: int) -> None:
    opened: Reference = open_reference(reference)
    try:
        with CramWriter(path, opened, settings, threads=threads) as writer:
            for block in bam:
                writer.write(block)
            writer.finish()
    except EncoderStopped as error:
        raise Unfit(Reason.NOT_EXACT, f"htslib: {error}") from error
    except TooLong as error:
        raise Unfit(Reason.NOT_EXACT, texts.TOO_LONG) from error
    finally:
        opened.close()


def plans_of(source: SourceFile, options: Options) -> Iterator[Plan | Unfit]:
    """The ways for this file, the one that saves most first; reasons where a way is closed.

    Raises:
        Damaged: the source is damaged at its beginning.
        UsageError, SystemFault: the reference is none, or cannot be prepared.
    """
    if source.format is FileFormat.FASTQ:
        if options.encoding in (None, Encoding.CRAM):
            yield CramText(options)
        if options.encoding is Encoding.BGZF or (options.encoding is None and source.container is not Container.BGZF):
            yield BgzfText()
    elif options.encoding is Encoding.BGZF:
        yield Unfit(Reason.FORMAT, texts.BAM_IN_BGZF)
    else:
        yield from _plans_of_bam(source, options)


def _plans_of_bam(source: SourceFile, options: Options) -> Iterator[Plan | Unfit]:
    rows = _sequences(source)
    if not rows:
        yield CramBam(options, (*CRAM, "no_ref=1"), aligned=False, verbatim=False)
        return
    missing = _missing(options.reference, rows)
    if missing:
        yield Unfit(Reason.NO_REFERENCE, fill(AND_MORE, missing[0], len(missing) - 1) if missing[1:] else missing[0])
        return
    settings = (*CRAM, "embed_ref=1") if options.embed_reference else CRAM
    yield CramBam(options, settings, aligned=True, verbatim=False)
    yield CramBam(options, (*settings, "store_md=1", "store_nm=1"), aligned=True, verbatim=True)


def _sequences(source: SourceFile) -> list[dict[str, object]]:
    """The reference sequences of a BAM: its @SQ lines, or names and lengths of the binary list where it has none."""
    with closing(source.blocks()) as blocks:
        try:
            header = take_header(ByteWindow(blocks))
        except TooLong:
            header = None
    if header is None:
        raise Damaged(texts.NO_HEADER)
    length = int.from_bytes(header[4:8], "little")
    text = header[8 : 8 + length].rstrip(b"\0").decode("utf-8", "replace")
    rows: list[dict[str, object]] = list(parse_header(text).lines.get("SQ", []))
    if rows:
        return rows
    place = 12 + length
    while place < len(header):
        size = int.from_bytes(header[place : place + 4], "little")
        name = header[place + 4 : place + 4 + size].rstrip(b"\0").decode("utf-8", "replace")
        rows.append({"SN": name, "LN": int.from_bytes(header[place + 4 + size : place + 8 + size], "little")})
        place += 8 + size
    return rows


def _missing(path: Path | None, rows: list[dict[str, object]]) -> list[Phrase]:
    reference = open_reference(path)
    try:
        return list(reference.faults(rows))
    finally:
        reference.close()
