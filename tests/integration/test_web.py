"""The station's pages over a real server: who gets where, what leaks to nobody, and what attacks come to."""

import hashlib
import http.client
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from dsqc.catalog.accounts import Role, add_account, audit_events, set_active, verify_audit
from dsqc.catalog.accounts.people import hashed_password
from dsqc.catalog.database import WRITES, Catalog
from dsqc.catalog.events import history
from dsqc.catalog.models import SubmissionRecord
from dsqc.model import SubmissionState as State
from dsqc.station import Station
from dsqc.web.judged import MOST_COMPARED
from dsqc.web.routes import ROUTES
from helpers.results import Judged
from helpers.serving import PASSWORD, Client, Server, served
from helpers.stations import new_station
from helpers.stocked import SCRIPT, TOKEN, judged, stock

ALL = frozenset({"", "submitter", "curator", "operator", "reader"})
PEOPLE = ALL - {""}
STAFF = frozenset({"curator", "operator"})
MAY: dict[tuple[str, str], frozenset[str]] = {
    ("GET", "/"): ALL,
    ("GET", "/log-in"): ALL,
    ("POST", "/log-in"): ALL,
    ("POST", "/log-out"): PEOPLE,
    ("GET", "/account"): PEOPLE,
    ("POST", "/account/password"): PEOPLE,
    ("POST", "/account/sessions"): PEOPLE,
    ("GET", "/queue"): STAFF,
    ("GET", "/submissions"): STAFF | {"submitter"},
    ("GET", "/submissions/{submission}"): STAFF | {"submitter"},
    ("POST", "/submissions/{submission}/decision"): frozenset({"curator"}),
    ("GET", "/submissions/{submission}/columns"): STAFF | {"submitter"},
    ("GET", "/submissions/{submission}/runs/{run}"): STAFF | {"submitter"},
    ("GET", "/catalog"): ALL,
    ("GET", "/catalog/{accession}"): ALL,
    ("GET", "/statistics"): ALL,
    ("GET", "/static/{name}"): ALL,
    ("GET", "/healthz"): ALL,
    ("GET", "/metrics"): ALL,  # asks for a token itself: tested below
    ("GET", "/ga4gh/drs/v1/service-info"): ALL,
    ("GET", "/ga4gh/drs/v1/objects/{object}"): ALL,
    ("GET", "/ga4gh/drs/v1/objects/{object}/access/{access}"): ALL,
    ("GET", "/data/{sha256}"): ALL,
}
"""Who may use which route, said once more: a change of the table of routes must be meant."""
REASON, PLACE = "too_coarse", "sample.organism"


