"""Rules on the file sheet; the files themselves are the validate stage's."""

from collections.abc import Iterator

from dsqc.findings import Finding
from dsqc.rules.checking import Check, repeated, rule


@rule("DSQC-F002")
def repeated_name(check: Check) -> Iterator[Finding]:
    """File names used twice, letter case ignored."""
    return repeated(check, "DSQC-F002", "file", "file_name")


@rule("DSQC-F012")
def same_content(check: Check) -> Iterator[Finding]:
    """Files of different names and the same MD5: every one after the first names the first."""
    for rows in check.index("file", "md5").values():
        names = sorted({row.get("file_name") for row in rows})
        if len(names) < 2:
            continue
        for row in rows:
            if row.get("file_name") != names[0]:
                yield check.finding("DSQC-F012", row, "md5", value=row.get("file_name"), expected=names[0])
