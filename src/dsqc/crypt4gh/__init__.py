"""Crypt4GH (GA4GH file encryption standard, version 1): how the bytes of closed files are kept.

May be imported by ``formats`` and everything above; imports ``station`` and below. A file is a header, which holds the
session key encrypted to each recipient's X25519 key, and segments of 65,536 bytes, each encrypted and authenticated
with ChaCha20-Poly1305. Written on ``cryptography`` alone: the reference implementation logs secret keys at level DEBUG
and ends the process on a wrong passphrase. Tests hold both to the same files. Example::

    keys = station_keys(station)
    with SealedPath(inbox, "reads.fastq.gz", keys).open() as file:
        plain = file.read(1 << 20)
"""

from dsqc.crypt4gh.header import (
    ONE_RECIPIENT_BYTES,
    NotForThisKey,
    make_header,
    open_header,
    read_header,
    reencrypt,
)
from dsqc.crypt4gh.keys import PrivateKey, PublicKey, load_private, load_public, write_key_pair
from dsqc.crypt4gh.place import SUFFIX, DataPath, SealedPath, beside, find_data_file, open_data, sealed_name, size_of
from dsqc.crypt4gh.ring import Keys, make_station_keys, public_key_of, station_keys
from dsqc.crypt4gh.segments import (
    SEGMENT,
    STORED_SEGMENT,
    RepeatableWriter,
    SegmentReader,
    SegmentWriter,
    plain_size,
    stored_size,
)

__all__ = [
    "ONE_RECIPIENT_BYTES",
    "SEGMENT",
    "STORED_SEGMENT",
    "SUFFIX",
    "DataPath",
    "Keys",
    "NotForThisKey",
    "PrivateKey",
    "PublicKey",
    "RepeatableWriter",
    "SealedPath",
    "SegmentReader",
    "SegmentWriter",
    "beside",
    "find_data_file",
    "load_private",
    "load_public",
    "make_header",
    "make_station_keys",
    "open_data",
    "open_header",
    "plain_size",
    "public_key_of",
    "read_header",
    "reencrypt",
    "sealed_name",
    "size_of",
    "station_keys",
    "stored_size",
    "write_key_pair",
]
