"""What is known of the bytes of a file: digests that were taken, and those that were announced."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Digests:
    """What one reading of a file gives; digests in lower-case hexadecimal digits."""

    size_bytes: int
    md5: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Expected:
    """Checksums that the file sheet gives; empty where it gives none, or none in the right form."""

    md5: str = ""
    sha256: str = ""

    def confirms(self, digests: Digests) -> bool:
        """Whether a checksum was given and is right."""
        return digests.md5 == self.md5 or digests.sha256 == self.sha256
