"""Dates as people and spreadsheets write them, read into ISO 8601 with a confidence for each reading.

Korean and English spellings, Excel's serial numbers, ranges, times of a zone. A reading is always a real date; a
spelling that may mean two gives both, the likelier first. Nothing here looks at a clock: what is known of today and of
the other dates in the column is handed in (:class:`DateColumn`).
"""

import calendar
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from dsqc.findings import Suggestion

KOREA = timezone(timedelta(hours=9))
LONGEST = 80
"""Characters of the longest spelling of a date or range; a longer text is no date."""
EARLIEST_YEAR, LATEST_YEAR = 1000, 2999
"""Years that the forms' patterns take."""
DANGI_OFFSET = 2333
"""단기 4354 is 2021."""
EXCEL_EPOCHS = ((date(1899, 12, 30), 0.9), (date(1904, 1, 1), 0.3))
"""Day 0 of Excel's two calendars (1904: old Macs), and how likely a serial number is of it."""
ZONES = {"z": UTC, "utc": UTC, "gmt": UTC, "kst": KOREA, "jst": KOREA, "한국시간": KOREA, "한국표준시": KOREA}

# Confidence: 1.0 is the same date in another spelling; below CERTAIN (0.9) a person decides.
PLAIN, ASSUMED_ZONE, TWO_DIGIT_YEAR, APPROXIMATE, SEASON, EITHER = 1.0, 0.7, 0.8, 0.8, 0.4, 0.5


@dataclass(frozen=True, slots=True)
class DateColumn:
    """What is known besides the cell.

    Attributes:
        today: no two-digit year is read as a later one; ``None``: two-digit years up to 68 are of this century.
        day_first: whether the column writes ``25/03/2021`` (true) or ``03/25/2021`` (false); ``None``: unknown.
        moments: whether the column takes times; where it does not, the time of a spelling is left off.
    """

    today: date | None = None
    day_first: bool | None = None
    moments: bool = True


ANY_COLUMN = DateColumn()

_MONTHS = {
    name: number
    for number in range(1, 13)
    for name in (calendar.month_name[number].lower(), calendar.month_abbr[number].lower())
} | {"sept": 9}
_NAME = "|".join(sorted(_MONTHS, key=len, reverse=True))
_SEASONS = {
    "봄": (3, 5),
    "여름": (6, 8),
    "가을": (9, 11),
    "겨울": (12, 14),
    "spring": (3, 5),
    "summer": (6, 8),
    "autumn": (9, 11),
    "fall": (9, 11),
    "winter": (12, 14),
}
_HALVES = {"상반기": (1, 6), "하반기": (7, 12)}
_TENS = {"초순": (1, 10), "상순": (1, 10), "초": (1, 10), "중순": (11, 20), "하순": (21, 31), "말": (21, 31)}

_AROUND = re.compile(r"^(?:약|대략|서기|a\.?d\.?|ca\.?|circa|about|around)\s*|\s*(?:경|쯤|무렵|정도|\(추정\)|추정)$")
_ROUGH = re.compile(r"^(?:약|대략|ca\.?|circa|about|around)\b|(?:경|쯤|무렵|정도|추정\)?)$")
_WEEKDAY = re.compile(
    r"\(?[월화수목금토일]요일\)?|\([월화수목금토일]\)|\(?\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b\)?,?"
)
_TIME = re.compile(
    r"(?P<date>.*?\d[일.]?)(?:\s+|t|,\s*)(?P<half1>오전|오후|am|pm)?\s*(?P<hour>\d{1,2})\s*(?::|시)\s*"
    r"(?:(?P<minute>\d{1,2})\s*분?)?(?:\s*:?\s*(?P<second>\d{1,2})(?:\.\d+)?\s*초?)?\s*(?P<half2>am|pm|오전|오후)?\s*"
    r"(?P<zone>z|utc|gmt|kst|jst|한국시간|한국표준시)?\s*\(?(?P<offset>[+-]\d{2}:?\d{2}|[+-]\d{1,2})?\)?"
)
_RANGE = re.compile(r"\s*(?:~|–|—|−|‐|\bto\b|\buntil\b|부터|에서|/(?=\s*\d{4}))\s*|\s+-\s+")

