"""Sending: a submission's forms and the files they list, pushed into the station's inbox, every byte proven there.

May be imported by the stages; imports ``listing`` (which files), ``storage`` (what a store's errors mean) and
``crypt4gh``. Example::

    plan = plan_sending(Path("my_submission"))
    destination = open_destination("s3://inbox/KR-2026-01", Line())
    with Journal(state_directory(), destination.url, plan.directory).locked() as journal:
        outcome = send_planned(plan, destination, journal)
"""

from dsqc.sending.destination import PART_BYTES, SMALLEST_PART_BYTES, Destination
from dsqc.sending.grant import Grant, GrantedFile, is_open_to_others, read_grant, write_grant
from dsqc.sending.job import PARALLEL, Outcome, SentRecord, send_planned
from dsqc.sending.journal import Journal, state_directory
from dsqc.sending.opening import open_destination
from dsqc.sending.plan import Plan, plan_sending
from dsqc.sending.progress import Progress
from dsqc.sending.sealing import require_recipient
from dsqc.sending.web import Line

__all__ = [
    "PARALLEL",
    "PART_BYTES",
    "SMALLEST_PART_BYTES",
    "Destination",
    "Grant",
    "GrantedFile",
    "Journal",
    "Line",
    "Outcome",
    "Plan",
    "Progress",
    "SentRecord",
    "is_open_to_others",
    "open_destination",
    "plan_sending",
    "read_grant",
    "require_recipient",
    "send_planned",
    "state_directory",
    "write_grant",
]
