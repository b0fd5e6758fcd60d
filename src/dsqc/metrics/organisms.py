"""What organisms are in the reads: the sketch of every seventh read against a panel of genomes."""

from collections.abc import Iterator
from typing import Self

import numpy as np

from dsqc.kernels.sketch import EVERY
from dsqc.language import Text
from dsqc.metrics.collector import Collector, Facts, Metric, MetricRow, Reads, Table, Value
from dsqc.sketch import Composition, Intact, ReadSketch, Share, WordCounter, compose, intact_words, taxon_share

HUMAN = 9606
SOURCE_HUMAN = "dsqc (dsqc.sketch.presence); Garwood 1936, doi:10.1093/biomet/28.3-4.437"
SOURCE = "sourmash (FracMinHash, gather); Irber et al. 2022, doi:10.1101/2022.01.11.475838"
_WORDS_EN = f"words of 31 bases of every {EVERY}th read (both strands as one; words with other letters than ACGTU not)"
_WORDS_KO = f"{EVERY}번째마다 뽑은 리드의 31염기 단어(두 가닥을 하나로 봄, ACGTU 아닌 문자가 든 단어 제외)"


def _metric(name: str, title: Text, unit: str, definition: Text, source: str = SOURCE) -> Metric:
    return Metric(name, title, unit, definition, source)


