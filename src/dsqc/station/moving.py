"""How bytes travel: sections ``[s3]`` and ``[transfer]`` of ``station.toml``, and what every section is.

Apart from the others, so that whoever only moves bytes does not wait for all of them.
"""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dsqc.pacing import Pacer, Window, parse_size


class Section(BaseModel):
    """Part of the configuration: unknown keys are faults, and nothing changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class S3Options(Section):
    """How ``s3://`` URLs are reached. Keys never stand here, only the names of the variables that hold them.

    Attributes:
        access_key_env, secret_key_env, session_token_env: names of environment variables; empty for those of AWS
            (AWS_ACCESS_KEY_ID …), profiles and roles.
    """

    endpoint_url: str = ""
    region: str = "us-east-1"
    access_key_env: str = ""
    secret_key_env: str = ""
    session_token_env: str = ""

    @model_validator(mode="after")
    def _both_keys(self) -> Self:
        if bool(self.access_key_env) != bool(self.secret_key_env):
            raise ValueError("access_key_env and secret_key_env belong together")
        return self


class TransferOptions(Section):
    """How fast, when and how often bytes are fetched; every one is also an option of ``dsqc transfer``.

    Attributes:
        parallel: parts on their way at once, over all files.
        limit_rate: bytes a second over all of them (``50M``); empty for no limit.
        windows: when bytes may travel (``22:00-06:00``), local time; none for always.
        retries: tries after the first that brought nothing, of one part.
        stall_timeout_s: a connection that says nothing for so many seconds is given up and tried again.
    """

    parallel: int = Field(default=8, ge=1, le=64)
    limit_rate: str = ""
    windows: tuple[str, ...] = ()
    retries: int = Field(default=5, ge=0)
    stall_timeout_s: float = Field(default=60.0, gt=0)

    @field_validator("limit_rate")
    @classmethod
    def _is_size(cls, text: str) -> str:
        if text:
            parse_size(text)
        return text

    @field_validator("windows")
    @classmethod
    def _are_windows(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            Window.parse(text)
        return texts

    def pacer(self) -> Pacer:
        """What keeps to the rate and the windows, for one run."""
        rate = parse_size(self.limit_rate) if self.limit_rate else 0
        return Pacer(rate, [Window.parse(text) for text in self.windows])