_YMD = re.compile(r"(\d{4})(?:\s*[./·년-]\s*|\s+)(\d{1,2})(?:\s*[./·월-]\s*|\s+)(\d{1,2})\s*[.일]?")
_YM = re.compile(r"(\d{4})\s*(년|[./·-]|\s)\s*(\d{1,2})\s*(월|\.)?")
_Y = re.compile(r"(\d{4})\s*(?:년도?|\.|년 중)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SHORT_YMD = re.compile(r"'?(\d{1,2})\s*([./년-])\s*(\d{1,2})\s*[./월-]\s*(\d{1,2})\s*([.일])?")
_SHORT_YM = re.compile(r"'?(\d{2})\s*년\s*(?:(\d{1,2})\s*월?)?")
_SHORT_COMPACT = re.compile(r"(\d{2})(\d{2})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})\s*[./-]\s*(\d{1,2})\s*[./-]\s*(\d{4})")
_DAY_NAME_YEAR = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?[\s.\-/]*(?:of\s+)?({_NAME})[\s.,\-/]*'?(\d{{4}}|\d{{2}})")
_NAME_DAY_YEAR = re.compile(rf"({_NAME})[\s.\-/]*(\d{{1,2}})(?:st|nd|rd|th)?(?:\s*,\s*|[\s\-/]+)(\d{{4}})")
_YEAR_NAME_DAY = re.compile(rf"(\d{{4}})[\s.,\-/]*({_NAME})(?:[\s.\-/]*(\d{{1,2}}))?")
_NAME_YEAR = re.compile(rf"({_NAME})[\s.,\-/]*('?\d{{4}}|'?\d{{2}})")
_WEEK = re.compile(r"(\d{4})-?w(\d{2})(?:-?([1-7]))?")
_ORDINAL = re.compile(r"(\d{4})-(\d{3})")
_SERIAL = re.compile(r"([2-5]\d{4})(?:\.\d+)?")
_PART = re.compile(
    rf"(\d{{4}})\s*년?\s*({'|'.join([*_SEASONS, *_HALVES])})(?:철)?|({'|'.join(_SEASONS)})(?:\s+of)?[\s,]+(\d{{4}})"
)
_QUARTER = re.compile(r"(\d{4})\s*년?\s*(?:([1-4])\s*분기|q([1-4]))|q([1-4])[\s/-]*(\d{4})")
_TEN_DAYS = re.compile(rf"(\d{{4}})\s*[년.\-/]\s*(\d{{1,2}})\s*월?\s*({'|'.join(_TENS)})")
_DECADE = re.compile(r"(\d{3}0)\s*(?:년대|'?s)")
_DANGI = re.compile(r"단기\s*(\d{4})")
_NUMBERS = re.compile(
    r"(\d{4})(?:\s*[./년-]\s*|\s+)(\d{1,2})(?:(?:\s*[./월-]\s*|\s+)(\d{1,2}))?\D{0,3}|(\d{4})(\d\d)(\d\d)"
)

Reading = tuple[str, float]
"""An ISO 8601 date, month, year, moment or range, and a confidence."""


def suggest_date(value: str, column: DateColumn = ANY_COLUMN) -> Suggestion | None:
    """The likeliest ISO 8601 form of ``value``; ``None`` where it is no date of the calendar in any spelling known."""
    return next(iter(date_candidates(value, column)), None)


def date_candidates(value: str, column: DateColumn = ANY_COLUMN) -> tuple[Suggestion, ...]:
    """All readings of ``value``, the likelier first; two of the same confidence in the order of their text."""
    if len(value) > LONGEST:
        return ()
    text = plain_text(value)
    rough = 1.0 if not _ROUGH.search(text) else APPROXIMATE
    while (shorter := _AROUND.sub("", text).strip()) != text:
        text = shorter
    found: dict[str, float] = {}
    for iso, confidence in _read(text, column):
        found[iso] = max(found.get(iso, 0.0), round(confidence * rough, 2))
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Suggestion(iso, confidence) for iso, confidence in ordered)


def calendar_fault(value: str) -> tuple[str, str] | None:
    """What the calendar has against ``value``, in English and Korean; ``None`` where it is not that."""
    match = _NUMBERS.fullmatch(plain_text(value[:LONGEST]))
    if match is None:
        return None
    numbers = [part for part in match.groups() if part is not None]
    year, month = int(numbers[0]), int(numbers[1])
    if not 1 <= month <= 12:
        return f"month {month} does not exist", f"{month}월은 없음"
    if len(numbers) < 3 or not EARLIEST_YEAR <= year <= LATEST_YEAR:
        return None
    last = calendar.monthrange(year, month)[1]
    if 1 <= int(numbers[2]) <= last:
        return None
    return f"{year:04d}-{month:02d} has {last} days", f"{year}년 {month}월은 {last}일까지"


