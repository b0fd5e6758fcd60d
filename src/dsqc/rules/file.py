"""Rules on the file sheet; the files themselves are the validate stage's."""

from collections.abc import Iterator
from dataclasses import replace

from dsqc.findings import Finding, finding
from dsqc.rules.checking import Check, repeated, rule

GIGABYTE = 10**9


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


@rule("DSQC-F015")
def web_limits(check: Check) -> Iterator[Finding]:
    """More than the station takes through the browser: in one file by the sheet's size, or in files at all."""
    limits = check.context.limits
    rows = check.rows("file")
    if len(rows) > limits.web_files:
        place = check.place(rows[0])
        whole = replace(place, row=None)
        yield finding(
            "DSQC-F015",
            whole,
            value=f"{len(rows):,} files",
            value_ko=f"파일 {len(rows):,}개",
            expected=f"≤ {limits.web_files:,} files",
            expected_ko=f"≤ {limits.web_files:,}개",
        )
    for row in rows:
        size = row.get("size_bytes")
        if size.isascii() and size.isdigit() and int(size) > limits.web_file_gigabytes * GIGABYTE:
            shown = f"{int(size) / GIGABYTE:,.1f} GB"
            expected = f"≤ {limits.web_file_gigabytes:,} GB"
            yield check.finding("DSQC-F015", row, "size_bytes", value=shown, expected=expected)
