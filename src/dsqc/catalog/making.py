"""Making a station: its configuration, the catalog's tables and the places of its objects."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dsqc.artefact import write_fault, write_text
from dsqc.catalog.database import connected, migrate, sqlite_file
from dsqc.catalog.minting import prepare_counters
from dsqc.crypt4gh import make_station_keys
from dsqc.errors import UsageError
from dsqc.station import FILE_NAME, Station, load_station

TEMPLATE = """\
# A dsqc station. Every setting is listed; those that stand behind a # have the value shown there anyway.
# Secrets never stand here: passwords and keys come from the environment.

# Code of the data centre (vocabulary data_centres).
centre = {centre}

# The catalog: sqlite:///FILE (relative to this file), or postgresql://USER@HOST:PORT/DATABASE.
catalog_url = {catalog_url}
# Name of the environment variable that holds the database's password.
catalog_password_env = {catalog_password_env}

# A file of quality goals of your own, relative to this file; empty: the goals that dsqc ships.
# quality_goals = ""

# Whether attributes that a guide to K-BDS marks mandatory, against INSDC and not confirmed by an official table
# (`dsqc form show --kbds-strict` shows them), are mandatory here. Where false, they are recommended.
# kbds_strict = false

# A taxonomy snapshot (dsqc taxonomy build), relative to this file; empty: the small one that dsqc ships.
# taxonomy = ""

# A panel of genomes (dsqc sketch build), relative to this file; empty: the small one that ships; none: no organisms.
# panel = ""

[tiers]
# Where objects are kept: a directory (relative to this file) or s3://BUCKET/PREFIX. Closed data goes to closed only.
public = {public}
closed = {closed}
# Open data before its day of release; nobody from outside may read there. Empty: beside (S3: below) the closed place.
# held = ""
# Headers of closed objects; without them nobody reads these.
# headers = "store/headers"

[closed]
# The keys that closed data is encrypted to while it arrives (Crypt4GH), files relative to this one. Made by
# `dsqc catalog init` (unlocked, mode 0600) or `dsqc storage keygen`. Keep a copy of the private key elsewhere:
# without it closed data is lost.
# public_key = "keys/station.pub"
# private_key = "keys/station.sec"
# Where the private key has a passphrase: the environment variable, or the file, that holds it.
# passphrase_env = ""
# passphrase_file = ""
# Keys of before, until `dsqc storage rotate` has encrypted everything to the present one.
# previous_private_keys = []
# previous_passphrase_env = ""

[signing]
# The station's signature (Ed25519) under receipts and certificates, files relative to this one. `dsqc station keygen`
# makes the pair; without one, receipts are not signed, and say so.
# private_key = "keys/signing.pem"
# public_key = "keys/signing.pub"
# Where the private key has a passphrase: the environment variable, or the file, that holds it.
# passphrase_env = ""
# passphrase_file = ""
# Public keys of before: what they signed is still believed.
# previous_public_keys = []
# Where a certificate's number can be looked up, printed on it: https://station.example.org/certificate
# address = ""

[receipts]
# Validations that submitters signed at their own desk (`dsqc validate --sign`): a directory of the public keys that
# are believed, relative to this file; empty: everything is measured here.
# trusted = ""
# Older receipts are not taken.
# max_age_days = 30
# With how much probability a false receipt is caught, if it lies about this share of its runs at least: so many of
# its runs, chosen at random, are measured again.
# catch_probability = 0.95
# assumed_false_share = 0.1
# What only the station knows, which the choice depends on; made where it is missing.
# secret = "keys/receipts.secret"

[curation]
# Who curates; empty: anybody. How many days what is assigned waits for its curator before others may decide it.
# curators = []
# assignment_days = 14
# Cases that two decide without seeing each other: a share of all (0 to 1), and those of privacy findings ("privacy"),
# of closed data ("closed"), of a finding ("DSQC-D025") or of a research field. Where they differ, a "third" decides,
# or the two "settle" it.
# second_opinion_share = 0.0
# second_opinion_for = []
# disagreement = "third"
# Whether a version that leaves a curator's reason unanswered comes back to a curator though nothing else is wrong.
# unanswered_returns = true

