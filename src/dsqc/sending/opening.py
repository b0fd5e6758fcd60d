"""From what the user names to a destination."""

from pathlib import Path

from dsqc.errors import UsageError
from dsqc.sending.destination import PART_BYTES, Destination
from dsqc.sending.grant import Grant, GrantGate
from dsqc.sending.requests import KeyGate
from dsqc.sending.s3inbox import S3Inbox
from dsqc.sending.shared import SharedInbox
from dsqc.sending.web import Line
from dsqc.station import S3Options


def open_destination(
    to: str | Grant, line: Line, *, s3: S3Options | None = None, part_bytes: int = PART_BYTES
) -> Destination:
    """The inbox at ``to``: a directory, ``s3://bucket/prefix`` (keys from the environment), or a grant.

    Args:
        line: limits of the line, and the sign to stop.
        part_bytes: size of the parts of large files; a grant settles its own.

    Raises:
        UsageError: a scheme that is not supported, a wrong URL, or no keys for S3.
    """
    if isinstance(to, Grant):
        return S3Inbox(GrantGate(to), line, part_bytes)
    if to.startswith("s3://"):
        return S3Inbox(KeyGate(to, s3 or S3Options()), line, part_bytes)
    scheme, separator, _rest = to.partition("://")
    if separator and scheme != "file":
        raise UsageError(
            f"Submissions cannot be sent by {scheme}://.", hint="Give a directory, s3://bucket/prefix, or --grant FILE."
        )
    return SharedInbox(Path(to.removeprefix("file://")), line, part_bytes)
