"""Which files a submission lists, what names they may have, and what is said of their bytes; for both ends of the way.

May be imported by ``transfer`` (the station fetches) and ``sending`` (the submitter sends); imports ``submission`` and
``forms``. Example::

    log = FindingLog()
    for item in listed_files(read_listing(directory), log):
        print(item.name, item.expected.md5)
"""

from dsqc.listing.access import is_closed
from dsqc.listing.digests import Digests, Expected, SealedAs
from dsqc.listing.listed import Listed, listed_files, read_listing, read_listing_with_findings
from dsqc.listing.names import (
    LONGEST_NAME_BYTES,
    PRIVATE,
    RECEIPT,
    RESULTS,
    SENDER,
    SENT,
    by_normal_name,
    is_bare,
    is_own,
    is_short,
    normalise,
)
from dsqc.listing.sent import Sent, SentFile, parse_sent

__all__ = [
    "LONGEST_NAME_BYTES",
    "PRIVATE",
    "RECEIPT",
    "RESULTS",
    "SENDER",
    "SENT",
    "Digests",
    "Expected",
    "Listed",
    "SealedAs",
    "Sent",
    "SentFile",
    "by_normal_name",
    "is_bare",
    "is_closed",
    "is_own",
    "is_short",
    "listed_files",
    "normalise",
    "parse_sent",
    "read_listing",
    "read_listing_with_findings",
]