# Further places that hold every object of a tier, by a name of yours. A submission is registered only when all of
# them hold its objects, proven; `dsqc storage verify --repair` mends one from another.
#     [copies.public]
#     second = "s3://BUCKET/PREFIX"
#     [copies.held]
#     second-held = "s3://BUCKET/PREFIX"
#     [copies.closed]
#     second-closed = "s3://BUCKET/PREFIX"

[s3]
# For s3:// tiers and sources. Keys: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment.
# endpoint_url = ""
# region = "us-east-1"
# Names of other environment variables that hold the keys, never the keys themselves.
# access_key_env = ""
# secret_key_env = ""
# session_token_env = ""
# What differs for one place (public, held, closed, headers, or a name in [copies]): a section of its name.
#     [s3.closed]
#     endpoint_url = "https://closed.example.org"
#     access_key_env = "CLOSED_ACCESS_KEY"
#     secret_key_env = "CLOSED_SECRET_KEY"

[limits]
# Of one submission (K-BDS documentation).
# samples = 2000
# hold_years = 3
# web_file_gigabytes = 100
# web_files = 500
# Least persons of a cohort that share age, sex, region and disease; 1 asks for nothing.
# anonymity = 2
# How far reads and depth may be from what the forms declare, as a fraction of it.
# read_count_tolerance = 0.01
# depth_tolerance = 0.1
# Most human reads of open data that is not declared as human, as a fraction of all; more are refused, or go to a
# curator ("review").
# human_fraction = 0.001
# human_reads = "refuse"

[rules]
# A released rule set to judge by, "2026.11" for example (`dsqc rule-sets`); empty: that of the dsqc that runs.
# rule_set = ""

[transfer]
# How bytes are fetched; every line is also an option of dsqc transfer. Parts on their way at once, over all files:
# parallel = 8
# Bytes a second over all of them ("50M"); empty: no limit.
# limit_rate = ""
# When bytes may travel, local time (["22:00-06:00"]); empty: always.
# windows = []
# Tries after the first that brought nothing, of one part; seconds without a byte until a connection is given up.
# retries = 5
# stall_timeout_s = 60

[release]
# How much longer data may be held back by the one extension (`dsqc release extend`).
# extension_years = 2
# How many days before a release or a review notices are written.
# notice_days = [30, 7, 1]
# How long a proposal to release closed data waits for the second person.
# proposal_days = 14

[notices]
# Where notices are written (outbox.jsonl and a text each), relative to this file.
# outbox = "notices"
# Who is told besides the submitter.
# station_address = ""
# The mail server that takes them (HOST:PORT); empty: they stay in the outbox. Password: by name of its variable.
# smtp = ""
# smtp_security = "starttls"
# smtp_user = ""
# smtp_password_env = ""
# sender = ""

[notify]
# Who is told when a batch has ended (dsqc batch notify --test tries it): by mail, and by a POST of JSON.
# mail_to = []
# language = "both"
# The mail server, as in [notices]; empty: that of [notices]. Password: by name of its variable or file.
# smtp = ""
# smtp_security = "starttls"
# smtp_user = ""
# smtp_password_env = ""
# smtp_password_file = ""
# sender = ""
# Address that is posted to, or the variable that holds it; what holds the secret that posts are signed with.
# webhook = ""
# webhook_env = ""
# webhook_secret_env = ""
# webhook_secret_file = ""
# How often each is tried.
# tries = 3

[figures]
# Statistics, and what the quality of runs is compared with. Time zone of days, quarters and years:
# timezone = "Asia/Seoul"
# Least number of closed records that is told to the public; 1 tells all.
# disclosure_threshold = 5
# File of the distributions that runs are compared with (dsqc catalog reference build), relative to this file.
# reference = "reference.json"
# Least runs of a platform, strategy and field that have a distribution; runs that set the limits of a control chart.
# reference_runs = 30
# control_runs = 20