@dataclass
class Site:
    """A running server, what its catalog holds, and browsers that are logged in, by role."""

    server: Server
    submissions: dict[str, Judged]
    ids: dict[str, int]
    runs: dict[str, list[str]]
    clients: dict[str, Client]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Rice is released; others are held, closed, of a security project, or wait. For tests that end as they began."""
    work = tmp_path_factory.mktemp("web")
    submissions = judged()
    station, ids, runs = stock(new_station(work / "station", {}).station, work, submissions)
    with served(station, work / "log", TEST_METRICS_TOKEN=TOKEN) as server:
        names = {"submitter": "kim", **{role: role for role in ("curator", "operator", "reader")}}
        clients = {"": server.client(), **{role: server.client(name) for role, name in names.items()}}
        yield Site(server, submissions, {n: ids[j.name] for n, j in submissions.items()}, runs, clients)


def digests(item: Judged) -> list[str]:
    return [hashlib.sha256(item.bytes_of(name)).hexdigest() for name in item.file_names()]


def state_of(site: Site, name: str) -> str:
    with Catalog.open(site.server.station) as catalog, catalog.reading() as session:
        return session.get_one(SubmissionRecord, site.ids[name]).state


def verdict_shown(site: Site) -> str:
    page = site.clients["curator"].get(f"/submissions/{site.ids['waits']}").text
    found = re.search(r'name="verdict" value="([0-9a-f]{64})"', page)
    assert found
    return found[1]


def fill(site: Site, path: str) -> str:
    values = {
        "submission": str(site.ids["waits"]),  # kim's
        "run": "wrun-leaf",
        "accession": site.runs["rice"][0],
        "name": "web.css",
        "object": site.runs["rice"][0],
        "access": "public",
        "sha256": digests(site.submissions["rice"])[0],
    }
    return path.format(**values)


def test_every_route_lets_in_whom_it_says_and_nobody_else(site: Site) -> None:
    assert {(route.method, route.path) for route in ROUTES} == set(MAY)
    for route in ROUTES:
        wanted = frozenset("" if role is None else role.value for role in route.roles)
        assert wanted == MAY[route.method, route.path], route.path
        for role, client in site.clients.items():
            if route.path == "/log-out":
                continue  # it would end the session; tested below
            path = fill(site, route.path)
            if route.method == "GET":
                answer = client.get(path)
            else:
                answer = client.send("/account" if role else "/log-in", path, {})
            refused = answer.status in (401, 403) or answer.headers.get("location", "").startswith("/log-in?")
            is_guarded = route.path in ("/metrics", "/log-in")  # these refuse what was asked, not the role
            if role in wanted and not is_guarded:
                assert not refused, (route.path, role, answer.status)
                assert answer.status < 500, (route.path, role, answer.status)
            elif role not in wanted:
                assert refused, (route.path, role, answer.status)


def test_a_submitter_sees_their_own_submissions_only(site: Site) -> None:
    kim, others = site.clients["submitter"], ("held", "closed", "secret")
    listed = kim.get("/submissions").text
    assert "rice-2026" in listed
    assert "waits-alias" in listed
    for name in others:
        assert site.submissions[name].name not in listed
        for path in ("", "/columns", "/runs/hrun-leaf"):
            assert kim.get(f"/submissions/{site.ids[name]}{path}").status == 404
    assert kim.get(f"/submissions/{site.ids['waits']}").status == 200
    with Catalog.open(site.server.station) as catalog, catalog.reading() as session:
        refused = [event.object for event in audit_events(session, actor="kim") if event.action == "refused"]
    assert f"/submissions/{site.ids['held']}" in refused


def test_what_is_not_public_leaks_by_no_route(site: Site) -> None:
    """Held: nothing but the number. Security project: its title. Closed: no file, no checksum, no quality."""
    hidden: dict[str, set[str]] = {}
    for name in ("held", "closed", "secret"):
        item = site.submissions[name]
        md5s = {hashlib.md5(item.bytes_of(file)).hexdigest() for file in item.file_names()}
        hidden[name] = {*item.file_names(), *digests(item), *md5s, item.email.lower(), "36.5"}
    for name in ("held", "secret"):
        item = site.submissions[name]
        hidden[name] |= {item.name, f"{item.prefix}leaf", f"{item.prefix}run-leaf", item.organism}
    hidden["held"].add("HELDTITLE")
    for role in ("", "reader", "submitter"):
        client = site.clients[role]
        for name, words in hidden.items():
            for path in paths_to(site, name):
                answer = client.get(path)
                asked = path.partition("?")[2]
                seen = [word for word in words if word in answer.text and word not in asked]
                assert seen == [], (role, path, seen)
                assert answer.status in (200, 303, 403, 404), (role, path, answer.status)
        for name in hidden:
            for accession in site.runs[name]:
                assert client.get(f"/catalog/{accession}").status == 200  # that the number exists may be told
                assert client.get(f"/ga4gh/drs/v1/objects/{accession}").status == 404
            for digest in digests(site.submissions[name]):
                for path in (f"/data/{digest}", f"/ga4gh/drs/v1/objects/{digest}"):
                    assert client.get(path).status == 404
                assert client.get(f"/ga4gh/drs/v1/objects/{digest}/access/public").status == 404
            item = site.submissions[name]
            for query in (f"text={item.prefix}leaf_WGS", f"checksum={digests(item)[0]}", f"organism={item.organism}"):
                found = client.get(f"/catalog?{query.replace(' ', '+')}").text
                assert not any(accession in found for accession in site.runs[name]), query
    assert "SECURITYTITLE" in site.clients[""].get(f"/catalog/{site.runs['secret'][0]}").text
    assert "2 runs found" in site.clients[""].get("/catalog").text
    assert "8 runs found" in site.clients["curator"].get("/catalog").text


def paths_to(site: Site, name: str) -> list[str]:
    """Where somebody would look for a submission."""
    item = site.submissions[name]
    accessions = [*site.runs[name], site.runs[name][0].replace("KAR", "KAE")]
    return [
        "/statistics",
        "/ga4gh/drs/v1/service-info",
        f"/submissions/{site.ids[name]}",
        f"/submissions/{site.ids[name]}/columns",
        f"/submissions/{site.ids[name]}/runs/{item.prefix}run-leaf",
        *(f"/catalog/{accession}" for accession in accessions),
        *(f"/ga4gh/drs/v1/objects/{accession}" for accession in accessions),
        *(f"/data/{digest}" for digest in digests(item)),
        f"/catalog?text={item.prefix}leaf_WGS",
        f"/catalog?checksum={digests(item)[0]}",
        f"/catalog/{item.name}",
    ]


def test_a_stored_script_is_text_on_every_page(site: Site) -> None:
    client = site.clients["curator"]
    project = re.search(r"/catalog/(KAP\d+)", client.get("/catalog?text=Rice+%3Cscript").text)
    assert project
    paths = [f"/catalog/{project[1]}", "/catalog?text=%3Cscript%3Ealert(1)%3C/script%3E", "/queue", "/submissions"]
    paths += [f"/submissions/{site.ids['waits']}", f"/submissions/{site.ids['rice']}", "/catalog?metric=%3Cscript%3E"]
    for path in paths:
        answer = client.get(path)
        assert "<script" not in answer.text.lower(), path
        assert "script-src" not in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "&lt;script&gt;alert(1)" in client.get(paths[0]).text


def test_curators_see_what_the_verdict_compared(site: Site) -> None:
    path = f"/submissions/{site.ids['waits']}"
    page = site.clients["curator"].get(path).text
    assert f'<a href="{path}/runs/wrun-root"><b>wrun-root</b></a> GC content is 0.61; of 23 runs' in page
    assert "Kind of library: form WGS, reads AMPLICON (98.0 %)" in page
    assert "wrun-leaf / wrun-root: of one individual (LOD 367.2" in page
    assert page.count("of one individual (LOD") == MOST_COMPARED
    assert '<p class="note">+3</p>' in page
    assert 'id="siblings"' not in site.clients["submitter"].get(path).text
    assert 'id="siblings"' not in site.clients["curator"].get(f"/submissions/{site.ids['rice']}").text


def test_searches_cannot_be_made_to_say_more(site: Site) -> None:
    client = site.clients[""]
    for value in ("' OR '1'='1", "'; DROP TABLE run; --", "%", "_", "\\", "1 OR 1=1", "%00", "%ff%fe"):
        for name in ("text", "organism", "platform", "strategy", "research_field", "checksum"):
            answer = client.get(f"/catalog?{name}={value.replace(' ', '+').replace('#', '%23')}")
            assert answer.status == 200, (name, value)
            assert not any(number in answer.text for number in site.runs["held"] + site.runs["closed"])
    assert client.get("/catalog?metric=1%3B+DROP+TABLE+run").status == 400
    for page in ("-1", "0", "1e9", "99999999999999999999", "x"):
        assert client.get(f"/catalog?page={page}").status == 200
    assert "2 runs found" in client.get("/catalog").text


def test_a_forged_form_changes_nothing(site: Site) -> None:
    curator, path = site.clients["curator"], f"/submissions/{site.ids['waits']}/decision"
    form = {"decision": "reject", "reason": "forged", "verdict": verdict_shown(site)}
    token = curator.token("/account")
    others = site.clients["operator"].token("/account")
    for given, headers in (
        ({}, {}),
        ({"form_token": ""}, {}),
        ({"form_token": "x" * 43}, {}),
        ({"form_token": others}, {}),
        ({"form_token": token}, {"Origin": "https://evil.example"}),
        ({"form_token": token}, {"Origin": "null"}),
        ({"form_token": token}, {"Sec_Fetch_Site": "cross-site"}),
        ({"form_token": token}, {"Sec_Fetch_Site": "same-site"}),
    ):
        assert curator.post(path, {**form, **given}, **headers).status == 403, (given, headers)
    assert curator.request("POST", path, b"{}", {"Content-Type": "application/json"}).status == 400
    assert curator.get(f"{path}?decision=reject").status == 404
    stranger = site.server.client()
    assert stranger.post("/log-in", {"name": "curator", "password": PASSWORD}).status == 403
    assert stranger.post("/log-in", {"name": "curator", "password": PASSWORD, "form_token": "x" * 43}).status == 403
    assert state_of(site, "waits") == State.IN_CURATION


def test_a_decision_needs_a_choice_a_reason_and_the_verdict_that_was_seen(site: Site) -> None:
    path = f"/submissions/{site.ids['waits']}"
    curator = site.clients["curator"]
    for form, status in (
        ({}, 400),
        ({"decision": "approve", "reason": "  "}, 400),
        ({"decision": "destroy", "reason": "x"}, 400),
        ({"decision": "return", "place_1": "sample.tissue"}, 400),
        ({"decision": "return", "code_1": "no-such-reason"}, 409),
        ({"decision": "return", "code_2": REASON, "place_2": "sample.no_such_column_at_all@nobody"}, 409),
        ({"decision": "approve", "reason": "fine", "verdict": "0" * 64}, 409),
    ):
        if "code_1" in form or "code_2" in form:
            form["verdict"] = verdict_shown(site)
        answer = curator.send(path, f"{path}/decision", form)
        assert answer.status == status, form
    assert "judged again since you opened it" in answer.text
    assert state_of(site, "waits") == State.IN_CURATION


def test_sessions_are_the_servers_own_and_end_when_told(site: Site) -> None:
    client = site.server.client()
    client.jar["dsqc_session"] = "chosen-by-an-attacker"
    answer = client.log_in("reader")
    assert answer.status == 303
    cookie = next(text for text in answer.cookies if text.startswith("dsqc_session="))
    assert "httponly" in cookie.lower()
    assert "samesite=lax" in cookie.lower()
    token = client.jar["dsqc_session"]
    assert token != "chosen-by-an-attacker"
    assert client.get("/account").status == 200

    again = Client(site.server.origin, {"dsqc_session": token})
    assert client.send("/account", "/log-out", {}).status == 303
    assert "dsqc_session" not in client.jar
    assert again.get("/account").status == 303


def test_a_new_password_ends_every_other_session(site: Site) -> None:
    with Catalog.open(site.server.station) as catalog:
        hashed = hashed_password(PASSWORD, "changing")
        catalog.write(lambda session: add_account(session, "changing", Role.READER, hashed))
    here, there = site.server.client("changing"), site.server.client("changing")
    new = "a quite different passphrase"
    form = {"present": PASSWORD, "new": new, "again": new}
    for change, status in (
        ({"again": "else"}, 400),
        ({"new": "short", "again": "short"}, 400),
        ({"present": "no"}, 400),
        ({}, 200),
    ):
        assert here.send("/account", "/account/password", {**form, **change}).status == status, change
    assert here.get("/account").status == 200
    assert there.get("/account").status == 303
    assert site.server.client().log_in("changing").status == 401
    with Catalog.open(site.server.station) as catalog:
        catalog.write(lambda session: set_active(session, "changing", False))
    assert here.get("/account").status == 303
    assert site.server.client().log_in("changing", new).status == 401


def test_guessing_a_password_is_slowed_down(site: Site) -> None:
    client = site.server.client()
    statuses = [client.log_in("nobody-there", f"guess {number}").status for number in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    assert int(client.log_in("nobody-there").headers["retry-after"]) > 0


def test_requests_that_no_page_sends_are_turned_away(site: Site) -> None:
    client = site.clients[""]
    for path in (
        "/static/../../../../etc/passwd", "/static/%2e%2e%2f%2e%2e%2fanswers.py", "/static/labels.py",
        "/data/..%2f..%2fcatalog.sqlite", "/data/" + "A" * 64, "/submissions/../queue", "/catalog/..%2f..%2f",
        "/ga4gh/drs/v1/objects/..%2f..", "//evil.example/", "/submissions/1%00", "/submissions/99999999999999999999",
    ):  # fmt: skip
        answer = client.get(path)
        assert answer.status in (303, 404), (path, answer.status)
        assert answer.headers.get("location", "/log-in").startswith(("/log-in", "/catalog", "/queue")), path
        assert "root:" not in answer.text
    curator = site.clients["curator"]
    for key in ("..%2f..%2fverdict", "%2e%2e", "wrun-leaf%2f..%2f.."):
        assert curator.get(f"/submissions/{site.ids['waits']}/runs/{key}").status == 404
    answer = client.get("/log-in?next=%0d%0aSet-Cookie:%20evil=1&lang=ko%0d%0aX:1")
    assert "evil" not in str(answer.headers) + str(client.jar)
    for path in ("//evil.example", "https://evil.example", "/\\evil.example", "/%0d%0aX: y"):
        bold = site.server.client()
        done = bold.send("/log-in", "/log-in", {"name": "reader", "password": PASSWORD, "next": path})
        assert done.headers["location"] == "/catalog", path
    assert client.get("/catalog?text=" + "x" * 9000).status == 414
    assert client.get("/catalog", Host="evil.example").status == 421
    assert client.get("/healthz", Host="evil.example").status == 200
    assert client.request("DELETE", "/catalog").status == 404
    assert client.request("PUT", "/log-in", b"x").status == 404


def test_bodies_that_are_too_large_are_not_read(site: Site) -> None:
    client = site.clients[""]
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    address = urlsplit(site.server.origin)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        head = f"POST /log-in HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 99999999999\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413")
    connection = http.client.HTTPConnection(address.netloc, timeout=30)
    try:
        chunks = (b"a=" + b"x" * 8192 for _ in range(40))
        connection.request("POST", "/log-in", chunks, kind, encode_chunked=True)
        assert connection.getresponse().status == 413
    except (BrokenPipeError, ConnectionResetError):
        pass  # The server hung up before everything was sent.
    finally:
        connection.close()
    fields = "&".join(f"f{number}=1" for number in range(500))
    assert client.request("POST", "/log-in", fields.encode(), kind).status == 400
    assert client.request("POST", "/log-in", b"name=%ff%fe", kind).status in (400, 403)
    assert client.get("/healthz").status == 200


def test_every_answer_carries_the_headers_that_guard_it(site: Site) -> None:
    for path in ("/catalog", "/nothing", "/healthz", "/ga4gh/drs/v1/service-info", "/static/page.css"):
        headers = site.clients[""].get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "same-origin"
        assert re.fullmatch(r"[0-9a-f]{12}", headers["x-request-id"])
        assert "server" not in headers
    page = site.clients["curator"].get(f"/submissions/{site.ids['waits']}/runs/wrun-leaf")
    policy = page.headers["content-security-policy"]
    assert "script-src 'sha256-" in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]


def test_a_fault_tells_a_number_and_nothing_inner(site: Site) -> None:
    engine_of = site.server.station
    with Catalog.open(engine_of) as catalog:
        for old, new in (("run_total", "away"), ("away", "run_total")):
            with catalog.engine.execution_options(**{WRITES: True}).begin() as connection:
                connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
            answer = site.clients["curator"].get("/statistics")
            if new == "away":
                broken = answer
    assert answer.status == 200
    assert broken.status in (500, 503)
    number = broken.headers["x-request-id"]
    assert number in broken.text
    assert not re.search(r"data_file|away|sqlite|psycopg|Traceback|relation|table|\.py", broken.text)
    log = site.server.log.read_text(encoding="utf-8")
    assert re.search(rf"failed.*{number}", log)


def test_pages_speak_the_language_that_is_asked_for(site: Site) -> None:
    client = site.server.client()
    assert '<html lang="ko"' in client.get("/catalog", Accept_Language="ko-KR,ko;q=0.9,en;q=0.5").text
    assert '<html lang="en"' in client.get("/catalog", Accept_Language="fr, en;q=0.5, ko;q=0.1").text
    assert "카탈로그" in client.get("/catalog?lang=ko").text
    assert '<html lang="ko"' in client.get("/statistics", Accept_Language="en").text  # kept
    assert "없는 주소이거나" in client.get("/nothing").text
    assert '<html lang="en"' in client.get("/catalog?lang=en").text


def test_operators_see_how_it_stands(site: Site) -> None:
    stranger = site.clients[""]
    assert stranger.get("/healthz").text == "ok\n"
    assert stranger.get("/metrics").status == 401
    assert stranger.get("/metrics", Authorization="Bearer wrong").status == 401
    assert site.clients["reader"].get("/metrics").status == 403
    told = stranger.get("/metrics", Authorization=f"Bearer {TOKEN}").text
    assert site.clients["operator"].get("/metrics").status == 200
    assert "\ndsqc_queue_length 1\n" in told
    assert '\ndsqc_submissions{state="held"} 1\n' in told
    assert re.search(r"\ndsqc_queue_oldest_seconds \d", told)


def test_acts_are_audited_and_secrets_stand_nowhere(site: Site) -> None:
    with Catalog.open(site.server.station) as catalog, catalog.reading() as session:
        events = audit_events(session)
        assert verify_audit(events) == []
        assert {"log-in", "log-out", "log-in refused", "refused", "account added"} <= {item.action for item in events}
        said = str([(item.actor, item.object, item.details) for item in events])
    log = site.server.log.read_text(encoding="utf-8")
    for secret in (PASSWORD, TOKEN, *(client.jar.get("dsqc_session") for client in site.clients.values())):
        assert secret is None or secret not in said + log


def test_what_is_decided_is_recorded_and_the_server_ends_well(site: Site) -> None:
    """Last, because it changes the submission that others look at, and ends the server."""
    path = f"/submissions/{site.ids['waits']}"
    curator = site.clients["curator"]
    listed = {"code_1": REASON, "place_1": PLACE}
    form = {"decision": "return", "reason": f"Name the tissue {SCRIPT}", "verdict": verdict_shown(site), **listed}
    done = curator.send(path, f"{path}/decision", form)
    assert (done.status, done.headers["location"]) == (303, f"{path}?said=decided")
    assert state_of(site, "waits") == State.RETURNED
    seen = site.clients["submitter"].get(path).text
    assert "Name the tissue &lt;script&gt;" in seen
    assert "organism of all of sheet sample" in seen
    assert 'name="decision"' not in curator.get(path).text
    assert curator.send("/account", f"{path}/decision", form).status == 303  # pressed twice: nothing more
    assert curator.send("/account", f"{path}/decision", {**form, "decision": "approve"}).status == 409
    with Catalog.open(site.server.station) as catalog, catalog.reading() as session:
        decided = {item.object for item in audit_events(session, actor="curator") if item.action == "decision"}
        events = history(session, session.get_one(SubmissionRecord, site.ids["waits"]))
    assert decided == {"kim@institute.re.kr/waits-alias"}
    assert [(event.action, event.actor) for event in events if event.actor == "curator"] == [("returned", "curator")]
    assert site.server.end() == 0
    assert "served" in site.server.log.read_text(encoding="utf-8").splitlines()[-1]


@pytest.mark.parametrize("station", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_the_pages_stand_on_postgresql_and_behind_tls_too(station: Station, tmp_path: Path) -> None:
    submissions = {name: item for name, item in judged().items() if name in ("rice", "held", "waits")}
    public = 'public_url = "https://station.example.org"\n'
    served_station, ids, runs = stock(station, tmp_path, submissions, public)
    with served(served_station, tmp_path / "log", TEST_METRICS_TOKEN=TOKEN) as server:
        assert server.origin == "https://station.example.org"
        server.origin = f"http://{logged_address(server)}"
        stranger, curator = server.client(), server.client()
        entered = curator.log_in("curator")
        (cookie,) = [text for text in entered.cookies if "session" in text]
        assert re.fullmatch(r"__Host-dsqc_session=\S+; HttpOnly; Max-Age=43200; Path=/; SameSite=lax; Secure", cookie)
        assert "max-age" in entered.headers["strict-transport-security"]
        assert "drs://station.example.org/" in stranger.get(f"/ga4gh/drs/v1/objects/{runs['rice'][0]}").text
        assert "2 runs found" in stranger.get("/catalog?text=rice").text
        assert "0 runs found" in stranger.get("/catalog?organism=Zea+mays").text
        assert stranger.get(f"/ga4gh/drs/v1/objects/{runs['rice'][0]}").status == 200
        assert stranger.get(f"/ga4gh/drs/v1/objects/{runs['held'][0]}").status == 404
        path = f"/submissions/{ids[submissions['waits'].name]}"
        found = re.search(r'name="verdict" value="([0-9a-f]{64})"', curator.get(path).text)
        assert found
        form = {"decision": "approve", "reason": "좋습니다", "verdict": found[1]}
        assert curator.send(path, f"{path}/decision", form).status == 303
        assert "좋습니다" in curator.get(path).text
        assert "dsqc_queue_length 0" in stranger.get("/metrics", Authorization=f"Bearer {TOKEN}").text
        for address in ("/statistics", "/submissions", "/account", "/queue"):
            assert curator.get(address).status == 200, address
        assert server.end() == 0


def logged_address(server: Server) -> str:
    """Where a server listens whose origin is another."""
    found = re.search(r"address=(\S+)", server.log.read_text(encoding="utf-8"))
    assert found
    return found[1]
