"""What findings of the formats say they saw and expected, in Korean and English; ``{}`` is filled by :func:`fill`."""

from dataclasses import replace

from dsqc.findings import LONGEST_VALUE, Finding, Location, finding
from dsqc.language import Text
from dsqc.registry import Severity

Phrase = str | Text
"""A plain string is the same in both languages: a number, a name, bytes of the file."""


def english(phrase: Phrase) -> str:
    """The English of ``phrase``."""
    return phrase if isinstance(phrase, str) else phrase.en


def korean(phrase: Phrase) -> str:
    """The Korean of ``phrase``."""
    return phrase if isinstance(phrase, str) else phrase.ko


def fill(text: Text, *values: Phrase | int) -> Text:
    """``text`` with ``values`` in the place of its braces."""
    phrases = [str(value) if isinstance(value, int) else value for value in values]
    return Text(text.en.format(*map(english, phrases)), text.ko.format(*map(korean, phrases)))


def one_of(items: list[str]) -> Phrase:
    """``a or b``."""
    return items[0] if len(items) == 1 else Text(" or ".join(items), " 또는 ".join(items))


def tell(
    code: str,
    place: Location,
    value: Phrase,
    expected: Phrase,
    *,
    object_id: str | None = None,
    severity: Severity | None = None,
) -> Finding:
    """A finding about a file, whose Korean texts hold the Korean of ``value`` and ``expected``.

    Args:
        object_id: the file's name, where it is not the path of ``place``.
        severity: only where it is not the rule's own.
    """
    texts: dict[str, str] = {}
    if isinstance(value, Text):
        ko = value.ko
        texts["value_ko"] = ko if len(ko) <= LONGEST_VALUE else ko[: LONGEST_VALUE - 1] + "…"
    if isinstance(expected, Text):
        texts["expected_ko"] = expected.ko
    name = place.path if object_id is None else object_id
    item = finding(code, place, object_id=name, value=english(value), expected=english(expected), severity=severity)
    return replace(item, parameters=texts)


# Containers: cut, damaged, followed by something else.
WHOLE_FILE = Text("a whole file", "온전한 파일")
CUT_INSIDE = Text("file ends inside {}", "파일이 {} 안에서 끝남")
GZIP_HEADER = Text("a gzip header", "gzip 헤더")
GZIP_TRAILER = Text("the last 8 bytes of a gzip member", "gzip 멤버의 마지막 8바이트")
MEMBER_AT = Text("the gzip member that begins at stored byte {}", "저장 바이트 {}에서 시작하는 gzip 멤버")
BLOCK_AT = Text("BGZF block {}, which begins at stored byte {}", "저장 바이트 {1}에서 시작하는 {0}번째 BGZF 블록")
STREAM_AT = Text("the {} stream that begins at stored byte {}", "저장 바이트 {1}에서 시작하는 {0} 스트림")
FRAME_AT = Text("the zstd frame that begins at stored byte {}", "저장 바이트 {}에서 시작하는 zstd 프레임")
SKIPPABLE_FRAME = Text("a skippable zstd frame", "건너뛸 수 있는 zstd 프레임")
CRAM_CONTAINER = Text("a CRAM container", "CRAM 컨테이너")
FIRST_BYTES = Text("its first 26 bytes", "처음 26바이트")

