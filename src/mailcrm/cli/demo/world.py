"""How the world answers the demo's campaign: one address is refused, one bounces later, some people answer."""

from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from random import Random

from mailcrm.cli.demo.cast import CONTACTS, HERO, Contact
from mailcrm.cli.demo.mails import SampleMail, Writer
from mailcrm.cli.demo.scripts import REPLY_EN, REPLY_ZH

REFUSED = "ben.walker@northpoint.example"
BOUNCES = "grace.okafor@lagosdecor.example"
AWAY = "lukas.weber@lichthaus.example"
REPLIES = (HERO.address, "jane.smith@brightwater.example", "liuyang@haiyuan.example")
LEAVES = "noah.peters@harborhotels.example"


@dataclass(frozen=True, slots=True)
class Arrived:
    """One of our mails as its recipient got it."""

    message_id: str
    subject: str
    one_click: str
    raw: bytes


@dataclass
class World:
    """Takes our mail in and writes what comes back. Used from the servers' thread, read when they are idle."""

    arrived: dict[str, Arrived] = field(default_factory=dict)

    def refuse(self, address: str) -> str | None:
        """The reply to RCPT, None to accept."""
        return "550 5.1.1 User unknown" if address == REFUSED else None

    def accept(self, address: str, content: bytes) -> str:
        """The reply to the final dot."""
        mail = message_from_bytes(content)
        link = (mail["List-Unsubscribe"] or "").partition("<")[2].partition(">")[0]
        subject = str(make_header(decode_header(mail["Subject"] or "")))
        self.arrived[address] = Arrived(str(mail["Message-ID"]), subject, link, content)
        return "250 2.0.0 Accepted"

    def comes_back(self, now: datetime, chance: Random) -> list[SampleMail]:
        """The copies that the provider files in Sent, a bounce, an automatic answer, and replies."""
        writer = Writer(now, chance)
        people = {who.address: who for who in CONTACTS}
        back = [SampleMail("Sent", arrived.raw, now) for arrived in self.arrived.values()]
        if BOUNCES in self.arrived:
            mail = self.arrived[BOUNCES]
            back.append(writer.bounce(BOUNCES, mail.message_id, mail.subject, now))
        if AWAY in self.arrived:
            back.append(writer.out_of_office(people[AWAY], now, self.arrived[AWAY].message_id))
        return back + [self._reply(writer, people[address], now) for address in REPLIES if address in self.arrived]

    def _reply(self, writer: Writer, who: Contact, now: datetime) -> SampleMail:
        mail = self.arrived[who.address]
        text = (REPLY_ZH if who.language == "zh" else REPLY_EN).format(them=who.first_name)
        return writer.reply(who, mail.subject, text, mail.message_id, now)
