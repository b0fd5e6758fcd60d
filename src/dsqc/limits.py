"""Limits of one submission: what a station may set otherwise, and what holds at a submitter's desk."""

from dataclasses import dataclass
from typing import ClassVar

ENVIRONMENT_VARIABLE = "DSQC_STATION"
"""Names the station's configuration; without it, and without an option, these limits hold."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one submission (K-BDS documentation).

    No pydantic model, unlike the rest of the station's configuration: every validation needs it, and none should wait
    for pydantic. ``station.toml`` is checked against it all the same.

    Attributes:
        samples: samples of one submission, at least 1.
        hold_years: years for which a submission may be held back.

    Raises:
        ValueError: a limit is below its least value.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    samples: int = 2000
    hold_years: int = 3

    def __post_init__(self) -> None:
        for name, least in (("samples", 1), ("hold_years", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"limits.{name} is at least {least}")