def day_first(values: Iterable[str]) -> bool | None:
    """Whether a column writes the day before the month, told by dates such as ``25/03/2021``.

    ``None``: no date tells, or they contradict each other.
    """
    told: set[bool] = set()
    for value in values:
        match = _YEAR_LAST.fullmatch(plain_text(value)) if len(value) <= LONGEST else None
        if match is not None:
            one, two = int(match[1]), int(match[2])
            if 12 < one <= 31 and 1 <= two <= 12:
                told.add(True)
            elif 12 < two <= 31 and 1 <= one <= 12:
                told.add(False)
    return told.pop() if len(told) == 1 else None


def plain_text(value: str) -> str:
    """``value`` in small letters, with full-width characters, Chinese day marks and weekdays written as usual."""
    text = unicodedata.normalize("NFKC", value).casefold()
    for sign, plain in (("年", "년"), ("月", "월"), ("日", "일"), ("\u200b", "")):
        text = text.replace(sign, plain)
    return " ".join(_WEEKDAY.sub(" ", text).split()).strip()


def _read(text: str, column: DateColumn) -> Iterator[Reading]:
    """Readings of a text as one date, else as a range of two."""
    single = list(_single(text, column))
    yield from single or _range(text, column)


def _single(text: str, column: DateColumn) -> Iterator[Reading]:
    era = _DANGI.match(text)
    if era is not None:
        year = int(era[1]) - DANGI_OFFSET
        if year >= EARLIEST_YEAR:
            yield from _single(f"{year}{text[era.end() :]}", column)
        return
    moment = _TIME.fullmatch(text)
    if moment is not None:
        yield from _moment(moment, column)
        return
    for read in (_year_first, _named_month, _year_last, _short, _serial, _week, _spans):
        found = list(read(text, column))
        if found:
            yield from found
            return


def _day(year: int, month: int, day: int) -> str:
    """ISO form of a day; empty where the calendar has none."""
    if not (EARLIEST_YEAR <= year <= LATEST_YEAR and 1 <= month <= 12):
        return ""
    return f"{year:04d}-{month:02d}-{day:02d}" if 1 <= day <= calendar.monthrange(year, month)[1] else ""


def _month(year: int, month: int) -> str:
    return f"{year:04d}-{month:02d}" if EARLIEST_YEAR <= year <= LATEST_YEAR and 1 <= month <= 12 else ""


def _kept(*readings: Reading) -> Iterator[Reading]:
    return (reading for reading in readings if reading[0])


def _year_first(text: str, _column: DateColumn) -> Iterator[Reading]:
    if match := _YMD.fullmatch(text) or _COMPACT.fullmatch(text):
        yield from _kept((_day(*map(int, match.groups())), PLAIN))
    elif match := _YM.fullmatch(text):
        # A spreadsheet keeps 2021.10 as the number 2021.1: January, written with one digit after a point, is doubtful.
        doubtful = match[2] == "." and match[3] == "1" and match[4] is None
        yield from _kept((_month(int(match[1]), int(match[3])), 0.6 if doubtful else PLAIN))
    elif (match := _Y.fullmatch(text)) and EARLIEST_YEAR <= int(match[1]) <= LATEST_YEAR:
        yield match[1], PLAIN


def _named_month(text: str, column: DateColumn) -> Iterator[Reading]:
    if match := _DAY_NAME_YEAR.fullmatch(text):
        year, confidence = _year(match[3], column)
        yield from _kept((_day(year, _MONTHS[match[2]], int(match[1])), confidence))
    elif match := _NAME_DAY_YEAR.fullmatch(text):
        yield from _kept((_day(int(match[3]), _MONTHS[match[1]], int(match[2])), PLAIN))
    elif match := _YEAR_NAME_DAY.fullmatch(text):
        year, month = int(match[1]), _MONTHS[match[2]]
        yield from _kept((_day(year, month, int(match[3])) if match[3] else _month(year, month), PLAIN))
    elif match := _NAME_YEAR.fullmatch(text):
        # Mar-21 is March 2021, or what Excel made of the 21st of March.
        year, confidence = _year(match[2].removeprefix("'"), column)
        yield from _kept((_month(year, _MONTHS[match[1]]), PLAIN if confidence == PLAIN else 0.6))


