"""FASTQ text as a stream of unaligned BAM, and back."""

from collections.abc import Iterator

import numpy as np

from dsqc.archive import texts
from dsqc.archive.recipe import TextForm
from dsqc.archive.streams import BUFFER, Blocks, ByteWindow, take_header
from dsqc.kernels import fastq_bam as k
from dsqc.language import Text

_HEADER = b"@HD\tVN:1.6\tSO:unsorted\n"
REFUSALS = {
    k.NO_RECORD: texts.NO_RECORD,
    k.BAD_NAME: texts.BAD_NAME,
    k.BAD_COMMENT: texts.BAD_COMMENT,
    k.BAD_BASES: texts.BAD_BASES,
    k.BAD_QUALITIES: texts.BAD_QUALITIES,
    k.OTHER_FORM: texts.OTHER_FORM,
}


class Refused(Exception):
    """The text does not fit into BAM records, or the records are not those of a text.

    Attributes:
        why: in words.
    """

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.why = why


class TextPacker:
    """Turns FASTQ text into BAM. After :meth:`blocks` has ended, ``form`` and ``record_count`` stand."""

    def __init__(self) -> None:
        self._form = np.array([0, -1, -1, 0], np.int64)
        self._final_line_end = True
        self.record_count = 0

    @property
    def form(self) -> TextForm:
        """What is the same in all records."""
        separator, repeated, with_return, tilde = self._form.tolist()
        return TextForm(
            separator=chr(separator) if separator else "",
            plus_repeats_name=repeated == 1,
            carriage_returns=with_return == 1,
            tilde_is_tab=tilde == 2,
            final_line_end=self._final_line_end,
        )

    def blocks(self, text: Blocks) -> Iterator[bytes]:
        """The BAM of ``text``.

        Raises:
            Refused: a record cannot be held, or the text is none.
            TooLong: a record is longer than BAM may have.
        """
        yield b"BAM\x01" + len(_HEADER).to_bytes(4, "little") + _HEADER + bytes(4)
        window = ByteWindow(text)
        codes = k.code_table()
        out = np.empty(2 * BUFFER, np.uint8)
        state = np.zeros(k.STATE, np.int64)
        ended = False
        while True:
            state[k.PLACE], state[k.ROOM] = window.place, 0
            why = k.pack_records(window.data, window.end, codes, self._form, out, state)
            window.place = int(state[k.PLACE])
            if state[k.ROOM]:
                yield out[: int(state[k.ROOM])].tobytes()
            elif why == k.FULL:
                out = np.empty(2 * len(out), np.uint8)
            if why > k.FULL:
                raise Refused(REFUSALS[why])
            if why == k.NEED_MORE and not window.more():
                if window.place == window.end:
                    break
                if ended:
                    raise Refused(REFUSALS[k.NO_RECORD])
                ended, self._final_line_end = True, False
                window.append(b"\r\n" if self._form[k.RETURN] == 1 else b"\n")
        self.record_count = int(state[k.RECORDS])


def unpack_text(bam: Blocks, form: TextForm) -> Iterator[bytes]:
    """The FASTQ text that :class:`TextPacker` made ``bam`` of.

    Raises:
        Refused: these are not its records.
    """
    window = ByteWindow(bam)
    if take_header(window) is None:
        raise Refused(texts.NO_HEADER)
    numbers = (
        ord(form.separator) if form.separator else 0,
        form.plus_repeats_name,
        form.carriage_returns,
        2 if form.tilde_is_tab else 1,
    )
    kept = np.array(numbers, np.int64)
    letters = k.letter_table()
    out = np.empty(2 * BUFFER, np.uint8)
    state = np.zeros(k.STATE, np.int64)
    held = b""  # the last line end may have to go
    while True:
        state[k.PLACE], state[k.ROOM] = window.place, 0
        why = k.unpack_records(window.data, window.end, letters, kept, out, state)
        window.place = int(state[k.PLACE])
        if state[k.ROOM]:
            made = held + out[: int(state[k.ROOM])].tobytes()
            held = made[-2:]
            yield made[:-2]
        elif why == k.FULL:
            out = np.empty(2 * len(out), np.uint8)
        if why > k.FULL:
            raise Refused(texts.OTHER_RECORDS)
        if why == k.NEED_MORE and not window.more():
            break
    if window.place != window.end:
        raise Refused(texts.CUT_RECORD)
    if not form.final_line_end:
        held = held[: -2 if form.carriage_returns else -1]
    if held:
        yield held
