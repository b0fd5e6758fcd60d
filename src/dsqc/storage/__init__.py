"""Object storage: objects by their SHA-256 under a tier's URL, in a directory or in S3; and how S3 is reached.

May be imported by ``catalog``, ``transfer`` and the stages; imports nothing above ``station``. Example::

    store = open_place(station.places("public")[0])
    stored = store.put_file(path, sha256=digest, md5=md5)   # put-if-absent, verified at the far end
"""

from dsqc.storage.layout import Damage, KnownObject, ObjectInfo, PutItem, StoredCopy, StoredObject, object_key
from dsqc.storage.opening import open_place, open_store
from dsqc.storage.store import GRACE, ObjectStore

__all__ = [
    "GRACE",
    "Damage",
    "KnownObject",
    "ObjectInfo",
    "ObjectStore",
    "PutItem",
    "StoredCopy",
    "StoredObject",
    "object_key",
    "open_place",
    "open_store",
]
