"""The sections of ``station.toml``: what each means and what it is when left out."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dsqc.pacing import Pacer, Window, parse_size


class Section(BaseModel):
    """Part of the configuration: unknown keys are faults, and nothing changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Tiers(Section):
    """Where objects of each tier are kept: a directory (relative to ``station.toml``) or an ``s3://`` URL.

    ``headers`` holds the headers of closed objects, without which these cannot be read: apart from them, by design.
    """

    public: str = "store/public"
    closed: str = "store/closed"
    headers: str = "store/headers"


class Copies(Section):
    """Further places of each tier by name: every object is written and proven there too before it is registered."""

    public: dict[str, str] = {}
    closed: dict[str, str] = {}


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


class Closed(Section):
    """The keys that closed data is encrypted to (Crypt4GH); files relative to ``station.toml``.

    Attributes:
        public_key, private_key: the pair in use. Closed data is not taken while the station has none.
        passphrase_env: name of the environment variable that holds the private key's passphrase.
        passphrase_file: file that holds it in its first line.
        previous_private_keys: keys of before, which still open what was encrypted to them; `dsqc storage rotate`
            encrypts that to the pair in use.
        previous_passphrase_env: as ``passphrase_env``, where the keys of before have another passphrase.
    """

    public_key: str = "keys/station.pub"
    private_key: str = "keys/station.sec"
    passphrase_env: str = ""
    passphrase_file: str = ""
    previous_private_keys: tuple[str, ...] = ()
    previous_passphrase_env: str = ""


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


class Prefixes(Section):
    """Accession prefixes; the numbers behind them are minted by the catalog."""

    project: str = "KAP"
    sample: str = "KAS"
    experiment: str = "KAE"
    run: str = "KAR"
    analysis: str = "KAZ"
    submission: str = "KRA"


class Curation(Section):
    """Who curates, and when two must decide.

    Attributes:
        curators: names that may decide; empty for anybody.
        assignment_days: how long an assigned submission waits for its curator before others may decide.
        second_opinion_share: share of the cases that two decide without seeing each other, drawn by digest; 0 to 1.
        second_opinion_for: cases that two always decide: ``privacy``, ``closed``, codes of findings, research fields.
        disagreement: who decides where the two differ: a ``third``, or the two ``settle`` it.
        unanswered_returns: whether a version that leaves a curator's reason unanswered comes back to a curator though
            its verdict is pass.
    """

    curators: tuple[str, ...] = ()
    assignment_days: int = Field(default=14, ge=1, le=365)
    second_opinion_share: float = Field(default=0.0, ge=0, le=1)
    second_opinion_for: tuple[str, ...] = ()
    disagreement: Literal["third", "settle"] = "third"
    unanswered_returns: bool = True
