"""Sums of hashes of reads, against the construction written out in Python's numbers."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.kernels import fingerprint as k

WORD = (1 << 64) - 1
Sums = list[int]


def step(state: tuple[int, int], first: int, second: int) -> tuple[int, int]:
    x, y = state[0] ^ first, state[1] ^ second
    return (x * y >> 64) ^ y, (x * y & WORD) ^ x


def absorb(text: bytes, one: tuple[int, int]) -> tuple[int, int]:
    two = (int(k._SECOND_A), int(k._SECOND_B))
    last = max(len(text) - 32, 0)
    for start in [*range(0, last, 32), last]:
        block = text[start : start + 32]
        words = [int.from_bytes(block[at : at + 8], "little") for at in range(0, 32, 8)]
        one = step(one, *words[:2])
        two = step(two, *words[2:])
    return step(one, *two)


def finish(state: tuple[int, int], length: int) -> tuple[int, int]:
    a, b = step(state, length, int(k._END_A))
    one, two = (a ^ int(k._END_B)) * b, a * (b ^ int(k._END_C))
    return (one & WORD) ^ one >> 64, (two & WORD) ^ two >> 64


def slowly(bases: str, qualities: bytes | None, offset: int) -> tuple[int, int]:
    """Hashes of a read and of its sequence."""
    letters = bases.upper().replace("U", "T").replace(".", "N").replace("-", "N").encode()
    bases_state = absorb(letters, (int(k._SEQUENCE_A), int(k._SEQUENCE_B)))
    sequence = finish(bases_state, len(letters))
    state = (int(k._BARE_A), int(k._BARE_B))
    if qualities and letters:
        scores = bytes((character - offset) % 256 for character in qualities)
        state = absorb(scores, (int(k._QUALITY_A), int(k._QUALITY_B)))
    read = finish(step(state, *bases_state), len(letters))
    return read[0] | read[1] << 64, sequence[0] | sequence[1] << 64


def quickly(reads: list[tuple[str, bytes | None]], *, decided: bool = False, spare: int = 0) -> tuple[Sums, bool]:
    text = b""
    rows: list[tuple[int, int, int]] = []
    for bases, qualities in reads:
        start = len(text)
        text += bases.encode() + (qualities or b"")
        rows.append((start, -1 if qualities is None else start + len(bases), len(bases)))
    columns = np.array(rows, np.int64).reshape(-1, 3).T.copy()
    sums = np.zeros((k.SUMS, 2), np.uint64)
    characters = np.zeros(256, np.int64)
    data = np.frombuffer(text + b"~" * spare, np.uint8).copy()
    after = k.add_reads(data, *columns, decided, characters, sums)
    return [int(row[0]) | int(row[1]) << 64 for row in sums], after


@st.composite
def read(draw: st.DrawFn) -> tuple[str, bytes | None]:
    bases = draw(st.text("ACGTN", max_size=80) | st.text("ACGTUNRYKMSWBDHVacgtun.-", max_size=80))
    if draw(st.booleans()):
        return bases, None
    return bases, bytes(draw(st.lists(st.integers(59, 126), min_size=len(bases), max_size=len(bases))))


@settings(deadline=None)
@given(st.lists(read(), max_size=6), st.integers(0, 9))
def test_sums_are_those_of_the_construction(reads: list[tuple[str, bytes | None]], spare: int) -> None:
    sums, decided = quickly(reads, spare=spare)
    by_33, by_64 = ([slowly(*item, offset) for item in reads] for offset in (33, 64))
    modulus = 1 << 128
    assert sums[k.READS_33] == sum(item[0] for item in by_33) % modulus
    assert sums[k.READS_64] == sum(item[0] for item in by_64) % modulus
    assert sums[k.SEQUENCES] == sum(item[1] for item in by_33) % modulus
    assert not decided


def test_a_low_quality_decides_the_offset_wherever_it_stands() -> None:
    for place in range(40):
        qualities = bytes([59] * place + [58] + [90] * (39 - place))
        assert quickly([("A" * 40, qualities)])[1]
        assert quickly([("A" * 40, qualities)], decided=True)[0][k.READS_64] == 0
    assert not quickly([("A" * 40, bytes([59] * 40))])[1]


def test_the_sum_carries_into_its_high_word() -> None:
    one = quickly([("ACGT", None)])[0][k.SEQUENCES]
    assert quickly([("ACGT", None)] * 1000)[0][k.SEQUENCES] == one * 1000 % (1 << 128)


def test_every_bit_of_a_read_reaches_every_bit_of_its_hash() -> None:
    """Flipping one bit of the text changes each bit of the hash in half of the cases, within five deviations."""
    rng = np.random.default_rng(7)
    changed = np.zeros(128, np.int64)
    cases = 0
    for _ in range(150):
        text = bytes(rng.integers(65, 91, 40, np.uint8))
        letters = "".join(chr(letter) for letter in text if chr(letter) not in "U")
        base = quickly([(letters, None)])[0][k.SEQUENCES]
        for place in range(0, len(letters), 3):
            other = "A" if letters[place] != "A" else "C"
            flipped = quickly([(letters[:place] + other + letters[place + 1 :], None)])[0][k.SEQUENCES] ^ base
            changed += [flipped >> bit & 1 for bit in range(128)]
            cases += 1
    deviation = (cases / 4) ** 0.5
    assert (np.abs(changed - cases / 2) < 5 * deviation).all()


def test_near_texts_have_far_hashes() -> None:
    """All sequences of up to 7 letters, and zeros at the end: no two share even 64 bits of their hash."""
    words = [""]
    for _ in range(7):
        words += [word + letter for word in words for letter in "ACGT"]
    texts = sorted(set(words))
    low = {quickly([(text, None)])[0][k.SEQUENCES] & WORD for text in texts[::3]}
    assert len(low) == len(texts[::3])
    lengths = {quickly([("", b"")])[0][k.READS_33]} | {quickly([("A" * n, b"!" * n)])[0][k.READS_33] for n in range(70)}
    assert len(lengths) == 70
