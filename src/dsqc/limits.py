"""Limits of one submission: what a station may set otherwise, and what holds at a submitter's desk."""

from dataclasses import dataclass
from typing import ClassVar

ENVIRONMENT_VARIABLE = "DSQC_STATION"
"""Names the station's configuration; without it, and without an option, these limits hold."""

REFUSE, REVIEW = "refuse", "review"
"""What becomes of open data with more human reads than allowed."""
_LEAST = {
    "samples": 1,
    "hold_years": 0,
    "web_file_gigabytes": 1,
    "web_files": 1,
    "anonymity": 1,
    "read_count_tolerance": 0,
    "depth_tolerance": 0,
    "human_fraction": 0,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one submission (K-BDS documentation).

    No pydantic model, unlike the rest of the station's configuration: every validation needs it, and none should wait
    for pydantic. ``station.toml`` is checked against it all the same.

    Attributes:
        samples: most samples; at least 1.
        hold_years: longest time that data are held back.
        web_file_gigabytes, web_files: largest file (10^9 bytes) and most files through the browser; at least 1.
        anonymity: least persons of a cohort that share age, sex, region and disease; 1 asks for nothing.
        read_count_tolerance: how far the reads of a run may be from the number declared, as a fraction of it.
        depth_tolerance: how far the depth of a sample may fall short of the one aimed at, as a fraction of it, below 1.
        human_fraction: most human reads of open data that is not declared as human, as a fraction of all.
        human_reads: what more of them is in open data: ``refuse`` (an error) or ``review`` (a warning that a curator
            decides on). Metagenomes of humans are refused always.

    Raises:
        ValueError: a limit is below its least value, the tolerance of depth not below 1, or ``human_reads`` another
            word.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    samples: int = 2000
    hold_years: int = 3
    web_file_gigabytes: int = 100
    web_files: int = 500
    anonymity: int = 2
    read_count_tolerance: float = 0.01
    depth_tolerance: float = 0.1
    human_fraction: float = 0.001
    human_reads: str = REFUSE

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            if getattr(self, name) < least:
                raise ValueError(f"limits.{name} is at least {least}")
        if self.depth_tolerance >= 1:
            raise ValueError("limits.depth_tolerance is below 1")
        if self.human_reads not in (REFUSE, REVIEW):
            raise ValueError(f"limits.human_reads is {REFUSE} or {REVIEW}")
