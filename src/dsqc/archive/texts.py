"""What is said of files that are encoded or stay, in both languages."""

from dsqc.language import Text

SIZES = Text("{} bytes instead of {}", "{1}바이트 대신 {0}바이트")
OTHER_CONTENT = Text("the decoded content has another SHA-256", "해독한 내용의 SHA-256이 다름")
OTHER_FINGERPRINT = Text("the fingerprints of the reads differ", "리드 지문이 다름")
DIFFERENCES = Text("these fields come back otherwise (records): {}", "다음 항목이 다르게 돌아옴(레코드 수): {}")
NOT_WHOLE = Text("it was not read to its end", "끝까지 읽지 못함")
NO_HEADER = Text("the header of BAM is not whole", "BAM 헤더가 온전하지 않음")
NO_READS = Text("no reads", "리드 없음")
TOO_LONG = Text("a record is too long", "너무 긴 레코드가 있음")
BAM_IN_BGZF = Text("BAM is in BGZF already", "BAM은 이미 BGZF임")
NO_RECORD = Text("text that is no record of four lines", "네 줄 레코드가 아닌 텍스트가 있음")
BAD_NAME = Text("a name that BAM does not hold", "BAM에 담을 수 없는 이름이 있음")
BAD_COMMENT = Text(
    "a comment with other characters than printable ASCII, or with both tabs and ~",
    "주석에 출력 가능한 ASCII가 아닌 문자가 있거나 탭과 ~가 함께 있음",
)
BAD_BASES = Text(
    "bases that BAM does not hold as they are (lower case, U, gaps)",
    "BAM에 그대로 담을 수 없는 염기가 있음(소문자, U, 갭)",
)
BAD_QUALITIES = Text("qualities that BAM does not hold", "BAM에 담을 수 없는 품질값이 있음")
OTHER_FORM = Text("records of different forms", "형식이 서로 다른 레코드가 있음")
OTHER_RECORDS = Text("other records than those of a FASTQ text", "FASTQ 텍스트의 레코드가 아님")
CUT_RECORD = Text("a record that ends too early", "중간에 끊긴 레코드가 있음")