GZIP_HEADER_IS = Text("gzip header {}", "gzip 헤더 {}")
HEADER_CRC_WRONG = Text("CRC of the gzip header is wrong", "gzip 헤더의 CRC가 틀림")
HEADER_CRC_RIGHT = Text("the CRC that the header states", "헤더에 적힌 CRC")
LONG_GZIP_NAME = Text("gzip header with a name over 64 KiB", "이름이 64 KiB를 넘는 gzip 헤더")
BAD_DEFLATE = Text("invalid deflate data", "잘못된 deflate 데이터")
GOOD_MEMBER = Text("an undamaged gzip member", "손상되지 않은 gzip 멤버")
BAD_BLOCK = Text("invalid deflate data in BGZF block {}", "{}번째 BGZF 블록의 잘못된 deflate 데이터")
GOOD_BLOCK = Text("an undamaged block", "손상되지 않은 블록")
ENDLESS_BLOCK = Text("deflate data of BGZF block {} does not end", "{}번째 BGZF 블록의 deflate 데이터가 끝나지 않음")
SMALL_BLOCK = Text("a block of at most 64 KiB", "64 KiB 이하의 블록")
BLOCK_SIZE = Text("BGZF block {} states a size of {}", "{}번째 BGZF 블록에 적힌 크기가 {}")
FITTING_SIZE = Text("a size that holds it", "블록이 들어가는 크기")
END_BLOCK_MISSING = Text("BGZF end block missing", "BGZF 끝 블록 없음")
END_BLOCK = Text("the 28-byte end block of BGZF", "28바이트 BGZF 끝 블록")
MEMBER = Text("member", "멤버")
BLOCK_NUMBER = Text("BGZF block {}", "{}번째 BGZF 블록")
CRC_IS = Text("CRC32 of the {} is {}", "{}의 CRC32가 {}")
LENGTH_IS = Text("length of the {} is {}", "{}의 길이가 {}")
TRAILER_STATES = Text("{}, as its trailer states", "끝부분에 적힌 {}")
ZERO_BYTES_BEHIND = Text("{} zero bytes", "0 바이트 {}개")
STRANGE_BYTES_BEHIND = Text("{} bytes that are no {}", "{1} 아닌 {0}바이트")
A_MEMBER = Text("gzip member", "gzip 멤버가")
A_STREAM = Text("{} stream", "{} 스트림이")
A_FRAME = Text("zstd frame", "zstd 프레임이")
NOTHING_BEHIND = Text("nothing behind the last {}", "마지막 {} 뒤에 아무것도 없음")
STREAM = Text("stream", "스트림")
FRAME = Text("frame", "프레임")
BAD_STREAM = Text("invalid {} data or wrong {}", "잘못된 {} 데이터 또는 틀린 {}")
CHECKSUM = Text("checksum", "체크섬")
GOOD_STREAM = Text("an undamaged {} stream", "손상되지 않은 {} 스트림")
GOOD_FRAME = Text("an undamaged zstd frame", "손상되지 않은 zstd 프레임")
FRAME_BEGINS = Text("zstd frame begins with {}", "zstd 프레임의 시작이 {}")
GREEDY_XZ = Text("xz that needs more than {} MiB of memory", "푸는 데 메모리 {} MiB가 넘게 드는 xz")

CRAM_VERSION = Text("CRAM version {}", "CRAM 버전 {}")
CRAM_VERSIONS = Text("CRAM 2.1, 3.0 or 3.1", "CRAM 2.1, 3.0 또는 3.1")
BEHIND_END_CONTAINER = Text("bytes behind the end container", "끝 컨테이너 뒤의 바이트")
NOTHING_BEHIND_IT = Text("nothing behind it", "그 뒤에 아무것도 없음")
END_CONTAINER_MISSING = Text("CRAM end container missing", "CRAM 끝 컨테이너 없음")
RECORDS_SEEN = Text("{} records before this container", "이 컨테이너 앞에 레코드 {}개")
RECORDS_COUNTED = Text("{} records, as its header counts them", "헤더가 센 레코드 {}개")
END_CONTAINER = Text("the end container of CRAM", "CRAM 끝 컨테이너")
SENSELESS_CONTAINER = Text("a container header that makes no sense", "말이 되지 않는 컨테이너 헤더")
LEAVING_BLOCK = Text("a block that leaves its container", "컨테이너를 벗어나는 블록")
CRAM_BLOCK = Text("a CRAM block", "CRAM 블록")
CONTAINER_HEADER = Text("container header", "컨테이너 헤더")
BLOCK = Text("block", "블록")
FILE_STATES = Text("{}, as the file states", "파일에 적힌 {}")

# Names and whole files.
TAKEN = Text("gzip or bzip2", "gzip 또는 bzip2")
HOLDS = Text("{} holds {}", "확장자는 {}, 내용은 {}")
NAME_AND_CONTENT = Text("{} by its name, {} by its content", "이름으로는 {}, 내용으로는 {}")
NOT_COMPRESSED = Text("not compressed", "압축되지 않음")
NO_READS = Text("no reads", "리드 없음")
NO_RECORDS = Text("no records", "레코드 없음")
AT_LEAST_ONE = Text("at least one", "하나 이상")
ONE_READ = Text("at least one read", "리드 하나 이상")