[exchange]
# Packages of records for other centres are signed with this key (dsqc exchange keygen), relative to this file.
# signing_key = "keys/exchange.pem"
# Name of the environment variable that holds its passphrase.
# passphrase_env = ""
# Packages of more bytes are not opened.
# largest_package = "2G"
# What was agreed with a centre, a section each: what it gets ("accessions": numbers and what is needed to know them;
# "records": all public metadata), and the key that it signs with.
#     [exchange.NABIC]
#     scope = "accessions"
#     public_key = "keys/nabic.pem"
#     previous_public_keys = []

[prefixes]
# Of the accessions. Never change them after the first registration.
# project = "KAP"
# sample = "KAS"
# experiment = "KAE"
# run = "KAR"
# analysis = "KAZ"
# submission = "KRA"

[web]
# The station's pages (dsqc station serve). How browsers reach them, through a proxy that does TLS
# ("https://station.example.org"); needed where they are served beyond this machine.
# public_url = ""
# Name of the station, for the head of every page.
# name = ""
# Working directories of batches, relative to the directory of this file: what curators look at stands there.
# batches = ["..", "batches/*"]
# Addresses of proxies whose X-Forwarded-For is believed.
# proxies = []
# How long a session lasts: minutes without a sign of life, hours at most.
# idle_minutes = 30
# longest_hours = 12
# Seconds that a presigned URL of a data file is good for.
# url_seconds = 3600
# Name of the environment variable that holds the bearer token of /metrics; empty: operators who are logged in.
# metrics_token_env = ""
"""
SETTINGS = ("centre", "catalog_url", "catalog_password_env", "public", "closed")
"""What ``dsqc catalog init`` takes as options."""


@dataclass(frozen=True, slots=True)
class MadeStation:
    """A station that is ready; ``created`` is false where it had been configured before."""

    station: Station
    file: Path
    created: bool


def make_station(directory: Path, settings: Mapping[str, str]) -> MadeStation:
    """Make a station in ``directory``, or complete the one that is there; running it again changes nothing.

    Args:
        directory: made where it does not exist.
        settings: some of :data:`SETTINGS`; the others keep their values.

    Raises:
        UsageError: a station with other settings is there: it is never overwritten.
        CatalogFault, StorageFault: the database or the disk refuses.
    """
    file = directory / FILE_NAME
    created = not file.exists()
    if created:
        _write_configuration(file, settings)
    station = load_station(file)
    if not created:
        _check_same(file, station, settings)
    _make_places(station)
    make_station_keys(station)
    with connected(station) as catalog:
        migrate(catalog)
        catalog.write(prepare_counters)
    return MadeStation(station, file, created)


def _write_configuration(file: Path, settings: Mapping[str, str]) -> None:
    defaults = _settings_of(Station())
    # A JSON string is a TOML basic string.
    values = {name: json.dumps(settings.get(name, defaults[name]), ensure_ascii=False) for name in SETTINGS}
    write_text(file, TEMPLATE.format(**values))


def _settings_of(station: Station) -> dict[str, str]:
    return {
        "centre": station.centre,
        "catalog_url": station.catalog_url,
        "catalog_password_env": station.catalog_password_env,
        "public": station.tiers.public,
        "closed": station.tiers.closed,
    }


def _check_same(file: Path, station: Station, settings: Mapping[str, str]) -> None:
    present = _settings_of(station)
    different = [f"{name} is {present[name]!r}" for name, value in settings.items() if present[name] != value]
    if different:
        raise UsageError(
            f"{file} configures another station: {', '.join(different)}.",
            hint="Edit the file, or choose another directory; dsqc does not overwrite it.",
        )


def _make_places(station: Station) -> None:
    database = sqlite_file(station)
    urls = [place.url for place in station.all_places()]
    places = [Path(url) for url in urls if "://" not in url]
    for place in [*places, *([database.parent] if database else [])]:
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_fault(place, error) from error
