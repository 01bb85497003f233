"""What the tests of the transports share: a login, a mail, a certificate."""

import asyncio
import ssl
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trustme

from mailcrm.campaigns.content.mime import OutgoingMail, compose_email
from mailcrm.campaigns.delivery.connect import SmtpLogin
from mailcrm.campaigns.delivery.transport import Transport
from mailcrm.model.provider import Security
from tests.contract.moody_server import HOST

SENDER = "sales@shop.example"
LOGIN = SmtpLogin(HOST, 0, Security.NONE, timeout=5, reply_timeout=5)


def run(scenario: Coroutine[Any, Any, None]) -> None:
    """To the end, or to an error after 30 seconds."""
    asyncio.run(asyncio.wait_for(scenario, 30))


def a_mail(number: int = 1, text: str = "Hello\n") -> bytes:
    """A composed mail; the number is in its Message-ID."""
    mail = OutgoingMail(
        from_address=SENDER,
        from_name="Sales",
        to_address="tom@buyer.example",
        to_name="Tom",
        reply_to=None,
        subject="Hello",
        text=text,
        html=None,
        message_id=f"{number}@shop.example",
        composed_at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    return compose_email(mail)


async def yes() -> bool:
    """A mark that was written."""
    return True


async def no() -> bool:
    """A mark that must not be."""
    return False


def certificate(folder: Path, name: str = HOST) -> tuple[ssl.SSLContext, Path]:
    """A certificate for the server, and the file of the authority that issued it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    return context, ca_file


async def connect_and_close(transport: Transport) -> None:
    """A connection that is good for nothing else."""
    await (await transport.connect()).close()