def _year(text: str, column: DateColumn) -> tuple[int, float]:
    """A year of two or four digits; of two, the latest that is not to come."""
    if len(text) == 4:
        return int(text), PLAIN
    latest = column.today.year if column.today else 2068
    year = latest - latest % 100 + int(text)
    return (year if year <= latest else year - 100), TWO_DIGIT_YEAR


def _year_last(text: str, column: DateColumn) -> Iterator[Reading]:
    match = _YEAR_LAST.fullmatch(text)
    if match is None:
        return
    one, two, year = map(int, match.groups())
    as_day_first, as_month_first = _day(year, two, one), _day(year, one, two)
    if not as_day_first or not as_month_first or as_day_first == as_month_first:
        yield from _kept((as_day_first or as_month_first, 1.0 if one == two else 0.95))
    elif column.day_first is None:
        yield from ((as_day_first, EITHER), (as_month_first, EITHER))
    else:
        yield as_day_first, 0.9 if column.day_first else 0.1
        yield as_month_first, 0.1 if column.day_first else 0.9


def _short(text: str, column: DateColumn) -> Iterator[Reading]:
    """Dates with a year of two digits, or of digits alone."""
    if match := _SHORT_YMD.fullmatch(text):
        one, two, three = match[1], match[3], match[4]
        if len(one) == 2:
            year, confidence = _year(one, column)
            in_korean_order = _day(year, int(two), int(three))
            if in_korean_order and _not_to_come(in_korean_order, column):
                yield in_korean_order, confidence if match[2] == "년" or match[5] else min(confidence, 0.7)
        if match[2] != "년" and len(three) == 2:
            year, _confidence = _year(three, column)
            yield from _kept((_day(year, int(two), int(one)), 0.3), (_day(year, int(one), int(two)), 0.3))
    elif match := _SHORT_YM.fullmatch(text):
        year, confidence = _year(match[1], column)
        yield from _kept((_month(year, int(match[2])) if match[2] else str(year), confidence))
    elif match := _SHORT_COMPACT.fullmatch(text):
        year, _confidence = _year(match[1], column)
        yield from _kept((_day(year, int(match[2]), int(match[3])), 0.6))
        if match[1] in ("19", "20"):
            yield from _kept((_month(int(match[1] + match[2]), int(match[3])), 0.7))


def _not_to_come(iso: str, column: DateColumn) -> bool:
    return column.today is None or iso <= column.today.isoformat()


def _serial(text: str, column: DateColumn) -> Iterator[Reading]:
    if match := _SERIAL.fullmatch(text):
        for epoch, confidence in EXCEL_EPOCHS:
            iso = (epoch + timedelta(days=int(match[1]))).isoformat()
            yield iso, confidence if _not_to_come(iso, column) else confidence / 4


def _week(text: str, _column: DateColumn) -> Iterator[Reading]:
    try:
        if match := _WEEK.fullmatch(text):
            year, week = int(match[1]), int(match[2])
            if match[3]:
                yield date.fromisocalendar(year, week, int(match[3])).isoformat(), PLAIN
            else:
                first, last = (date.fromisocalendar(year, week, day).isoformat() for day in (1, 7))
                yield f"{first}/{last}", PLAIN
        elif (match := _ORDINAL.fullmatch(text)) and 1 <= int(match[2]) <= 365 + calendar.isleap(int(match[1])):
            yield (date(int(match[1]), 1, 1) + timedelta(days=int(match[2]) - 1)).isoformat(), 0.9
    except ValueError:
        return


def _spans(text: str, _column: DateColumn) -> Iterator[Reading]:
    """Parts of a year or of a month: seasons (which nobody can say for certain), halves, quarters, ten days."""
    if match := _PART.fullmatch(text):
        year, name = int(match[1] or match[4]), match[2] or match[3]
        first, last = _SEASONS.get(name) or _HALVES[name]
        yield _months(year, first, last), SEASON if name in _SEASONS else PLAIN
    elif match := _QUARTER.fullmatch(text):
        quarter = int(match[2] or match[3] or match[4])
        yield _months(int(match[1] or match[5]), 3 * quarter - 2, 3 * quarter), PLAIN
    elif match := _TEN_DAYS.fullmatch(text):
        year, month, (first, last) = int(match[1]), int(match[2]), _TENS[match[3]]
        if _month(year, month):
            last = min(last, calendar.monthrange(year, month)[1])
            yield f"{_day(year, month, first)}/{_day(year, month, last)}", 0.7
    elif match := _DECADE.fullmatch(text):
        yield f"{match[1]}/{int(match[1]) + 9}", 0.9


