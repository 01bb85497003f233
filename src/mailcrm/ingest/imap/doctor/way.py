"""Decides what the way to a server means: its name, the connection, TLS and its certificate, the greeting."""

from collections.abc import Iterator
from datetime import timedelta

from mailcrm.ingest.imap.doctor.facts import Certificate, Facts, Finding, Severity, Step, Trouble
from mailcrm.model.provider import Security

_ENDS_SOON = timedelta(days=7)
_LONG_LIVED = timedelta(days=30)  # shorter ones are renewed by machines, late and for certain
_SHOWN_NAMES = 5
# What OpenSSL calls the reasons (X509_V_ERR_*).
_NOT_YET, _EXPIRED, _HOST_NAME, _IP_ADDRESS = 9, 10, 62, 64
_UNKNOWN_ISSUER = {2, 18, 19, 20, 21}


def way(facts: Facts) -> Iterator[Finding]:
    """From the name to the greeting."""
    trouble = facts.trouble
    if trouble is not None and trouble.step is Step.NAME:
        fix = "correct accounts.imap.host; if it is right, see whether this machine finds any name: getent hosts example.com"
        yield Finding(Severity.ERROR, "name", trouble.text, "without an address there is nobody to ask", fix)
    elif facts.addresses and facts.addresses != (facts.host,):
        yield Finding(Severity.OK, "name", f"{facts.host} has {_counted(facts.addresses, 'address')}")
    if trouble is not None and trouble.step is Step.CONNECT:
        yield _unreachable(facts, trouble)
    elif facts.connect_ms is not None:
        through = f" through the proxy {facts.proxy}" if facts.proxy else ""
        yield Finding(Severity.OK, "connect", f"connected to {facts.place}{through} in {facts.connect_ms:.1f} ms")
    if trouble is not None and trouble.step is Step.TLS:
        yield _untold(facts, trouble)
    elif facts.passed(Step.TLS):
        yield from _protected(facts)


def _counted(values: tuple[str, ...], word: str) -> str:
    shown = ", ".join(values[:_SHOWN_NAMES]) + (", ..." if len(values) > _SHOWN_NAMES else "")
    return f"the {word} {shown}" if len(values) == 1 else f"{len(values)} {word}es: {shown}"


def _unreachable(facts: Facts, trouble: Trouble) -> Finding:
    if "proxy" in trouble.text:
        means = "the proxy is the only way to the server, since accounts.imap.proxy names it"
        fix = "correct accounts.imap.proxy, or ask who runs the proxy to allow this connection"
    elif trouble.cause == "ConnectionRefusedError":
        means = "the machine is there, but no mail server listens on this port, or a firewall refuses it"
        fix = "IMAP is mostly on port 993 with 'tls', or on 143 with 'starttls'; correct accounts.imap"
    elif trouble.cause == "TimeoutError":
        means = (
            "packets go out and nothing comes back: a firewall, a network without a way there, or a server that is down"
        )
        fix = f"from this machine try: nc -vz {facts.host} {facts.port}"
        if facts.provider is not None and facts.provider.key == "gmail":
            fix += "; from mainland China Gmail needs accounts.imap.proxy"
    else:
        means, fix = (
            "this machine has no way to the server",
            "is the network up? Does accounts.imap.proxy need to be set?",
        )
    return Finding(Severity.ERROR, "connect", trouble.text, means, fix)


# --- TLS ---------------------------------------------------------------------------------------------------------


