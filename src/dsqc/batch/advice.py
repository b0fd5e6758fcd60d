"""What to do about an item that failed, from how it ended and what it said last."""

from collections.abc import Sequence

from dsqc.batch.items import Item
from dsqc.language import Text

_BY_WORDS: tuple[tuple[tuple[str, ...], Text], ...] = (
    (
        ("no space left", "disk is full", "disk quota"),
        Text(
            "Make room on the disk, then run the same batch again.",
            "디스크 공간을 확보한 뒤 같은 배치를 다시 실행하세요.",
        ),
    ),
    (
        ("out of memory", "memory runs out", "memoryerror", "cannot allocate memory"),
        Text(
            "It needs more memory than it was given: raise mem_mb in the profile, then run the same batch again.",
            "메모리가 모자랍니다: 프로파일의 mem_mb를 올린 뒤 같은 배치를 다시 실행하세요.",
        ),
    ),
    (
        ("time limit", "due to time"),
        Text(
            "It needs more time than it was given: raise runtime in the profile, then run the same batch again.",
            "시간이 모자랍니다: 프로파일의 runtime을 올린 뒤 같은 배치를 다시 실행하세요.",
        ),
    ),
    (
        ("timed out", "connection", "cannot be reached", "unreachable", "name resolution"),
        Text(
            "Something could not be reached: see that the network, the object store and the catalog answer, then run "
            "the same batch again.",
            "연결할 수 없었습니다: 네트워크, 객체 저장소, 카탈로그를 확인한 뒤 같은 배치를 다시 실행하세요.",
        ),
    ),
    (
        ("permission denied", "access denied", "refuses the login"),
        Text(
            "Something was refused: correct the permission or the login, then run the same batch again.",
            "권한이 거부되었습니다: 권한이나 로그인 정보를 고친 뒤 같은 배치를 다시 실행하세요.",
        ),
    ),
)
_KILLED = Text(
    "It was killed (signal 9), most often for its memory: look at `sacct` or the system's log, raise mem_mb in the "
    "profile, then run the same batch again.",
    "강제 종료되었습니다(신호 9). 대개 메모리 부족입니다: `sacct`나 시스템 로그를 보고 프로파일의 mem_mb를 올린 뒤 "
    "같은 배치를 다시 실행하세요.",
)
_ENDED = Text(
    "It was told to end (signal 15): a time limit, a cancelled job or a node that went down. Run the same batch again.",
    "종료 신호(15)를 받았습니다: 시간 제한, 작업 취소, 노드 중단 등입니다. 같은 배치를 다시 실행하세요.",
)
_ELSE = Text(
    "Read the log, mend what it names, then run the same batch again: only what is not done is done.",
    "로그를 읽고 문제를 고친 뒤 같은 배치를 다시 실행하세요: 끝나지 않은 것만 실행됩니다.",
)


def advice(item: Item, lines: Sequence[str]) -> Text:
    """The next step. What an item said itself goes before the signal that ended it.

    Args:
        item: an item that failed or was given up.
        lines: the last lines of its log.
    """
    said = "\n".join([item.message, *lines]).lower()
    for words, text in _BY_WORDS:
        if any(word in said for word in words):
            return text
    if item.exit_code in (-9, 137) or "signal 9" in said:
        return _KILLED
    if item.exit_code in (-15, 143) or "told to stop" in said:
        return _ENDED
    return _ELSE
