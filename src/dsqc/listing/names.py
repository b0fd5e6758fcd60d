"""Names of files: which may be used as a path, and how the same name in NFC and NFD is found."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol, TypeVar

PRIVATE = ".dsqc"
"""The name of an inbox's private folder; no file of a submission may have it."""
SENT = "sent.json"
"""What a sender puts into the inbox last (``dsqc.listing.sent``)."""
SENDER = ".dsqc-sending"
"""What says in an inbox that somebody is sending: an object in S3, a folder with what is not whole in a directory."""
RECEIPT = "validation-receipt.json"
"""What a submitter signed about a validation at the desk (`dsqc validate --sign`)."""
RESULTS = "validation-results.zip"
"""The results that the receipt covers."""
LONGEST_NAME_BYTES = 255
"""What Linux file systems hold in one name, in UTF-8."""


class Named(Protocol):
    """Whatever has a name: an entry of a source, a file of a directory."""

    @property
    def name(self) -> str:
        """As the source spells it."""
        ...


AnyNamed = TypeVar("AnyNamed", bound=Named)


def normalise(name: str) -> str:
    """The composed form (NFC): how names stand in the inbox, whatever the submitter's system writes.

    A name whose bytes are no UTF-8 (CP949, as old archives unpack it) is spelled with ``\\x..``: it can be shown, and
    it is no bare name.
    """
    shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return unicodedata.normalize("NFC", shown)


def is_bare(name: str) -> bool:
    """Whether ``name`` is one plain name: no directory part, no parent, no control character, not dsqc's own."""
    if name in {"", ".", ".."} or is_own(name) or "/" in name or "\\" in name:
        return False
    return all(unicodedata.category(character) not in {"Cc", "Cs"} for character in name)


def is_own(name: str) -> bool:
    """Whether ``name`` is one that dsqc itself uses in an inbox."""
    return name in {PRIVATE, SENT, SENDER, RECEIPT, RESULTS}


def is_short(name: str) -> bool:
    """Whether a file system holds a name of this length."""
    return len(name.encode("utf-8", "surrogatepass")) <= LONGEST_NAME_BYTES


def by_normal_name(entries: Iterable[AnyNamed]) -> dict[str, list[AnyNamed]]:
    """Entries of a source by the NFC form of their name; two where it holds the same name in NFC and NFD."""
    found: dict[str, list[AnyNamed]] = defaultdict(list)
    for entry in entries:
        found[normalise(entry.name)].append(entry)
    return dict(found)
