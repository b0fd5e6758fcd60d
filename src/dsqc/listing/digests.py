"""Checksums of one file: those that a reading gave, and those that somebody promised."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Digests:
    """What one reading of a file gives; digests in lower-case hexadecimal digits. ``md5`` is empty where the reading
    did not take it (a sender whom nobody asked for it)."""

    size_bytes: int
    md5: str
    sha256: str


@dataclass(frozen=True, slots=True)
class SealedAs:
    """The Crypt4GH file that a file of a closed submission travels as: its name, and the digests of all its bytes."""

    name: str
    digests: Digests

    def to_dict(self) -> dict[str, str | int]:
        """The shape in ``sent.json`` and in what ``dsqc send --json`` prints."""
        seen = self.digests
        return {"name": self.name, "size_bytes": seen.size_bytes, "md5": seen.md5, "sha256": seen.sha256}


@dataclass(frozen=True, slots=True)
class Expected:
    """Checksums that the file sheet, or the source, gives; empty where it gives none, or none in the right form."""

    md5: str = ""
    sha256: str = ""

    def confirms(self, digests: Digests) -> bool:
        """Whether a checksum was given and is right."""
        is_md5 = bool(self.md5) and digests.md5 == self.md5
        return is_md5 or digests.sha256 == self.sha256
