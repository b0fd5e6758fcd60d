"""What text that is no FASTQ is instead: a finding that names it tells more than one that names its first letter."""

import re

from dsqc.formats.texts import Phrase
from dsqc.language import Text

UTF8_MARK = Text(
    "a byte order mark (UTF-8) before the first record: the file was saved by a text editor",
    "첫 레코드 앞의 바이트 순서 표시(UTF-8): 텍스트 편집기로 저장한 파일",
)
UTF16 = Text("text in UTF-16: the file was saved by a text editor", "UTF-16 텍스트: 텍스트 편집기로 저장한 파일")
TWICE = Text("data that is compressed once more ({})", "한 번 더 압축된 데이터({})")
NULS = Text("NUL bytes: a part of the file was never written", "NUL 바이트: 파일의 일부가 기록되지 않음")
MARKUP = Text(
    "a page of HTML or XML ({}), as a failed download leaves it", "내려받기에 실패했을 때 남는 HTML 또는 XML({})"
)
COLOUR_SPACE = Text("colours of SOLiD instead of bases (csfastq: {})", "염기가 아닌 SOLiD 색 공간(csfastq: {})")
BASES_NOT_COLOURS = Text(
    "bases; colours become bases only by mapping: send the BAM of the mapped reads",
    "염기. 색은 매핑으로만 염기가 되므로 매핑한 리드의 BAM을 보내세요",
)

_COLOURS = re.compile(rb"[ACGTacgt]?[0-3.]*[0-3][0-3.]*")
_COMPRESSED = ((b"\x1f\x8b\x08", "gzip"), (b"BZh", "bzip2"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"\xfd7zXZ", "xz"))


def is_colour_space(bases: bytes) -> bool:
    """Whether ``bases`` is a read in SOLiD's colour space: a base of the primer, then colours 0 to 3 (or ``.``)."""
    return _COLOURS.fullmatch(bases) is not None


def shown(text: bytes) -> str:
    """``text`` as a finding may show it: what is no UTF-8 or cannot be printed as ``\\xff``."""
    letters = text.decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in letters)


def instead_of_record(seen: bytes, *, at_start: bool) -> Phrase:
    """What stands where a record should begin.

    Args:
        seen: the bytes from there on, at least 40 where there are as many.
        at_start: it is the beginning of the file.
    """
    line = seen.split(b"\n")[0].rstrip(b"\r")
    first = shown(line)
    if at_start:
        if seen.startswith(b"\xef\xbb\xbf"):
            return UTF8_MARK
        if seen.startswith((b"\xff\xfe", b"\xfe\xff")):
            return UTF16
        for magic, name in _COMPRESSED:
            if seen.startswith(magic):
                return Text(TWICE.en.format(name), TWICE.ko.format(name))
        if line.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
            return Text(MARKUP.en.format(first), MARKUP.ko.format(first))
    if seen.startswith(b"\0"):
        return NULS
    if first.startswith(">"):
        return f"{first} (FASTA)"
    return first
