"""Names of files: which may be used as a path, and how the same name in NFC and NFD is found."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from dsqc.transfer.inbox import PRIVATE
from dsqc.transfer.sources import Entry

LONGEST_NAME_BYTES = 255
"""What Linux file systems hold in one name, in UTF-8."""


def normalise(name: str) -> str:
    """The composed form (NFC): how names stand in the inbox, whatever the submitter's system writes.

    A name whose bytes are no UTF-8 (CP949, as old archives unpack it) is spelled with ``\\x..``: it can be shown, and
    it is no bare name.
    """
    shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return unicodedata.normalize("NFC", shown)


def is_bare(name: str) -> bool:
    """Whether ``name`` is one plain name: no directory part, no parent, no control character, not dsqc's own."""
    if name in {"", ".", "..", PRIVATE} or "/" in name or "\\" in name:
        return False
    return all(unicodedata.category(character) not in {"Cc", "Cs"} for character in name)


def is_short(name: str) -> bool:
    """Whether a file system holds a name of this length."""
    return len(name.encode("utf-8", "surrogatepass")) <= LONGEST_NAME_BYTES


def by_normal_name(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Entries of a source by the NFC form of their name; two where it holds the same name in NFC and NFD."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[normalise(entry.name)].append(entry)
    return dict(found)
