"""Builds the sample mail: a few hundred messages of the last half year, the same for the same seed and day."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from random import Random

from mailcrm.cli.demo.cast import ALSO, COLLEAGUE, CONTACTS, DOMAIN, HERO, STRANGERS, US, Contact
from mailcrm.cli.demo.scripts import (
    CHINESE,
    ENGLISH,
    LIST_MAIL,
    NEWSLETTERS,
    OUT_OF_OFFICE_EN,
    OUT_OF_OFFICE_ZH,
    ROBOTS,
    THINGS_EN,
    THINGS_ZH,
    Script,
)

_HALF_YEAR = timedelta(days=180)
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@dataclass(frozen=True, slots=True)
class SampleMail:
    """One message and where it lies."""

    folder: str
    raw: bytes
    at: datetime
    seen: bool = True


class Writer:
    """Writes mails; `chance` decides everything that varies."""

    def __init__(self, now: datetime, chance: Random) -> None:
        self.now, self.chance = now, chance
        self._count = 0

    def message_id(self, domain: str) -> str:
        """A fresh id."""
        self._count += 1
        return f"<demo-{self._count}-{self.chance.randrange(10**9)}@{domain}>"

    def conversation(self, them: Contact, script: Script, start: datetime) -> Iterator[SampleMail]:
        """The turns of a script, hours to days apart, each answering the one before."""
        subject, turns = script
        values = self._values(them)
        ids: list[str] = []
        at = start
        for number, (who, text) in enumerate(turns):
            writer, reader = (US, them) if who == "us" else (them, US)
            mail = self._mail(writer, reader, _re(subject.format(**values), number), text.format(**values), at)
            self._answer(mail, ids)
            ids.append(str(mail["Message-ID"]))
            if "ttached" in text or "附件" in text:
                mail.add_attachment(
                    _PDF, maintype="application", subtype="pdf", filename=_filename(them, values["order"])
                )
            folder = "Sent" if who == "us" else "Archive" if self.now - at > timedelta(days=60) else "INBOX"
            yield SampleMail(folder, _encoded(mail, writer), at, seen=self.chance.random() < 0.9)
            at += timedelta(hours=self.chance.uniform(2, 40))
            if at > self.now - timedelta(hours=3):
                return

    def _values(self, them: Contact) -> dict[str, str]:
        things = THINGS_ZH if them.language == "zh" else THINGS_EN
        return {
            "them": them.first_name,
            "us": "林经理" if them.language == "zh" else "Mei",
            "thing": self.chance.choice(things),
            "qty": str(self.chance.choice((200, 500, 800, 1200, 3000))),
            "order": f"LT-{self.chance.randrange(1000, 9999)}",
        }

    def _mail(self, writer: Contact, reader: Contact, subject: str, text: str, at: datetime) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = _address(writer)
        mail["To"] = _address(reader)
        if writer is not US and self.chance.random() < 0.1:
            mail["Cc"] = _address(COLLEAGUE)
        mail["Subject"] = subject
        mail["Date"] = format_datetime(at)
        mail["Message-ID"] = self.message_id(writer.address.partition("@")[2])
        phone = f"Mobile: {writer.phone}\n" if writer.phone else ""
        body = text if writer is US else f"{text}\n\n-- \n{writer.name}\n{writer.company}\n{phone}"
        mail.set_content(body)
        if writer.style == "html":
            mail.add_alternative(_html(body), subtype="html")
        return mail

    def _answer(self, mail: EmailMessage, ids: list[str]) -> None:
        if ids:
            mail["In-Reply-To"] = ids[-1]
            mail["References"] = " ".join(ids)

    def robot(self, sender: str, subject: str, text: str, at: datetime, headers: dict[str, str]) -> SampleMail:
        """Newsletters, notifications, list mail: everything that makes nobody a customer."""
        mail = EmailMessage()
        mail["From"] = sender
        mail["To"] = headers.pop("To", US.address)
        mail["Subject"] = subject
        mail["Date"] = format_datetime(at)
        mail["Message-ID"] = self.message_id(sender.rpartition("@")[2].rstrip(">"))
        for name, value in headers.items():
            mail[name] = value
        mail.set_content(text)
        return SampleMail("INBOX", mail.as_bytes(), at)

    def out_of_office(self, them: Contact, at: datetime, answer_to: str = "") -> SampleMail:
        """An automatic answer (RFC 3834)."""
        chinese = them.language == "zh"
        text = (OUT_OF_OFFICE_ZH if chinese else OUT_OF_OFFICE_EN).format(them=them.name)
        mail = self._mail(them, US, "自动回复：外出" if chinese else "Automatic reply: out of office", text, at)
        mail["Auto-Submitted"] = "auto-replied"
        if answer_to:
            mail["In-Reply-To"] = answer_to
        return SampleMail("INBOX", _encoded(mail, them), at)

    def reply(self, them: Contact, subject: str, text: str, answer_to: str, at: datetime) -> SampleMail:
        """A human answer to one of our mails."""
        mail = self._mail(them, US, f"Re: {subject}", text, at)
        self._answer(mail, [answer_to])
        return SampleMail("INBOX", _encoded(mail, them), at, seen=False)

    def bounce(self, address: str, message_id: str, subject: str, at: datetime) -> SampleMail:
        """A delivery status notification (RFC 3464) about a mail of ours."""
        report = (
            f"From: Mail Delivery System <MAILER-DAEMON@mx.{DOMAIN}>\r\nTo: {US.address}\r\n"
            f"Subject: Undelivered Mail Returned to Sender\r\nDate: {format_datetime(at)}\r\n"
            f"Message-ID: {self.message_id('mx.' + DOMAIN)}\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"\r\n\r\n'
            f"--b1\r\nContent-Type: text/plain\r\n\r\n<{address}>: user unknown\r\n\r\n"
            f"--b1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.{DOMAIN}\r\n\r\n"
            f"Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
            "Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n"
            f"--b1\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\nSubject: {_word(subject)}\r\n\r\n"
            "--b1--\r\n"
        )
        return SampleMail("INBOX", report.encode("ascii"), at)


def sample_mails(now: datetime, chance: Random) -> list[SampleMail]:
    """All of the mailbox, oldest first."""
    writer = Writer(now, chance)
    mails = [mail for them in CONTACTS for mail in _history(writer, them)]
    for number, them in enumerate(STRANGERS):
        mails += list(
            writer.conversation(them, (ENGLISH[0][0], ENGLISH[0][1][:1]), now - timedelta(days=9 + 5 * number))
        )
    for number, them in enumerate(ALSO):
        subject, turns = (CHINESE if them.language == "zh" else ENGLISH)[0]
        mails += list(writer.conversation(them, (subject, turns[:1]), now - timedelta(days=7 + 4 * number)))
    mails += list(_robots(writer))
    mails.append(
        writer.bounce("bob@gone.example", writer.message_id(DOMAIN), "Old price list", now - timedelta(days=80))
    )
    mails += [writer.out_of_office(them, now - timedelta(days=33)) for them in (CONTACTS[4], CONTACTS[21])]
    return sorted(mails, key=lambda mail: mail.at)


def _history(writer: Writer, them: Contact) -> Iterator[SampleMail]:
    """Some conversations with one customer, spread over the half year."""
    scripts = list(CHINESE if them.language == "zh" else ENGLISH)
    writer.chance.shuffle(scripts)
    count = 4 if them is HERO else writer.chance.choice((1, 2, 2, 3))
    for number, script in enumerate(scripts[:count]):
        back = _HALF_YEAR * (count - number) / count - timedelta(days=writer.chance.uniform(0, 20))
        yield from writer.conversation(them, script, writer.now - max(back, timedelta(days=4)))


def _robots(writer: Writer) -> Iterator[SampleMail]:
    for week in range(8):
        at = writer.now - timedelta(days=7 * week + 1, hours=5)
        sender, subject, text = NEWSLETTERS[week % len(NEWSLETTERS)]
        yield writer.robot(
            sender, subject, text, at, {"List-Unsubscribe": "<https://news.example/u>", "Precedence": "bulk"}
        )
        sender, subject, text = ROBOTS[week % len(ROBOTS)]
        order = f"LT-{writer.chance.randrange(1000, 9999)}"
        yield writer.robot(sender, subject.format(order=order), text.format(order=order), at + timedelta(hours=2), {})
    name, domain, subject, text = LIST_MAIL
    for week in range(4):
        at = writer.now - timedelta(days=9 * week + 2)
        headers = {
            "To": f"{name}@lists.example",
            "List-Id": f"<{domain}>",
            "List-Post": f"<mailto:{name}@lists.example>",
        }
        yield writer.robot("Peter Long <plong@lampguild.example>", subject, text, at, headers)


# --- how mail programs write -------------------------------------------------------------------------------------


def _address(who: Contact) -> Address:
    return Address(display_name=who.name, addr_spec=who.address)


def _re(subject: str, number: int) -> str:
    return f"Re: {subject}" if number else subject


def _filename(them: Contact, order: str) -> str:
    return f"附件-{order}.pdf" if them.language == "zh" else f"attachment-{order}.pdf"


def _html(text: str) -> str:
    paragraphs = "".join(f"<p>{block}</p>" for block in text.replace("\n\n", "\0").replace("\n", "<br>").split("\0"))
    return f"<html><body>{paragraphs}</body></html>"


def _encoded(mail: EmailMessage, writer: Contact) -> bytes:
    """As this mail program sends it: some Chinese ones still write GBK, subject included."""
    if writer.style != "gbk" or mail.is_multipart():
        return mail.as_bytes()
    text = str(mail.get_content())
    subject = b64encode(str(mail["Subject"]).encode("gbk")).decode("ascii")
    name = b64encode(writer.name.encode("gbk")).decode("ascii")
    kept = "".join(
        f"{key}: {mail[key]}\r\n" for key in ("To", "Date", "Message-ID", "In-Reply-To", "References") if mail[key]
    )
    head = (
        f"From: =?gb2312?B?{name}?= <{writer.address}>\r\nSubject: =?gb2312?B?{subject}?=\r\n{_ascii(kept)}"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode("ascii") + b64encode(text.encode("gbk", "replace"))


def _ascii(headers: str) -> str:
    """Our own display name is not ASCII; that mail program leaves it out."""
    return headers.replace(str(_address(US)), US.address)


def _word(text: str) -> str:
    return text if text.isascii() else f"=?utf-8?B?{b64encode(text.encode()).decode('ascii')}?="