def _untold(facts: Facts, trouble: Trouble) -> Finding:
    """Connected, and then no greeting that can be trusted."""
    if trouble.cause == "SSLCertVerificationError":
        return _distrusted(facts, trouble)
    seen = trouble.text
    if trouble.error == "Throttled":
        means = "the server turns us away before the login: too many connections, or it is busy"
        fix = "stop other programs that read this mailbox, and wait a quarter of an hour"
        return Finding(Severity.WARNING, "tls", seen, means, fix)
    if trouble.error == "ConfigError":
        return Finding(Severity.ERROR, "tls", seen, "whom to trust cannot be read", "correct accounts.imap.ca_file")
    if trouble.cause == "TimeoutError" and facts.security is not Security.TLS:
        seen = f"{facts.place} took the connection and said nothing"
        means = (
            f"with security '{facts.security}' the server speaks first; one that waits wants TLS from the first byte"
        )
        return Finding(Severity.ERROR, "tls", seen, means, "set accounts.imap.security to 'tls'")
    if trouble.cause == "TimeoutError":
        seen = f"{facts.place} took the connection and did not answer to TLS, or did not greet"
        means = "the server is overloaded, or something between here and there swallows what is said"
        return Finding(Severity.ERROR, "tls", seen, means, "try again later, or from another network")
    if trouble.cause in ("SSLError", "SSLEOFError") and "does not speak TLS" in seen:
        means = "the port is for plain text and STARTTLS, or it is not IMAP's"
        fix = "set accounts.imap.security to 'starttls' (mostly port 143), or the port to 993"
        return Finding(Severity.ERROR, "tls", seen, means, fix)
    if trouble.error == "PermanentError":
        means = "the connection cannot be protected in the way accounts.imap.security asks for"
        return Finding(Severity.ERROR, "tls", seen, means, "set accounts.imap.security to 'tls', mostly on port 993")
    means = "the server broke off before it had said who it is; it may not be IMAP, or may not want this address"
    return Finding(Severity.ERROR, "tls", seen, means, "are host and port those of the provider's IMAP server?")


def _distrusted(facts: Facts, trouble: Trouble) -> Finding:
    shown = facts.certificate
    seen = trouble.text if shown is None else f"{trouble.text.partition(';')[0]} ({_described(shown)})"
    now = f"{facts.now:%Y-%m-%d %H:%M} UTC"
    if trouble.code == _EXPIRED:
        means = f"by this machine's clock ({now}) the certificate is too old; nothing was sent to the server"
        fix = "is the clock right (timedatectl)? Then only the operator of the server can renew it"
    elif trouble.code == _NOT_YET:
        means = f"by this machine's clock ({now}) the certificate does not hold yet: most likely this clock is slow"
        fix = "set the clock: timedatectl set-ntp true"
    elif trouble.code in (_HOST_NAME, _IP_ADDRESS):
        means = f"the certificate was made for other names than {facts.host}; nothing was sent to the server"
        fix = "set accounts.imap.host to a name of the certificate, if it is your provider's"
    elif trouble.code in _UNKNOWN_ISSUER:
        means = "nobody this machine trusts has signed it: a server of your own, or somebody in the line"
        fix = "for a server of your own set accounts.imap.ca_file to its authority; else do not go on in this network"
    else:
        means, fix = "nothing was sent to the server", "ask the operator of the server"
    return Finding(Severity.ERROR, "tls", seen, means, fix)


def _protected(facts: Facts) -> Iterator[Finding]:
    if facts.security is Security.NONE:
        yield Finding(Severity.NOTE, "tls", "the connection is not encrypted", "accepted for this machine only")
    elif facts.certificate is not None:
        yield Finding(
            Severity.OK, "tls", f"{facts.tls}, and the certificate is trusted ({_described(facts.certificate)})"
        )
        yield from _ending(facts, facts.certificate)


def _ending(facts: Facts, shown: Certificate) -> Iterator[Finding]:
    if shown.not_after - facts.now < _ENDS_SOON and shown.not_after - shown.not_before > _LONG_LIVED:
        means = "if nobody renews it, nothing can be read from then on"
        fix = "tell the operator of the server, or renew it if the server is yours"
        yield Finding(Severity.WARNING, "tls", f"the certificate ends on {shown.not_after:%Y-%m-%d}", means, fix)


def _described(shown: Certificate) -> str:
    names = ", ".join(shown.names[:_SHOWN_NAMES]) + (", ..." if len(shown.names) > _SHOWN_NAMES else "")
    by = f", by {shown.issuer}" if shown.issuer else ""
    return f"for {names or 'nobody'}{by}, {shown.not_before:%Y-%m-%d} to {shown.not_after:%Y-%m-%d}"
