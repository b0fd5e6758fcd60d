"""One request as a handler sees it: who asks, in which language, for what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from dsqc.catalog.accounts import Lifetime, Role, Visitor
from dsqc.catalog.database import Catalog
from dsqc.language import Language
from dsqc.station import Station
from dsqc.web.results import Results

ANYONE: frozenset[Role | None] = frozenset({None, *Role})
"""Everybody, without log-in too."""
LOGGED_IN: frozenset[Role | None] = frozenset(Role)
STAFF: frozenset[Role | None] = frozenset({Role.CURATOR, Role.OPERATOR})
"""Who sees every submission."""


@dataclass(frozen=True, slots=True)
class Site:
    """What all requests have in common.

    Attributes:
        origin: how browsers reach it: scheme, host and port.
        hosts: what the ``Host`` of a request may be.
    """

    station: Station
    catalog: Catalog
    origin: str
    hosts: frozenset[str]
    results: Results

    @property
    def is_secure(self) -> bool:
        """Whether browsers come over TLS."""
        return self.origin.startswith("https://")

    @property
    def lifetime(self) -> Lifetime:
        """Of sessions."""
        web = self.station.web
        return Lifetime(timedelta(minutes=web.idle_minutes), timedelta(hours=web.longest_hours))

    @property
    def name(self) -> str:
        """Of the station, for people."""
        return self.station.web.name or self.station.centre

    def cookie(self, name: str) -> str:
        """The name of a cookie; over TLS one that a neighbouring host cannot set (RFC 6265bis, ``__Host-``)."""
        return f"__Host-dsqc_{name}" if self.is_secure else f"dsqc_{name}"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request.

    Attributes:
        id: names the request in the log and on error pages.
        visitor: who is logged in; ``None`` for nobody.
        path_values: what stands in the path (``submission``).
        form: fields of a form that was sent; files are not taken.
        form_token: what the forms of the answer must carry.
    """

    site: Site
    id: str
    method: str
    path: str
    address: str
    language: Language
    visitor: Visitor | None
    form_token: str
    path_values: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def role(self) -> Role | None:
        """Of whoever asks; ``None`` for nobody."""
        return self.visitor.account.role if self.visitor else None

    @property
    def is_staff(self) -> bool:
        """Whether every submission may be seen."""
        return self.role in STAFF

    @property
    def actor(self) -> str:
        """Name of the account, for histories; empty for nobody."""
        return self.visitor.account.name if self.visitor else ""
