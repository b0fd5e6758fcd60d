"""The sections of ``station.toml``: what each means and what it is when left out."""

from typing import Any, Literal, Self

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


class Agreement(Section):
    """What was agreed with one centre: ``[exchange.CENTRE]``.

    Attributes:
        scope: what the centre gets: numbers and what is needed to know them (``accessions``), or all public metadata
            (``records``).
        public_key: file of the key (Ed25519, PEM) that the centre signs its packages with, relative to
            ``station.toml``.
        previous_public_keys: keys of before that still count.
    """

    scope: Literal["accessions", "records"] = "accessions"
    public_key: str
    previous_public_keys: tuple[str, ...] = ()


class Exchange(Section):
    """Exchange of records with other centres.

    Attributes:
        signing_key: private key (Ed25519, PEM) that packages are signed with, relative to ``station.toml``; made by
            ``dsqc exchange keygen``.
        passphrase_env: name of the environment variable that holds its passphrase.
        largest_package: packages of more bytes are not opened.
        centres: the agreements by code of the centre.
    """

    signing_key: str = "keys/exchange.pem"
    passphrase_env: str = ""
    largest_package: str = "2G"
    centres: dict[str, Agreement] = {}

    @model_validator(mode="before")
    @classmethod
    def _split_centres(cls, data: Any) -> Any:
        """``[exchange.CENTRE]`` stands inside ``[exchange]`` in TOML."""
        if not isinstance(data, dict) or "centres" in data:
            return data
        own = {name: value for name, value in data.items() if not isinstance(value, dict)}
        return {**own, "centres": {name: value for name, value in data.items() if isinstance(value, dict)}}

    @field_validator("largest_package")
    @classmethod
    def _is_size(cls, text: str) -> str:
        parse_size(text)
        return text

    @field_validator("centres")
    @classmethod
    def _are_codes(cls, centres: dict[str, Agreement]) -> dict[str, Agreement]:
        for code in centres:
            if not (code.isascii() and code.replace("-", "").replace("_", "").isalnum()):
                raise ValueError(f"{code!r} is no code of a centre: letters, digits, - and _")
        return centres


class Prefixes(Section):
    """Accession prefixes; the numbers behind them are minted by the catalog."""

    project: str = "KAP"
    sample: str = "KAS"
    experiment: str = "KAE"
    run: str = "KAR"
    analysis: str = "KAZ"
    submission: str = "KRA"
