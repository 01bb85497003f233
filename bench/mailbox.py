"""Generated mail for benchmarks: plain, HTML, attachments and Chinese, in the shares that inboxes have."""

from collections.abc import Iterator
from email.message import EmailMessage
from random import Random


def mails(count: int, seed: int = 1) -> Iterator[bytes]:
    """60 % plain, 25 % HTML alternative, 10 % with attachments of 20-200 kB, 5 % Chinese (half of it GBK)."""
    chance = Random(seed)
    for number in range(count):
        kind = chance.random()
        who = chance.randrange(max(count // 20, 3))
        mail = EmailMessage()
        mail["From"] = f"Person {who} <person{who}@c{who % 97}.example>"
        mail["To"] = "me@own.example"
        mail["Subject"] = f"About topic {number // 4}"
        mail["Date"] = f"Mon, {1 + number % 28:02d} Sep 2026 {number % 24:02d}:{number % 60:02d}:00 +0000"
        mail["Message-ID"] = f"<bench-{number}@c.example>"
        if number % 4:
            mail["In-Reply-To"] = f"<bench-{number - 1}@c.example>"
            mail["References"] = " ".join(f"<bench-{n}@c.example>" for n in range(number - number % 4, number))
        mail.set_content("Dear colleague,\n\n" + "here are some words about it. " * chance.randrange(5, 80))
        if 0.60 <= kind < 0.85:
            mail.add_alternative(
                "<html><body>" + "<p>some <b>words</b></p>" * chance.randrange(20, 200) + "</body></html>",
                subtype="html",
            )
        elif 0.85 <= kind < 0.95:
            mail.add_attachment(
                chance.randbytes(chance.randrange(20_000, 200_000)),
                maintype="application",
                subtype="pdf",
                filename="offer.pdf",
            )
        yield _chinese(mail, chance) if kind >= 0.95 else mail.as_bytes()


def _chinese(mail: EmailMessage, chance: Random) -> bytes:
    text = "您好，请查收本月的报价单，谢谢。\r\n" * chance.randrange(3, 40)
    charset = chance.choice(("gbk", "utf-8"))
    head = "".join(f"{name}: {mail[name]}\r\n" for name in ("From", "To", "Subject", "Date", "Message-ID"))
    return f"{head}Content-Type: text/plain; charset={charset}\r\n\r\n".encode("ascii") + text.encode(charset)
