"""Finding mail servers, with a real name server that this file runs on loopback."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from mailcrm.model.provider import PROVIDERS, Security, Server
from mailcrm.service.discover import Discovery, DnsResolver, discover

ZONE = {
    ("hosted.example", "MX"): ["20 backup.elsewhere.example.", "5 mxbiz1.qq.com."],
    ("google.example", "MX"): ["1 ASPMX.L.Google.COM."],
    ("own.example", "MX"): ["10 mx.own.example."],
    ("_imaps._tcp.own.example", "SRV"): [
        "10 5 993 spare.own.example.",
        "0 1 1993 low.own.example.",
        "0 9 9993 Best.own.example.",
    ],
    ("_submissions._tcp.own.example", "SRV"): ["0 1 465 out.own.example."],
    ("_imap._tcp.older.example", "SRV"): ["0 1 143 mail.older.example."],
    ("_imaps._tcp.older.example", "SRV"): ["0 0 0 ."],
    ("_submission._tcp.older.example", "SRV"): ["0 1 587 mail.older.example."],
    ("_imaps._tcp.reader.example", "SRV"): ["0 1 993 imap.reader.example."],
    ("_imaps._tcp.foreign.example", "SRV"): ["0 1 993 imap.thief.example."],
    ("_submissions._tcp.foreign.example", "SRV"): ["0 1 465 smtp.foreign.example."],
    ("_imaps._tcp.fast.example", "SRV"): ["0 1 993 imap.fastmail.com."],
    ("_submissions._tcp.fast.example", "SRV"): ["0 1 465 smtp.fastmail.com."],
    ("null.example", "MX"): ["0 ."],
    ("mail.null.example", "A"): ["192.0.2.1"],
    ("imap.six.example", "AAAA"): ["2001:db8::1"],
    ("smtp.six.example", "A"): ["192.0.2.2"],
    ("mail.six.example", "A"): ["192.0.2.3"],
    ("xn--fiqs8s.example", "MX"): ["1 mxbiz2.qq.com."],
}
"""Names and their records. `refused.example` answers SERVFAIL to all but addresses, `silent.example` nothing."""


def _answer(wire: bytes) -> bytes | None:
    question = dns.message.from_wire(wire)
    asked = question.question[0]
    name, kind = asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)
    if name.endswith("silent.example"):
        return None
    reply = dns.message.make_response(question)
    reply.flags |= dns.flags.RA
    if name.endswith("refused.example") and kind not in ("A", "AAAA"):
        reply.set_rcode(dns.rcode.SERVFAIL)
    elif (name, kind) in ZONE:
        reply.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *ZONE[name, kind]))
    elif not any(known == name or known.endswith(f".{name}") for known, _ in ZONE):
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply.to_wire()


@pytest.fixture(scope="module")
def name_server() -> Iterator[tuple[str, int]]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.1)
        stop = threading.Event()

        def serve() -> None:
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    wire, client = server.recvfrom(4096)
                    if reply := _answer(wire):
                        server.sendto(reply, client)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()
        stop.set()
        thread.join()


@pytest.fixture
def resolver(name_server: tuple[str, int]) -> DnsResolver:
    return DnsResolver(name_server, seconds=1.0)


def tls(host: str, port: int) -> Server:
    return Server(host, port, Security.TLS)


def test_own_domain_of_a_provider_needs_no_name_server() -> None:
    nobody = DnsResolver(("127.0.0.1", 1), seconds=0.01)
    found = discover("Somebody@QQ.com", nobody)
    assert found.how == "provider table"
    assert found.provider is not None
    assert (found.imap, found.smtp) == (tls("imap.qq.com", 993), tls("smtp.qq.com", 465))


@pytest.mark.parametrize(
    ("address", "provider"),
    [("you@hosted.example", "exmail"), ("you@google.example", "gmail"), ("你@中国.example", "exmail")],
)
def test_best_mx_names_the_provider(resolver: DnsResolver, address: str, provider: str) -> None:
    found = discover(address, resolver)
    assert found.how == "MX"
    assert found.provider is not None
    assert found.provider.key == provider
    assert found.imap == found.provider.imap
    assert not found.needs_consent


def test_best_srv_record_gives_host_and_port(resolver: DnsResolver) -> None:
    found = discover("you@own.example", resolver)
    assert found == Discovery("own.example", None, tls("best.own.example", 9993), tls("out.own.example", 465), "SRV")
    assert not found.needs_consent


def test_srv_without_tls_port_falls_back_to_starttls(resolver: DnsResolver) -> None:
    found = discover("you@older.example", resolver)
    assert found.imap == Server("mail.older.example", 143, Security.STARTTLS)
    assert found.smtp == Server("mail.older.example", 587, Security.STARTTLS)


def test_srv_without_submission_leaves_smtp_open(resolver: DnsResolver) -> None:
    assert discover("you@reader.example", resolver).smtp is None


def test_host_outside_the_domain_wants_consent_before_a_password_goes_there(resolver: DnsResolver) -> None:
    assert discover("you@foreign.example", resolver).needs_consent == ["imap.thief.example"]


def test_known_provider_in_srv_is_recognised_and_trusted(resolver: DnsResolver) -> None:
    found = discover("you@fast.example", resolver)
    assert found.provider is not None
    assert (found.provider.key, found.needs_consent) == ("fastmail", [])


def test_guess_prefers_a_host_that_exists(resolver: DnsResolver) -> None:
    assert discover("you@null.example", resolver) == Discovery(
        "null.example", None, tls("mail.null.example", 993), tls("mail.null.example", 465), "guess"
    )
    six = discover("you@six.example", resolver)
    assert (six.imap.host, six.smtp and six.smtp.host, six.how) == ("imap.six.example", "smtp.six.example", "guess")


def test_unknown_domain_gives_a_guess(resolver: DnsResolver) -> None:
    found = discover("you@nowhere.invalid", resolver)
    assert (found.imap.host, found.how, found.provider) == ("imap.nowhere.invalid", "guess", None)


def test_server_failure_is_taken_for_no_record(resolver: DnsResolver) -> None:
    assert discover("you@refused.example", resolver).how == "guess"


def test_silent_name_server_costs_one_time_out_only(name_server: tuple[str, int]) -> None:
    started = time.monotonic()
    found = discover("you@silent.example", DnsResolver(name_server, seconds=1))
    assert time.monotonic() - started < 2
    assert (found.imap.host, found.how) == ("imap.silent.example", "guess")


def test_name_that_dns_cannot_carry_gives_a_guess(resolver: DnsResolver) -> None:
    assert discover(f"you@{'x' * 70}.example", resolver).how == "guess"


def test_documentation_has_every_provider_with_its_servers_and_its_way_to_the_code() -> None:
    text = (Path(__file__).parents[3] / "docs" / "providers.md").read_text("utf-8")
    for provider in PROVIDERS:
        (row,) = (line for line in text.splitlines() if line.startswith(f"| {provider.title} |") and "`" in line)
        for server in (provider.imap, provider.smtp):
            assert f"`{server.host}` {server.port} {server.security}" in row
        assert f"{provider.daily_limit} a day" in row
        assert all(words in text for words in provider.code_where)
