"""Transfer: a submission's forms and the files they list, copied from a source into the inbox, every byte proven.

``job`` decides what has to come, ``engine`` lets it come (threads, one list of parts), ``filecopy`` is one file on its
way, ``fetching`` one part of it, ``parts`` the journal that outlives a kill, ``sinks`` where bytes go, ``events`` who
is told. May be imported by the stages; imports ``storage`` (how S3 is reached) and ``submission`` (which files).
Example::

    with Inbox(path).locked() as inbox:
        record = transfer_submission(open_source("s3://bucket/KR-2026-01", S3Options()), inbox)
"""

from dsqc.listing import PRIVATE
from dsqc.transfer.events import EventLines, Progress
from dsqc.transfer.inbox import Inbox
from dsqc.transfer.job import FileRecord, TransferRecord, transfer_submission
from dsqc.transfer.sources import Source, open_source

__all__ = [
    "PRIVATE",
    "EventLines",
    "FileRecord",
    "Inbox",
    "Progress",
    "Source",
    "TransferRecord",
    "open_source",
    "transfer_submission",
]