class OrganismCollector(Collector):
    """Keeps the lowest hashes of words of reads, 131,072 at most with their numbers: 10 MiB."""

    METRICS = (
        _metric(
            "sketch_word_count", Text("Words looked at", "조사한 단어 수"), "count",
            Text(
                f"All {_WORDS_EN}. What the organisms of the reads are told by.",
                f"{_WORDS_KO}의 수. 생물종 추정의 근거.",
            ),
        ),
        _metric(
            "sketch_scaled", Text("Scale of the sketch", "스케치 축척"), "count",
            Text(
                "One distinct word of so many is kept (those of the lowest hashes): 16, or the least power of two "
                "above at which 131,072 words hold all.",
                "서로 다른 단어 중 이 수마다 하나(해시가 가장 낮은 것)를 둔다: 16, 또는 131,072개에 모두 담기는 "
                "가장 작은 2의 거듭제곱.",
            ),
        ),
        _metric(
            "distinct_word_count", Text("Distinct words", "서로 다른 단어 수"), "count",
            Text(
                "Distinct words kept x scale: about so many of the words looked at are distinct. "
                "Errors make most of them.",
                "남긴 단어 수 x 축척: 조사한 단어 중 서로 다른 것의 추정 수. 대부분은 시퀀싱 오류가 만든다.",
            ),
        ),
        _metric(
            "organism_main", Text("Main organism", "주 생물종"), "text",
            Text(
                "The genome of the panel that explains most of the reads (table organisms has all). Null without a "
                "panel, with fewer than 10,000 words, or where fewer than 3 sketched words of every genome were found. "
                "Words of 31 bases tell species apart, not strains: a strain that differs in 1 % of its bases shares "
                "73 % of its words, one that differs in 5 % shares 20 %. An organism that is not in the panel is not "
                "seen.",
                "패널의 유전체 중 리드를 가장 많이 설명하는 것(전체는 표 organisms). 패널이 없거나 단어가 10,000개보다 "
                "적거나 어느 유전체의 단어도 3개 이상 나오지 않으면 null. 31염기 단어는 종을 구별하지만 균주는 "
                "구별하지 못한다: 염기 1 %가 다른 균주는 단어의 73 %, 5 %가 다르면 20 %를 공유한다. 패널에 없는 생물은 "
                "보이지 않는다.",
            ),
        ),
        _metric(
            "organism_taxonomy_id", Text("Its taxonomy id", "주 생물종의 분류 ID"), "text",
            Text("NCBI Taxonomy id of organism_main.", "organism_main의 NCBI Taxonomy 번호."),
        ),
        _metric(
            "organism_hosts", Text("Its hosts", "주 생물종의 숙주"), "text",
            Text(
                "NCBI Taxonomy ids of the taxa in whose samples it may be most of the reads, where it is a virus.",
                "바이러스인 경우, 그 시료의 리드 대부분을 차지할 수 있는 숙주 분류군의 NCBI Taxonomy 번호.",
            ), "dsqc",
        ),
        _metric(
            "organism_share", Text("Share of the main organism", "주 생물종의 비율"), "fraction",
            Text(
                "Estimated share of the reads that organism_main explains, errors of sequencing allowed for by the "
                "qualities.",
                "organism_main이 설명하는 리드 비율의 추정값. 시퀀싱 오류는 품질로 보정한다.",
            ),
        ),
        _metric(
            "organism_share_low", Text("… at least", "… 하한"), "fraction",
            Text("Lower end of its interval of 95 %.", "95 % 신뢰구간의 하한."),
        ),
        _metric(
            "organism_share_high", Text("… at most", "… 상한"), "fraction",
            Text("Upper end of its interval of 95 %.", "95 % 신뢰구간의 상한."),
        ),
        _metric(
            "organism_explained", Text("Reads explained by the panel", "패널로 설명되는 비율"), "fraction",
            Text(
                "Sum of the shares of all genomes found; the rest is of organisms that the panel does not hold, or of "
                "strains far from those that it holds.",
                "찾은 모든 유전체의 비율 합. 나머지는 패널에 없는 생물이거나 패널의 균주와 먼 균주다.",
            ),
        ),
        _metric(
            "human_share", Text("Human reads", "사람 리드 비율"), "fraction",
            Text(
                "Estimated share of reads that are human, by the panel's human genomes or parts, every seventh read "
                "looked at; null where the panel has none or nothing can be told. The small panel that ships "
                "sees the mitochondrion and repeats, 3 to 9 % of the words of human DNA: what it finds is divided by "
                "that, and the interval is as wide. That holds for reads from all over the genome; human RNA, "
                "amplicons and captured exons it may not see. With a panel of the whole genome (dsqc sketch build) "
                "everything is seen. With human parts alone that do not stand for the rest, this is what is seen.",
                "사람 리드 비율의 추정값(7개마다 하나를 조사). 패널에 사람 유전체나 그 일부가 없거나 판단할 수 없으면 "
                "null. 함께 제공되는 작은 패널은 미토콘드리아와 반복서열, 곧 사람 DNA 단어의 3~9 %만 보므로 그만큼 "
                "나누어 추정하고 구간도 그만큼 넓다. 유전체 전체에서 나온 리드에만 맞으며 사람 RNA, 앰플리콘, 포획한 "
                "엑솜은 보지 못할 수 있다. 사람 유전체 전체의 패널(dsqc sketch build)이면 모두 본다. 나머지를 대신하지 "
                "못하는 일부만 있으면 보이는 만큼만 말한다.",
            ), SOURCE_HUMAN,
        ),
        _metric(
            "human_share_low", Text("… at least", "… 하한"), "fraction",
            Text("Lower end of its interval of 95 %.", "95 % 신뢰구간의 하한."), SOURCE_HUMAN,
        ),
        _metric(
            "human_share_high", Text("… at most", "… 상한"), "fraction",
            Text(
                "Upper end of its interval of 95 %, above 0 also where no human read was seen; null where the panel "
                "has parts of the human genome alone that do not stand for the rest: any number may be of the rest.",
                "95 % 신뢰구간의 상한. 사람 리드가 하나도 보이지 않아도 0보다 크다. 나머지를 대신하지 못하는 사람 "
                "유전체 일부만 패널에 있으면 알 수 없으므로 null.",
            ), SOURCE_HUMAN,
        ),
        _metric(
            "human_recall", Text("Human words that the panel sees", "패널이 보는 사람 단어 비율"), "fraction",
            Text(
                "Share of the words of human nuclear DNA that the panel holds: 0.05 for the small panel that ships, "
                "about 0.95 for one of a whole reference, 0 for the mitochondrion alone.",
                "패널이 아는 사람 핵 DNA 단어의 비율: 함께 제공되는 작은 패널은 0.05, 참조 유전체 전체는 약 0.95, "
                "미토콘드리아만 있으면 0.",
            ), "dsqc",
        ),
        _metric(
            "panel_version", Text("Panel of genomes", "유전체 패널"), "text",
            Text("Name and digest of the panel; null without one.", "패널의 이름과 다이제스트. 없으면 null."), "dsqc",
        ),
    )  # fmt: skip

    def __init__(self) -> None:
        self._words = WordCounter()
        self._told: tuple[ReadSketch, Composition | None] | None = None

    def add(self, reads: Reads) -> None:
        """Measure one batch."""
        self._told = None
        batch = reads.batch
        self._words.add(batch.data, batch.sequence_start, batch.length, batch.first_record - 1)

    def merge(self, other: Self) -> None:
        """Add everything that ``other`` counted."""
        self._told = None
        self._words.merge(other._words)

    def _composition(self, facts: Facts) -> tuple[ReadSketch, Composition | None]:
        if self._told is None:
            sketch = self._words.sketch()
            found = compose(sketch, facts.panel, _intact(facts)) if facts.panel else None
            self._told = sketch, found if found and found.enough else None
        return self._told

    def values(self, facts: Facts) -> dict[str, Value]:
        """What was found."""
        sketch, found = self._composition(facts)
        values: dict[str, Value] = {metric.id: None for metric in self.METRICS}
        values["panel_version"] = facts.panel.version if facts.panel else None
        values["sketch_word_count"] = sketch.words
        values["sketch_scaled"] = sketch.scaled
        values["distinct_word_count"] = len(sketch.hashes) * sketch.scaled
        if found is None or facts.panel is None:
            return values
        values["organism_explained"] = found.explained
        if found.shares:
            main = found.shares[0]
            values["organism_main"] = main.genome.label
            values["organism_taxonomy_id"] = str(main.genome.taxonomy_id)
            values["organism_hosts"] = ", ".join(map(str, main.genome.hosts)) or None
            values |= _interval("organism_share", found.shares[:1])
        human = taxon_share(sketch, facts.panel, HUMAN, _intact(facts))
        if human is not None:
            values["human_share"], values["human_recall"] = human.share, human.recall
            values["human_share_low"], values["human_share_high"] = human.low, human.high
        return values

    def tables(self, facts: Facts) -> dict[str, Table]:
        """``organisms``: a row a genome found, most first; no table where nothing can be told."""
        _, found = self._composition(facts)
        if found is None:
            return {}
        shares = found.shares
        return {
            "organisms": {
                "organism": [item.genome.label for item in shares],
                "taxonomy_id": [item.genome.taxonomy_id for item in shares],
                "accession": [item.genome.accession for item in shares],
                "role": [item.genome.role for item in shares],
                "share": [item.share for item in shares],
                "low": [item.low for item in shares],
                "high": [item.high for item in shares],
                "matches": [item.matches for item in shares],
                "sketched": [item.sketched for item in shares],
                "containment": [item.containment for item in shares],
                "breadth": [item.breadth for item in shares],
                "extent": [item.extent for item in shares],
            }
        }

    def rows(self, facts: Facts) -> Iterator[MetricRow]:
        """The share of every genome found."""
        _, found = self._composition(facts)
        for item in found.shares if found else ():
            yield "reads_by_organism", None, None, item.genome.label, item.share


def _intact(facts: Facts) -> Intact:
    if facts.encoding is None:
        return intact_words(np.zeros(0), np.zeros(0, dtype=np.int64))
    used = np.flatnonzero(facts.characters)
    phred = used - facts.encoding.offset
    return intact_words(np.minimum(10.0 ** (-phred / 10), 1.0), facts.characters[used])


def _interval(name: str, shares: list[Share] | tuple[Share, ...]) -> dict[str, Value]:
    parts = {"": "share", "_low": "low", "_high": "high"}
    return {f"{name}{end}": min(1.0, sum(getattr(item, part) for item in shares)) for end, part in parts.items()}
