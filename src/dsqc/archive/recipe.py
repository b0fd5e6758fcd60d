"""The recipe of an archived file: what it was, what it is, and what is needed to get back the one from the other."""

from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import Any

from dsqc.archive.options import Encoding
from dsqc.archive.repairs import NO_REPAIRS, Repairs
from dsqc.archive.wrapping import Wrapping
from dsqc.errors import SystemFault
from dsqc.model import Container, FileFormat
from dsqc.version import __version__

VERSION = "1.0"


def software() -> dict[str, str]:
    """Versions of what writes archived files."""
    pysam = import_module("pysam.version")
    return {"dsqc": __version__, "pysam": pysam.__version__, "htslib": pysam.__htslib_version__}


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes as they lie in a file: size, MD5 and SHA-256 in lower-case hexadecimal digits."""

    size_bytes: int
    md5: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Content:
    """What the container holds: FASTQ text, or the uncompressed bytes of a BAM.

    Attributes:
        size_bytes: its length.
        sha256: of all of it from front to back: names, bases, qualities and their order stand and fall with it.
        record_count: reads or alignment records; None where they were not told apart.
        fingerprint: of the reads (``dsqc.fingerprint``, offset 33), the same from the original and from the archived
            file by a reader that knows nothing of recipes; None where the text is no FASTQ that dsqc reads.
    """

    size_bytes: int
    sha256: str
    record_count: int | None = None
    fingerprint: dict[str, str | int] | None = None


@dataclass(frozen=True, slots=True)
class TextForm:
    """What is the same in all records of a FASTQ text.

    Attributes:
        separator: between name and comment; empty where there are no comments.
        plus_repeats_name: whether the third line repeats the first.
        carriage_returns: whether lines end with CR LF.
        tilde_is_tab: whether ``~`` in comments stands for a tab, which tags do not hold.
        final_line_end: whether the last line ends with one.
    """

    separator: str = ""
    plus_repeats_name: bool = False
    carriage_returns: bool = False
    tilde_is_tab: bool = False
    final_line_end: bool = True


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to get back the original of an archived file.

    Attributes:
        name: the original's file name.
        format, container: of the original.
        encoding: of the archived file.
        original: the original's own bytes. They come back where it was not compressed or its ``wrapping`` is known;
            else the content does, in another compression (see ``losses``).
        content: what both hold.
        encoded: the archived file's bytes.
        settings: what the encoder was told.
        text: of FASTQ in CRAM.
        repairs: of BAM in CRAM.
        wrapping: how the original was compressed, where its very bytes can be made again.
        losses: what does not come back: nothing, or ``container``, the compressed bytes around the content.
        software: versions of what wrote it.
    """

    name: str
    format: FileFormat
    container: Container
    encoding: Encoding
    original: Stored
    content: Content
    encoded: Stored
    settings: tuple[str, ...] = ()
    text: TextForm | None = None
    repairs: Repairs = NO_REPAIRS
    wrapping: Wrapping | None = None
    losses: tuple[str, ...] = ()
    software: dict[str, str] = field(default_factory=dict)

    @property
    def needs_reference(self) -> bool:
        """Whether decoding needs reference sequences that the archived file does not carry."""
        alone = {"no_ref=1", "embed_ref=1"} & set(self.settings)
        return self.encoding is Encoding.CRAM and not alone

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``dsqc.schemas/reports/archive_recipe.schema.json``."""
        return {
            "schema_version": VERSION,
            "name": self.name,
            "format": str(self.format),
            "container": str(self.container),
            "encoding": str(self.encoding),
            "original": asdict(self.original),
            "content": asdict(self.content),
            "encoded": asdict(self.encoded),
            "settings": list(self.settings),
            "text": asdict(self.text) if self.text else None,
            "repairs": self.repairs.to_dict(),
            "wrapping": asdict(self.wrapping) if self.wrapping else None,
            "losses": list(self.losses),
            "software": self.software,
        }

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> "Recipe":
        """Read what :meth:`to_dict` gave.

        Raises:
            SystemFault: it is no recipe, or one of a later version.
        """
        try:
            if value["schema_version"].partition(".")[0] != VERSION.partition(".")[0]:
                raise SystemFault(
                    f"The recipe has the version {value['schema_version']}.", hint="Use a newer version of dsqc."
                )
            return cls(
                name=value["name"],
                format=FileFormat(value["format"]),
                container=Container(value["container"]),
                encoding=Encoding(value["encoding"]),
                original=Stored(**value["original"]),
                content=Content(**value["content"]),
                encoded=Stored(**value["encoded"]),
                settings=tuple(value["settings"]),
                text=TextForm(**value["text"]) if value["text"] else None,
                repairs=Repairs.from_dict(value["repairs"]),
                wrapping=Wrapping(**value["wrapping"]) if value["wrapping"] else None,
                losses=tuple(value["losses"]),
                software=value["software"],
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SystemFault(f"This is no recipe of an archived file: {error}.") from error
