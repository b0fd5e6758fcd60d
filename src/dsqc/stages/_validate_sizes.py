"""The checks of data files of which names and sizes alone are known, as the form page knows them in a browser."""

from collections.abc import Mapping
from pathlib import Path

from dsqc.findings import FindingLog
from dsqc.model import Submission
from dsqc.stages._validate_files import (
    FILE_RULES,
    PRIVATE,
    form_files,
    missing_file,
    not_plain,
    other_sizes,
    rows_of_files,
    unlisted_files,
)

Sizes = Mapping[str, int | None]
"""Bytes by file name of what stands beside the form; ``None`` for a directory."""
SIZE_RULES = frozenset({"DSQC-F003", "DSQC-F004", "DSQC-F007", "DSQC-F016"})
"""Rules that names and sizes are enough for. A link counts as what it leads to: nobody tells us that it is one."""
CONTENT_RULES = tuple(code for code in FILE_RULES if code not in SIZE_RULES)
"""Rules that need the bytes; whether a file is empty (F008) is one of them, for it may be so inside its container."""


def check_sizes(read: Submission, inbox: Path, sizes: Sizes, *, with_rules: bool) -> FindingLog:
    """Check names and sizes against the file sheet: what :func:`check_listed` says of the same files, without bytes.

    Args:
        read: the submission as it stands.
        inbox: where the form is.
        sizes: the files beside the form; the form itself may be among them.
        with_rules: as in :func:`check_listed`.
    """
    from dsqc.listing import is_own, listed_files, normalise

    names = FindingLog()
    listed = listed_files(read, names)
    log = FindingLog() if with_rules else names
    forms = {normalise(path.name): path for path in form_files(inbox)}
    present: dict[str, int | None] = {normalise(name): size for name, size in sizes.items() if name != PRIVATE}
    present |= {name: path.stat().st_size for name, path in forms.items()}
    for name, items in rows_of_files(listed).items():
        place = items[0].location("file_name")
        if name not in present:
            log.add(missing_file(name, place, present))
            continue
        size = present[name]
        log.extend([not_plain(name, place, "directory")] if size is None else other_sizes(name, items, size))
    known = {item.name for item in listed} | forms.keys()
    others = {name: f"{name}/" if size is None else name for name, size in present.items()}
    log.extend(unlisted_files(read, {name: others[name] for name in others.keys() - known if not is_own(name)}))
    return log
