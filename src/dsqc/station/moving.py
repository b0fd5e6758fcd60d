"""How bytes travel: sections ``[s3]`` and ``[transfer]`` of ``station.toml``.

No pydantic models, unlike the other sections: whoever only moves bytes should not wait for pydantic, which takes longer
to load than all modules of a transfer. ``station.toml`` is checked against them all the same.
"""

from dataclasses import dataclass
from typing import ClassVar

from dsqc.pacing import Pacer, Window, parse_size

MOST_PARALLEL = 64


@dataclass(frozen=True, slots=True)
class S3Options:
    """How ``s3://`` URLs are reached. Keys never stand here, only the names of the variables that hold them.

    Attributes:
        access_key_env, secret_key_env, session_token_env: names of environment variables; empty for those of AWS
            (AWS_ACCESS_KEY_ID …), profiles and roles.

    Raises:
        ValueError: one key is named, and the other is not.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    endpoint_url: str = ""
    region: str = "us-east-1"
    access_key_env: str = ""
    secret_key_env: str = ""
    session_token_env: str = ""

    def __post_init__(self) -> None:
        if bool(self.access_key_env) != bool(self.secret_key_env):
            raise ValueError("access_key_env and secret_key_env belong together")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tier's objects are kept. The first place of a tier has the tier's name.

    ``url`` is an absolute directory or an ``s3://`` URL.
    """

    name: str
    tier: str
    url: str
    s3: S3Options


@dataclass(frozen=True, slots=True)
class TransferOptions:
    """How fast, when and how often bytes are fetched; every one is also an option of ``dsqc transfer``.

    Attributes:
        parallel: parts on their way at once, over all files; 1 to 64.
        limit_rate: bytes a second over all of them (``50M``); empty for no limit.
        windows: when bytes may travel (``22:00-06:00``), local time; none for always.
        retries: tries after the first that brought nothing, of one part; at least 0.
        stall_timeout_s: a connection that says nothing for so many seconds is given up and tried again; above 0.

    Raises:
        ValueError: a value is outside its bounds, or no rate or window; the text names it.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    parallel: int = 8
    limit_rate: str = ""
    windows: tuple[str, ...] = ()
    retries: int = 5
    stall_timeout_s: float = 60.0

    def __post_init__(self) -> None:
        if not 1 <= self.parallel <= MOST_PARALLEL:
            raise _wrong("parallel", f"must be 1 to {MOST_PARALLEL}")
        if self.retries < 0:
            raise _wrong("retries", "must be at least 0")
        if not self.stall_timeout_s > 0:
            raise _wrong("stall_timeout_s", "must be above 0")
        for name, read, texts in (
            ("limit_rate", parse_size, filter(None, [self.limit_rate])),
            ("windows", Window.parse, self.windows),
        ):
            for text in texts:
                try:
                    read(text)
                except ValueError as error:
                    raise _wrong(name, str(error)) from error

    def pacer(self) -> Pacer:
        """What keeps to the rate and the windows, for one run."""
        rate = parse_size(self.limit_rate) if self.limit_rate else 0
        return Pacer(rate, [Window.parse(text) for text in self.windows])


def _wrong(name: str, reason: str) -> ValueError:
    return ValueError(f"transfer.{name}: {reason}")
