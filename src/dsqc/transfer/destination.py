"""What a directory of this machine can take: space, numbers and names of files."""

import os
import resource
from collections.abc import Collection, Iterator
from pathlib import Path

from dsqc.language import Text
from dsqc.listing import normalise
from dsqc.transfer.sources import Entry


def free_bytes(path: Path) -> int:
    """Bytes that may still be written to ``path`` or, where it does not exist yet, to the place it would be made in.

    Project quotas of XFS, ext4 and most network file systems show here; the quota of a user does not.
    """
    said = os.statvfs(_existing(path))
    return said.f_bavail * said.f_frsize


def stands(path: Path, entry: Entry) -> bool:
    """Whether ``entry`` seems to have come to ``path`` already; what it holds is compared when it is transferred."""
    try:
        return (path / normalise(entry.name)).lstat().st_size == entry.size_bytes
    except OSError:
        return False


def obstacles(path: Path, entries: Collection[Entry]) -> Iterator[Text]:
    """Why ``entries`` cannot come to the directory ``path``, which need not exist yet."""
    made_in = _existing(path)
    if not made_in.is_dir():
        yield Text(f"{made_in} is no directory.", f"{made_in}은(는) 디렉터리가 아닙니다.")
        return
    if not os.access(made_in, os.W_OK | os.X_OK):
        yield Text(f"{made_in} cannot be written.", f"{made_in}에 쓸 수 없습니다.")
    said = os.statvfs(made_in)
    free, needed = free_bytes(path), sum(entry.size_bytes for entry in entries)
    if free < needed:
        yield Text(
            f"{made_in} has {free:,} bytes free; the transfer needs {needed:,}.",
            f"{made_in}의 여유 공간은 {free:,}바이트인데 전송에는 {needed:,}바이트가 필요합니다.",
        )
    # File systems that make inodes as they need them (btrfs, many network ones) say that they have none at all.
    if said.f_files and said.f_favail < len(entries):
        yield Text(
            f"{made_in} has room for {said.f_favail:,} more files (inodes); the transfer needs {len(entries):,}.",
            f"{made_in}에는 파일(inode) {said.f_favail:,}개 자리만 남았고 전송에는 {len(entries):,}개가 필요합니다.",
        )
    yield from _too_large(entries)
    yield from _too_long(made_in, entries)


def _too_large(entries: Collection[Entry]) -> Iterator[Text]:
    most, _hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    large = [entry for entry in entries if most != resource.RLIM_INFINITY and entry.size_bytes > most]
    if large:
        first = f"{large[0].name} ({large[0].size_bytes:,})"
        yield Text(
            f"No file may be larger than {most:,} bytes here (ulimit -f); {len(large):,} are, {first} among them.",
            f"여기서는 {most:,}바이트보다 큰 파일을 쓸 수 없습니다(ulimit -f). {first} 등 {len(large):,}개가 큽니다.",
        )


def _too_long(folder: Path, entries: Collection[Entry]) -> Iterator[Text]:
    most = os.pathconf(folder, "PC_NAME_MAX")
    long = [name for name in (normalise(entry.name) for entry in entries) if len(os.fsencode(name)) > most]
    if long:
        yield Text(
            f'No name may be longer than {most} bytes in {folder}; {len(long):,} are, "{long[0]}" among them.',
            f'{folder}에서는 이름이 {most}바이트를 넘을 수 없습니다. "{long[0]}" 등 {len(long):,}개가 더 깁니다.',
        )


def _existing(path: Path) -> Path:
    """``path``, or the nearest directory above it that exists."""
    whole = path.absolute()
    return next((place for place in (whole, *whole.parents) if place.exists()), Path("/"))