# FASTQ.
AT_SIGN = Text("@ where a record begins", "레코드가 시작하는 곳의 @")
PLUS_SIGN = Text("+ where the third line begins", "셋째 줄이 시작하는 곳의 +")
FOUR_LINES = Text("four whole lines", "온전한 네 줄")
NO_NUL = Text("a name without NUL bytes", "NUL 바이트가 없는 이름")
LF_LINES = Text("lines that end in LF", "LF로 끝나는 줄")
SHORT_RECORDS = Text("records of at most {} MiB", "{} MiB 이하의 레코드")
BLANKS_AT_END = Text("blank lines only at the end of the file", "빈 줄은 파일 끝에만")
CUT_RECORD = Text("the file ends inside a record", "파일이 레코드 안에서 끝남")
CR_LINES = Text("lines that end in CR alone", "CR만으로 끝나는 줄")
ENDLESS_RECORD = Text("no end of the record", "레코드의 끝이 없음")
BLANK_LINE = Text("a blank line", "빈 줄")
NO_BASES = Text("no bases", "염기 없음")
ONE_BASE = Text("at least one base", "염기 하나 이상")
BASES_QUALITIES = Text("{} bases, {} qualities", "염기 {}개, 품질 {}개")
AS_MANY_QUALITIES = Text("as many qualities as bases", "염기와 같은 수의 품질")
BASES_ALLOWED = "A C G T U R Y S W K M B D H V N . -"
QUALITIES_ALLOWED = Text("! to ~", "!부터 ~까지")
CHARACTERS = Text("{} characters", "{}자")
AT_MOST = Text("at most {}", "{} 이하")
PART_OF_BASES = Text("{} of {} bases", "{1}개 중 {0}개")
AT_MOST_HALF = Text("at most half", "절반 이하")
LINES = Text("{} lines", "{}줄")
BASES = Text("{} bases", "염기 {}개")
UPPER_CASE = Text("upper case", "대문자")
PART_OF_RECORDS = Text("{} of {} records", "레코드 {1}개 중 {0}개")
FOUR_LINES_EACH = Text("four lines a record", "레코드마다 네 줄")

# Mates.
SAME_MATE = Text("{} (the same mate twice)", "{} (같은 짝이 두 번)")
SWAPPED = Text("{} (the second mate stands first)", "{} (둘째 짝이 먼저 나옴)")
TWO_NAMES = Text("names of two mates", "두 짝의 이름")
MORE_PAIRS = Text("{} more pairs", "그 밖의 {}쌍")
SAME_READS = Text("{}: every read is the same in both", "{}: 두 파일의 모든 리드가 같음")
TWO_MATES = Text("two mates", "두 짝")
EQUAL_NUMBERS = Text("equal numbers", "같은 수")
OTHER_ORDER = Text("{}: the same names in another order", "{}: 같은 이름이 다른 순서로 있음")
ONE_ORDER = Text("mates in one order", "같은 순서의 짝")

NO_MATE_BESIDE = Text("{} (no mate stands beside it)", "{} (옆에 짝이 없음)")
MATE_BESIDE = Text(
    "pairs of mates, the first mate in front, as in the rest of the file", "파일의 다른 부분처럼 첫째 짝이 앞에 오는 쌍"
)
SETS_DIFFER = Text(
    "{}: reads without a mate: {} in the first file, {} in the second",
    "{}: 짝 없는 리드: 첫째 파일 {}개, 둘째 파일 {}개",
)
NO_MATE_IN = Text("{} (no mate in {})", "{} ({}에 짝이 없음)")
WITH_MATE = Text("a read with a mate", "짝이 있는 리드")
SWAPPED_FILES = Text(
    "{}: the second mates of {} pairs stand in the first file", "{}: {}쌍에서 둘째 짝이 첫째 파일에 있음"
)

# Names that stand twice.
THE_NAME = Text('the name "{}"', '이름 "{}"')
NAME_OF_RECORD = Text("the name of record {}", "{}번째 레코드의 이름")
EVERY_NAME_ONCE = Text("every name once", "이름마다 한 번")

