"""The sections of ``station.toml``: what each means and what it is when left out."""

import re
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from dsqc.errors import UsageError
from dsqc.pacing import parse_size
from dsqc.rule_data import find
from dsqc.station.section import Section


class Tiers(Section):
    """Where objects of each tier are kept: a directory (relative to ``station.toml``) or an ``s3://`` URL.

    ``held`` holds open data until its day of release, unencrypted and where nobody from outside reads; empty: beside
    the place of closed data, below it where that is in S3. ``headers`` holds the headers of closed objects, without
    which these cannot be read: apart from them, by design.
    """

    public: str = "store/public"
    held: str = ""
    closed: str = "store/closed"
    headers: str = "store/headers"


class Copies(Section):
    """Further places of each tier by name: every object is written and proven there too before it is registered."""

    public: dict[str, str] = Field(default_factory=dict)
    held: dict[str, str] = Field(default_factory=dict)
    closed: dict[str, str] = Field(default_factory=dict)


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


class Signing(Section):
    """The station's own signature (Ed25519, PEM) under receipts and certificates; files relative to ``station.toml``.

    Attributes:
        private_key, public_key: the pair in use (``dsqc station keygen``). Without one, nothing is signed.
        passphrase_env: name of the environment variable that holds the private key's passphrase.
        passphrase_file: file that holds it in its first line.
        previous_public_keys: keys of before: what they signed is still believed.
        address: what a certificate's number is looked up at (``https://station.example.org/certificate``), printed on
            it with the number behind; empty: the certificate says how it is verified without a network.
    """

    private_key: str = "keys/signing.pem"
    public_key: str = "keys/signing.pub"
    passphrase_env: str = ""
    passphrase_file: str = ""
    previous_public_keys: tuple[str, ...] = ()
    address: str = ""

    @field_validator("address")
    @classmethod
    def _is_address(cls, text: str) -> str:
        if text and not text.startswith(("https://", "http://")):
            raise ValueError("must begin with https:// or http://")
        return text.rstrip("/")


class Receipts(Section):
    """Which validations at a submitter's desk are believed, so that files need not be measured again.

    Attributes:
        trusted: directory of the public keys (``*.pub``, ``*.pem``) of submitters whose receipts are taken, relative to
            ``station.toml``; empty: none is.
        max_age_days: older receipts are not taken.
        catch_probability: with how much probability one false receipt is caught: so many of its runs, chosen at random,
            are measured again.
        assumed_false_share: the least share of its runs that a false receipt is taken to lie about.
        secret: file with what only the station knows, which the choice of runs depends on; made where it is missing.
    """

    trusted: str = ""
    max_age_days: float = Field(default=30.0, gt=0)
    catch_probability: float = Field(default=0.95, gt=0, le=1)
    assumed_false_share: float = Field(default=0.1, gt=0, le=1)
    secret: str = "keys/receipts.secret"  # noqa: S105  the name of its file


class Rules(Section):
    """What submissions are judged by.

    Attributes:
        rule_set: a released rule set (``2026.11``) for all of the station's work; empty: that of the dsqc that runs.
    """

    rule_set: str = ""

    @field_validator("rule_set")
    @classmethod
    def _is_released(cls, version: str) -> str:
        if version:
            try:
                find(version)
            except UsageError as error:
                raise ValueError(str(error)) from error
        return version


class Release(Section):
    """How data becomes public.

    Attributes:
        extension_years: how much longer data may be held back by the one extension.
        notice_days: how many days before a release or a review notices are written.
        proposal_days: how long a proposal to release closed data waits for the second person.
    """

    extension_years: int = Field(default=2, ge=0)
    notice_days: tuple[int, ...] = (30, 7, 1)
    proposal_days: int = Field(default=14, ge=1)

    @field_validator("notice_days")
    @classmethod
    def _are_days(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        if any(day < 1 for day in days):
            raise ValueError("notice_days are whole numbers from 1")
        return tuple(sorted(set(days), reverse=True))


class Notices(Section):
    """Where notices go. Without ``smtp`` they stand in the outbox, and who runs the station sends them.

    Attributes:
        outbox: directory, relative to ``station.toml``: ``outbox.jsonl`` and a text a notice.
        station_address: who is told besides the submitter; empty for nobody.
        smtp: ``HOST`` or ``HOST:PORT`` of the mail server that takes them; empty for none.
        smtp_security: ``starttls``, ``tls`` or ``none``.
        smtp_user: of the mail server; empty for no login.
        smtp_password_env: name of the environment variable that holds the password.
        sender: address that they are sent from; needed with ``smtp``.
    """

    outbox: str = "notices"
    station_address: str = ""
    smtp: str = ""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password_env: str = ""
    sender: str = ""

    @model_validator(mode="after")
    def _has_sender(self) -> Self:
        host, _, port = self.smtp.partition(":")
        if self.smtp and (not host or (port and not port.isdecimal())):
            raise ValueError("smtp is HOST or HOST:PORT")
        if self.smtp and not self.sender:
            raise ValueError("smtp needs sender, the address that notices are sent from")
        if bool(self.smtp_user) != bool(self.smtp_password_env):
            raise ValueError("smtp_user and smtp_password_env belong together")
        return self


class Figures(Section):
    """Statistics, and what the quality of runs is compared with.

    Attributes:
        timezone: of days, quarters and years in tables and reports (IANA name).
        disclosure_threshold: least number of closed records that is told to the public; 1 tells all.
        reference: file of the distributions that runs are compared with (`dsqc catalog reference build`), relative to
            ``station.toml``; not there: runs are compared with none.
        reference_runs: least runs of a platform, strategy and field that have a distribution.
        control_runs: runs of a centre that set the limits of a control chart; fewer have none.
    """

    timezone: str = "Asia/Seoul"
    disclosure_threshold: int = Field(default=5, ge=1)
    reference: str = "reference.json"
    reference_runs: int = Field(default=30, ge=2)
    control_runs: int = Field(default=20, ge=8)

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"this machine knows no time zone {name!r}") from error
        return name

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.timezone)


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
    centres: dict[str, Agreement] = Field(default_factory=dict)

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


class Web(Section):
    """The station's web pages (``dsqc station serve``).

    Attributes:
        public_url: how browsers reach them (``https://station.example.org``); needed where they are served beyond this
            machine. With ``https`` cookies are sent over TLS only; the certificate is the proxy's matter.
        name: of the station, for the head of every page.
        batches: working directories of batches (patterns; relative to the directory of ``station.toml``), whose
            ``results`` hold what curators look at.
        proxies: addresses whose ``X-Forwarded-For`` is believed.
        idle_minutes, longest_hours: how long a session lasts without a sign of life, and at most.
        url_seconds: how long a presigned URL of a data file is good.
        metrics_token_env: name of the environment variable that holds the bearer token of ``/metrics``; empty: only
            operators who are logged in read it.
    """

    public_url: str = ""
    name: str = ""
    batches: tuple[str, ...] = ("..", "batches/*")
    proxies: tuple[str, ...] = ()
    idle_minutes: int = Field(default=30, ge=1, le=1440)
    longest_hours: int = Field(default=12, ge=1, le=168)
    url_seconds: int = Field(default=3600, ge=60, le=604_800)
    metrics_token_env: str = ""

    @field_validator("public_url")
    @classmethod
    def _is_origin(cls, text: str) -> str:
        if text and not re.fullmatch(r"https?://[A-Za-z0-9.\-]+(:\d+)?", text):
            raise ValueError("write https://NAME or https://NAME:PORT, without a path")
        return text.lower()


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
