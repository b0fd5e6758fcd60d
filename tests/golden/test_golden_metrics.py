"""The project's own simulated reads: dsqc's numbers against those that FastQC 0.11.9 (Debian 12) printed for them.

``simulated.fastq.gz``: 400 reads of 30 to 151 bases with N, normal GC contents and falling qualities, drawn once by a
seeded generator. ``simulated.fastqc-0.11.9.txt`` is FastQC's ``fastqc_data.txt`` for it, unchanged.
"""

from pathlib import Path

import dsqc
from helpers.fastqc_text import differences, read_modules

GOLDEN = Path(__file__).parent / "fastqc"


def test_fastqc_says_the_same():
    (item,) = dsqc.qc(GOLDEN / "simulated.fastq.gz").files
    modules = read_modules(GOLDEN / "simulated.fastqc-0.11.9.txt")
    assert len(modules["Per base sequence quality"]) == 38
    assert differences(item.data, modules) == {}


def test_the_comparison_notices_a_difference():
    (item,) = dsqc.qc(GOLDEN / "simulated.fastq.gz").files
    modules = read_modules(GOLDEN / "simulated.fastqc-0.11.9.txt")
    modules["Per base sequence quality"][3][1] += "1"
    modules["Per base N content"][0][1] = "0.5"
    modules["Per sequence quality scores"].pop()
    modules["Per base sequence content"][5][2] = "25.0"
    modules["Basic Statistics"] = [[name, f"{value}0"] for name, value in modules["Basic Statistics"]]
    assert len(differences(item.data, modules)) == 5
