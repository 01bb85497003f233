"""Certificates for servers that speak TLS, from an authority that nobody but the tests trusts."""

from __future__ import annotations

from pathlib import Path

from tests.servers.server import HOST


def write_certificate(folder: Path) -> None:
    """cert.pem and key.pem for localhost and 127.0.0.1, and ca.pem, the authority that signed it."""
    import trustme  # slow to import, and most test runs start no server

    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", HOST)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    for part in certificate.cert_chain_pems:
        part.write_to_path(str(folder / "cert.pem"), append=True)
