"""The cheap checks of data files: there, a plain file, its size, its first and last bytes, its checksums."""

import hashlib
import stat
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.crypt4gh import DataPath, Keys, find_data_file, open_data, size_of
from dsqc.errors import SystemFault
from dsqc.findings import Finding, FindingLog, Location, Suggestion, finding
from dsqc.model import Container, FileFormat, Submission
from dsqc.rules.run import file_type
from dsqc.submission import readable_name, sheet_files

if TYPE_CHECKING:
    from dsqc.listing import Listed

FILE_RULES = tuple(
    f"DSQC-{code}" for code in ("D018", "F003", "F004", "F006", "F007", "F008", "F009", "F016", "F017", "F018")
)
"""Rules that need the data files."""
PRIVATE = ".dsqc"
"""dsqc's own folder in an inbox."""
READ_TYPES = frozenset({"fastq", "bam", "cram"})
_CHUNK = 2**20
_HEAD = 2**16
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends every BGZF file (SAM specification 4.1.2)."""


def folder_of(inbox: Path) -> Path:
    """Where the data files stand: the directory, or the directory of the workbook."""
    return inbox if inbox.is_dir() else inbox.parent


def form_files(inbox: Path) -> list[Path]:
    """The plain files that make up the form."""
    if not inbox.is_dir():
        return [inbox]
    names = _by_name(inbox)
    return [names[name] for name in sheet_files(names) if stat.S_ISREG(names[name].lstat().st_mode)]


def _by_name(folder: Path) -> dict[str, Path]:
    """Everything in ``folder`` by its name in NFC."""
    return {readable_name(path): path for path in folder.iterdir() if path.name != PRIVATE}


def check_listed(read: Submission, inbox: Path, *, with_rules: bool, ignored: Path | None = None) -> FindingLog:
    """Check the files beside a form against its file sheet, as the transfer would, and look into them.

    Which rows name a file that can be had at all, the transfer's own function decides: what is refused there is not
    looked for here.

    Args:
        read: the submission as it stands: a file's name is what its cell says, white space and all.
        with_rules: whether the rules judge the file sheet; else its names are judged here, as the transfer does.
        ignored: a directory that is no part of the submission though it may stand in it (the results).
    """
    # The transfer brings its sources and its journal with it: only who looks at files pays for it.
    from dsqc.listing import is_own, listed_files, normalise

    names = FindingLog()
    listed = listed_files(read, names)
    log = FindingLog() if with_rules else names
    folder = folder_of(inbox)
    present = {normalise(path.name): path for path in folder.iterdir() if path.name != PRIVATE}
    forms = {normalise(path.name) for path in form_files(inbox)}
    for name, items in rows_of_files(listed).items():
        log.extend(_check_one(name, items, present, is_form=name in forms))
    known = {item.name for item in listed} | forms
    shown = {
        name: f"{name}/" if path.is_dir() and not path.is_symlink() else name
        for name, path in present.items()
        if not (is_own(name) or (ignored is not None and path.resolve() == ignored.resolve()))
    }
    log.extend(unlisted_files(read, {name: text for name, text in shown.items() if name not in known}))
    return log


def rows_of_files(listed: Sequence["Listed"]) -> dict[str, list["Listed"]]:
    """The rows of the file sheet by the file that they name, where it can be had at all."""
    rows: dict[str, list[Listed]] = {}
    for item in listed:
        if item.is_taken:
            rows.setdefault(item.name, []).append(item)
    return rows


def unlisted_files(read: Submission, shown: Mapping[str, str]) -> Iterator[Finding]:
    """Files that no row names: by their name, as they are shown."""
    place = Location(sheet="file") if "file" in read.sheets else Location()
    for name, text in sorted(shown.items()):
        yield finding(
            "DSQC-F004",
            place,
            object_id=name,
            value=text,
            expected="a row of the file sheet",
            expected_ko="file 시트의 한 행",
        )


def missing_file(name: str, place: Location, present: Iterable[str]) -> Finding:
    """A file that a row names and that is not there; one of another letter case is probably meant."""
    like = [other for other in sorted(present) if other.casefold() == name.casefold()]
    meant = Suggestion(like[0], 0.8) if len(like) == 1 else None
    return finding("DSQC-F003", place, object_id=name, value=name, expected=", ".join(like) or name, suggestion=meant)


def other_sizes(name: str, items: Sequence["Listed"], size_bytes: int) -> Iterator[Finding]:
    """Rows that give a file another size than it has."""
    for item in items:
        if item.size_bytes is not None and item.size_bytes != size_bytes:
            where = item.location("size_bytes")
            yield finding("DSQC-F007", where, object_id=name, value=str(size_bytes), expected=str(item.size_bytes))


def not_plain(name: str, place: Location, kind: str) -> Finding:
    """Something that is no plain file."""
    return finding("DSQC-F016", place, object_id=name, value=name, expected="regular file", kind=kind)


def _check_one(
    name: str, items: Sequence["Listed"], present: Mapping[str, Path], *, is_form: bool
) -> Iterator[Finding]:
    """One file, and all rows that list it."""
    path = present.get(name)
    place = items[0].location("file_name")
    if path is None:
        yield missing_file(name, place, present)
        return
    kind = _special_kind(path)
    if kind:
        yield not_plain(name, place, kind)
        return
    yield from other_sizes(name, items, path.stat().st_size)
    seen = _digests(path, items)
    for item in items:
        for algorithm, said in (("md5", item.expected.md5), ("sha256", item.expected.sha256)):
            if said and seen[algorithm] != said:
                where = item.location(algorithm)
                yield finding("DSQC-F006", where, object_id=name, value=seen[algorithm], expected=said)
    if not is_form:
        yield from check_content(name, path)


def _digests(path: Path, items: Sequence["Listed"]) -> dict[str, str]:
    """The checksums that any row gives, of what stands on the disk; malformed ones are for the rules."""
    wanted = {
        name: hashlib.new(name, usedforsecurity=False)
        for name in ("md5", "sha256")
        if any(getattr(item.expected, name) for item in items)
    }
    if not wanted:
        return {}
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            for digest in wanted.values():
                digest.update(chunk)
    return {name: digest.hexdigest() for name, digest in wanted.items()}


def _special_kind(path: Path) -> str:
    """What a path is that is no plain file; empty for a plain file."""
    mode = path.lstat().st_mode
    for test, name in ((stat.S_ISLNK, "symbolic link"), (stat.S_ISDIR, "directory"), (stat.S_ISREG, "")):
        if test(mode):
            return name
    return "special file"


def check_received(
    read: Submission,
    inbox: Path,
    record: Mapping[str, Any],
    inputs: Mapping[str, str],
    *,
    with_content: bool,
    keys: Keys | None = None,
) -> FindingLog:
    """Look into the files that the transfer brought; their names, sizes and checksums it has checked itself.

    Args:
        read: the submission as it stands.
        keys: open the files of a closed submission.

    Raises:
        SystemFault: a file is not there, or a form is not the one that was transferred.
    """
    log = FindingLog()
    listed = {unicodedata.normalize("NFC", item.name) for item in read.data_files()}
    for row in record["files"]:
        if row["state"] != "copied":
            continue
        path = inbox / row["name"]
        if row["kind"] == "form":
            if inputs.get(row["name"]) != row["sha256"]:
                raise _changed(path)
        elif with_content and row["name"] in listed:
            place = find_data_file(path, keys)
            if place is None or size_of(place) != row["size_bytes"]:
                raise _changed(path)
            log.extend(check_content(row["name"], place))
    return log


def _changed(path: Path) -> SystemFault:
    return SystemFault(f"{path} is not what was transferred.", hint="Run the transfer again, then validate.")


def check_content(name: str, path: DataPath) -> Iterator[Finding]:
    """What the first and the last bytes of a file tell: empty, refused container, untrue extension, BAM cut short."""
    # The readers bring numba with them: only who looks into files pays for it.
    from dsqc.formats import sniff
    from dsqc.formats.container import tell_container
    from dsqc.formats.first_look import (
        assembled_sequence,
        empty_file,
        missing_end_block,
        name_findings,
        refused_container,
        untaken_container,
    )
    from dsqc.formats.reads import is_assembled

    with open_data(path) as file:
        head = file.read(_HEAD)
    if _is_empty(head, path):
        yield empty_file(name)
        return
    container = tell_container(head)
    if container is Container.XZ:
        yield untaken_container(name)
    elif container is not None and not isinstance(container, Container):
        yield refused_container(name, container)
    elif file_type(name) in READ_TYPES or name.casefold().endswith(".sam"):
        if container is not None and is_assembled(head, container):
            yield assembled_sequence(name)
            return
        file_format, known = sniff(path)
        yield from name_findings(name, file_format, known)
        if file_format is FileFormat.BAM and known is Container.BGZF and not _ends_as_bgzf(path):
            yield missing_end_block(name, size_of(path))


def _is_empty(head: bytes, path: DataPath) -> bool:
    """No byte, or nothing but empty gzip members (all of them within the first bytes)."""
    if not head:
        return True
    if head[:2] != b"\x1f\x8b" or size_of(path) > len(head):
        return False
    rest = head
    try:
        while rest:
            member = zlib.decompressobj(wbits=31)
            if member.decompress(rest, 1) or not member.eof:
                return False
            rest = member.unused_data
    except zlib.error:
        return False
    return True


def _ends_as_bgzf(path: DataPath) -> bool:
    with open_data(path) as file:
        file.seek(max(0, size_of(path) - len(_BGZF_END)))
        return file.read() == _BGZF_END