def _months(year: int, first: int, last: int) -> str:
    """Months of a year as a range; months beyond 12 are of the next."""
    return f"{year}-{first:02d}/{year + (last - 1) // 12}-{(last - 1) % 12 + 1:02d}"


def _moment(match: re.Match[str], column: DateColumn) -> Iterator[Reading]:
    clock = _clock(match)
    if clock is None:
        return
    for iso, confidence in _single(match["date"].strip(), column):
        if len(iso) != len("2021-03-05"):
            continue
        if clock == time() and not (match["zone"] or match["offset"] or match["half1"] or match["half2"]):
            yield iso, confidence  # A spreadsheet's date cell: midnight is no time.
            continue
        if not column.moments:
            yield iso, min(confidence, 0.9)
            continue
        zone = _zone(match)
        local = datetime.combine(date.fromisoformat(iso), clock, zone or KOREA)
        try:
            moment = local.astimezone(UTC)
        except OverflowError:
            continue
        if moment.year >= EARLIEST_YEAR:
            form = "%Y-%m-%dT%H:%M:%SZ" if match["second"] else "%Y-%m-%dT%H:%MZ"
            yield moment.strftime(form), confidence if zone else min(confidence, ASSUMED_ZONE)


def _clock(match: re.Match[str]) -> time | None:
    hour = int(match["hour"])
    half = match["half1"] or match["half2"]
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in ("오후", "pm") else 0)
    try:
        return time(hour, int(match["minute"] or 0), int(match["second"] or 0))
    except ValueError:
        return None


def _zone(match: re.Match[str]) -> timezone | None:
    """The time zone that is named; ``None``: none is."""
    if match["offset"]:
        sign = -1 if match["offset"][0] == "-" else 1
        digits = match["offset"][1:].replace(":", "")
        hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
        return timezone(sign * timedelta(hours=hours, minutes=minutes)) if hours < 24 and minutes < 60 else None
    return ZONES[match["zone"]] if match["zone"] else None


def _range(text: str, column: DateColumn) -> Iterator[Reading]:
    """Start and end; what the end leaves out (``2021.3.5~3.7``) is the start's."""
    text = re.sub(r"\s*(?:까지|사이|기간)$", "", text)
    parts = _RANGE.split(text)
    if len(parts) != 2:
        parts = _halves(text)
    if len(parts) != 2 or not parts[0] or not parts[1]:
        return
    start = next(iter(sorted(_single(parts[0], column), key=lambda item: (-item[1], item[0]))), None)
    if start is None:
        return
    ends = list(_completed_end(start[0], parts[1])) or list(_single(parts[1], column))
    for end, confidence in ends:
        if "/" not in start[0] + end:
            yield f"{start[0]}/{end}", min(start[1], confidence)


def _halves(text: str) -> list[str]:
    """Two dates of the same form, joined by the sign that stands in them as well: ``2021-03-05-2021-03-07``."""
    match = re.fullmatch(r"(\d{4}(?:[./-]\d{1,2}){0,2})-(\d{4}(?:[./-]\d{1,2}){0,2})", text)
    return list(match.groups()) if match and len(match[1]) > 4 else ([match[1], match[2]] if match else [])


def _completed_end(start: str, text: str) -> Iterator[Reading]:
    """An end without a year, or without year and month, after a start that has them."""
    parts = start.split("-")
    month_day = re.fullmatch(r"(\d{1,2})\s*[./월-]\s*(\d{1,2})\s*[.일]?", text)
    alone = re.fullmatch(r"(\d{1,2})\s*(월|일|\.)?", text)
    if month_day and len(parts) == 3:
        month, day = int(month_day[1]), int(month_day[2])
        is_next_year = (month, day) < (int(parts[1]), int(parts[2]))
        yield from _kept((_day(int(parts[0]) + is_next_year, month, day), 0.8 if is_next_year else 0.9))
    elif alone and len(parts) == 3 and alone[2] != "월":
        yield from _kept((_day(int(parts[0]), int(parts[1]), int(alone[1])), 0.9))
    elif alone and len(parts) == 2 and alone[2] != "일":
        yield from _kept((_month(int(parts[0]), int(alone[1])), 0.9))