# Alignments: records.
BAD_SIZES = Text("sizes that contradict each other", "서로 어긋나는 크기")
GOOD_SIZES = Text("sizes that fit the record", "레코드에 맞는 크기")
BAD_NAME = Text("a name that does not end in one NUL", "NUL 하나로 끝나지 않는 이름")
GOOD_NAME = Text("a name that ends in NUL", "NUL로 끝나는 이름")
BAD_REFERENCE = Text("a reference that the header does not list", "헤더에 없는 참조 서열")
GOOD_REFERENCE = Text("a reference of the header", "헤더에 있는 참조 서열")
BAD_POSITION = Text("a position outside its reference", "참조 서열을 벗어난 위치")
GOOD_POSITION = Text("a position inside its reference", "참조 서열 안의 위치")
BAD_CIGAR = Text("CIGAR and sequence of different length", "길이가 다른 CIGAR와 서열")
GOOD_CIGAR = Text("a CIGAR that consumes the sequence", "서열 길이와 맞는 CIGAR")
BAD_TAGS = Text("tags that do not fill the record", "레코드에 맞지 않는 태그")
GOOD_TAGS = Text("whole tags", "온전한 태그")
BEYOND_END = Text("an alignment that reaches beyond its reference", "참조 서열의 끝을 넘는 정렬")
INSIDE_REFERENCE = Text("an alignment inside its reference", "참조 서열 안의 정렬")
NO_PLACE = Text("a mapped record without reference or position", "참조 서열이나 위치가 없는 매핑 레코드")
A_PLACE = Text("reference and position, or the flag 4", "참조 서열과 위치, 또는 플래그 4")
BAD_FLAGS = Text("flags that contradict each other", "서로 어긋나는 플래그")
GOOD_FLAGS = Text(
    "mate flags only on paired records, which are first or second; no secondary or supplementary unmapped record",
    "짝 플래그는 첫째나 둘째로 표시된 짝 레코드에만, 매핑되지 않은 레코드에는 secondary와 supplementary 없음",
)
TAG_TWICE = Text("a tag that stands twice", "두 번 나오는 태그")
EACH_TAG_ONCE = Text("each tag once in a record", "레코드마다 태그는 한 번")
BAD_TAG_TYPE = Text("NM, MD or RG of a wrong type", "형식이 틀린 NM, MD 또는 RG")
GOOD_TAG_TYPE = "NM:i, MD:Z, RG:Z"
UNKNOWN_GROUP = Text("a tag RG that names no @RG line", "@RG 줄에 없는 RG 태그")
KNOWN_GROUP = Text("the ID of an @RG line", "@RG 줄의 ID")
BAD_MODIFICATIONS = Text("base modifications (MM, ML) that do not fit the read", "리드와 맞지 않는 염기 변형(MM, ML)")
GOOD_MODIFICATIONS = Text(
    "MM that points at bases of the read, and ML with one value for each", "리드의 염기를 가리키는 MM, 그 수만큼의 ML"
)
BAD_CLIPS = Text("clipping inside an alignment", "정렬 안쪽의 클리핑")
CLIPS_AT_ENDS = Text("S and H only at the ends of a CIGAR", "S와 H는 CIGAR의 양 끝에만")
NAMES_OUT_OF_ORDER = Text("a name before that of its predecessor ({} such)", "앞 레코드의 이름보다 앞서는 이름({}건)")
MATES_DIFFER = Text("mates that say otherwise of each other than they are", "서로의 위치나 방향을 다르게 적은 짝")
MATES_AGREE = Text(
    "RNEXT, PNEXT and mate flags as the mate's own record has them", "짝 레코드와 같은 RNEXT, PNEXT, 짝 플래그"
)
UNBALANCED_MATES = Text("{} first and {} second mates", "첫째 짝 {}개, 둘째 짝 {}개")
SOME_BASES = Text("bases", "염기")
OUT_OF_ORDER = Text("a record before its predecessor", "앞 레코드보다 앞서는 레코드")
IN_ORDER = Text("records in the order that @HD SO states", "@HD SO에 적힌 순서의 레코드")
PAIRED_RECORDS = Text("{} paired records", "짝 레코드 {}개")
BOTH_MATES = Text("the first and the second mate of every pair", "모든 쌍의 첫째와 둘째 짝")
CUT_DATA = Text("the data ends inside a record", "데이터가 레코드 안에서 끝남")
WHOLE_RECORDS = Text("whole records", "온전한 레코드")
RECORD_BYTES = Text("a record of {} bytes", "{}바이트 레코드")
AT_MOST_BYTES = Text("at most {} bytes", "{}바이트 이하")
ENDLESS_LINE = Text("a line without end", "끝이 없는 줄")
FIELDS = Text("{} fields", "필드 {}개")
ELEVEN_FIELDS = Text("at least 11", "11개 이상")
TAG_IS = Text("tag {}", "태그 {}")
SUCH_AS = Text("such as {}", "{} 같은 형식")
REFERENCE_IS = Text("reference {}", "참조 서열 {}")
BASES_CIGAR = Text("{} bases, CIGAR for {}", "염기 {}개, CIGAR로는 {}개")
PRINTABLE = Text("1 to 254 printable characters", "출력 가능한 문자 1~254자")
REFERENCE_OR_STAR = Text("a reference or *", "참조 서열 또는 *")
MATE_REFERENCE = Text("a reference, = or *", "참조 서열, = 또는 *")
OPERATIONS = Text("operations such as 50M, or *", "50M 같은 연산 또는 *")
A_NUMBER = Text("a number", "숫자")
LETTERS = Text("letters or *", "문자 또는 *")
QUALITY_STRING = Text("! to ~, or *", "!부터 ~까지, 또는 *")
RANGE = Text("{} to {}", "{}~{}")

# Alignments: headers and references.
INDEX_UNREADABLE = Text("an index that cannot be read ({})", "읽을 수 없는 인덱스({})")
CUT_OR_DAMAGED = Text("cut or damaged", "잘렸거나 손상됨")
READABLE_INDEX = Text("a whole index", "온전한 인덱스")
REFERENCES = Text("{} references", "참조 서열 {}개")
INDEX_COUNTS = Text("reference {}: {} mapped, {} unmapped records", "{}번째 참조 서열: 매핑 {}개, 비매핑 {}개")
INDEX_UNPLACED = Text("{} records without a place", "위치 없는 레코드 {}개")
INDEX_OFFSET = Text("an entry for stored byte {}", "저장 바이트 {}을(를) 가리키는 항목")
BLOCK_STARTS = Text("entries for places where a BGZF block begins", "BGZF 블록이 시작하는 곳을 가리키는 항목")
CONTAINER_STARTS = Text(
    "entries for places where a CRAM container begins", "CRAM 컨테이너가 시작하는 곳을 가리키는 항목"
)
INDEX_REFERENCE = Text("an entry for reference {}", "참조 서열 {}의 항목")
INDEX_LACKS = Text("no entry for the container at stored byte {}", "저장 바이트 {}에서 시작하는 컨테이너의 항목 없음")
EVERY_CONTAINER = Text("entries for every container up to the last", "마지막까지 모든 컨테이너의 항목")
ENDLESS_HEADER = Text("a header that does not end", "끝나지 않는 헤더")
BAM_HEADER = Text("a whole BAM header", "온전한 BAM 헤더")
FILE_BEGINS = Text("a file that begins with {}", "{}(으)로 시작하는 파일")
LISTS_DIFFER = Text("@SQ lines that differ from the list of references", "참조 서열 목록과 다른 @SQ 줄")
SAME_LISTS = Text("the same references in both", "양쪽에 같은 참조 서열")
HEADER_LINE = Text("a header line such as @SQ", "@SQ 같은 헤더 줄")
WITHOUT_TAG = Text("@{} without {}", "{1} 없는 @{0}")
TAG_IN_EVERY = Text("{} in every @{} line", "모든 @{1} 줄의 {0}")
HD_FIRST = Text("@HD only as the first line", "@HD는 첫 줄에만")
VERSION = Text("a version such as 1.6", "1.6 같은 버전")
MD5_DIGITS = Text("32 hexadecimal digits", "16진수 32자리")
SUB_ORDER = Text("an order such as queryname:natural", "queryname:natural 같은 순서")
SAME_ORDER = Text("SS that begins with the order of SO", "SO의 순서로 시작하는 SS")
SEQUENCE_NAME = Text("a name without blanks, commas, quotes and brackets", "빈칸, 쉼표, 따옴표, 괄호가 없는 이름")
SAMPLE_NAME = Text("SM with the sample's name in every @RG line", "모든 @RG 줄에 시료 이름 SM")
TAG_ONCE = Text("each tag once in a line", "줄마다 태그는 한 번")
KNOWN_PROGRAM = Text("the ID of another @PG line", "다른 @PG 줄의 ID")
PROGRAM_CIRCLE = Text("a circle of @PG lines through {}", "{}을(를) 지나는 @PG 줄의 고리")
PROGRAM_CHAIN = Text("chains of PP that end", "끝이 있는 PP 사슬")
EACH_ONCE = Text("each {} once", "{}마다 한 번")
NO_REFERENCE = Text("{}; no reference was given", "{}; 참조 서열 파일을 주지 않음")
AND_MORE = Text("{} and {} more", "{} 외 {}개")
M5_SEQUENCES = Text("the sequences that @SQ M5 names", "@SQ M5가 가리키는 서열")
NOT_IN_REFERENCE = Text("{}, not in the reference given", "{}, 준 참조 서열 파일에 없음")
OTHER_M5 = Text("{}, M5 {} in the reference given", "{}, 준 참조 서열 파일에서는 M5 {}")
OTHER_LENGTH = Text("{}, {} bases in the reference given", "{}, 준 참조 서열 파일에서는 염기 {}개")
NOT_DECODED = Text("records cannot be decoded ({})", "레코드를 해독할 수 없음({})")
DECODABLE = Text("records that can be decoded", "해독할 수 있는 레코드")
