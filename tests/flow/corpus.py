"""Generated mail with a known truth: who wrote to whom, which mails belong to one conversation."""

from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cache
from random import Random

FOLDERS = ("INBOX", "Sent", "Archive", "Projects", "客户")
OWN = "me@own.example"


@dataclass
class Corpus:
    """Mails by folder, and what the archive must say about them."""

    mails: dict[str, list[bytes]] = field(default_factory=dict)
    threads: dict[str, int] = field(default_factory=dict)
    wrote: dict[str, int] = field(default_factory=dict)
    got: dict[str, int] = field(default_factory=dict)
    robots: set[str] = field(default_factory=set)

    @property
    def total(self) -> int:
        """How many mails there are."""
        return sum(map(len, self.mails.values()))

    def customers(self) -> set[str]:
        """Who wrote to us and was written to."""
        return set(self.wrote) & set(self.got)

    def candidates(self) -> set[str]:
        """Who was seen but does not converse with us."""
        return (set(self.wrote) | set(self.got)) - self.customers()


@cache
def a_corpus(count: int, seed: int = 1) -> Corpus:
    """`count` mails in five folders: conversations in English and Chinese, and one robot in twenty. Made once, to be read."""
    chance, corpus = Random(seed), Corpus({folder: [] for folder in FOLDERS})
    thread = made = 0
    while made < count:
        if chance.random() < 0.05:
            _robot(corpus, made)
            made += 1
            continue
        thread += 1
        who = chance.randrange(max(count // 12, 2))
        name, address = (
            (f"客户{who}", f"kehu{who}@zh{who}.example")
            if who % 3 == 0
            else (f"Pat Doe{who}", f"pat{who}@c{who}.example")
        )
        ids: list[str] = []
        for turn in range(min(chance.randrange(1, 7), count - made)):
            _turn(corpus, chance, thread, made, name, address, ids, ours=(turn + thread) % 2 == 1)
            made += 1
    return corpus


def _turn(
    corpus: Corpus, chance: Random, thread: int, number: int, name: str, address: str, ids: list[str], *, ours: bool
) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = (f"Me <{OWN}>", f'"{name}" <{address}>') if ours else (f'"{name}" <{address}>', OWN)
    mail["Subject"] = f"{'Re: ' if ids else ''}Talk {thread} 谈话"
    mail["Date"] = f"Mon, {1 + number % 28:02d} Sep 2026 10:{number % 60:02d}:00 +0800"
    mail["Message-ID"] = f"<m{number}@corpus.example>"
    if ids:
        mail["In-Reply-To"], mail["References"] = ids[-1], " ".join(ids[-5:])
    mail.set_content(f"Text {number} 正文\n" + "bla bla\n" * chance.randrange(5, 60))
    if number % 4 == 0:
        mail.add_alternative(f"<p>Text {number} 正文</p>", subtype="html")
    ids.append(str(mail["Message-ID"]))
    corpus.threads[f"m{number}@corpus.example"] = thread
    side = corpus.got if ours else corpus.wrote
    side[address] = side.get(address, 0) + 1
    folder = "Sent" if ours else chance.choice(("INBOX", "Archive", "Projects", "客户"))
    corpus.mails[folder].append(mail.as_bytes())


def _robot(corpus: Corpus, number: int) -> None:
    address = f"news{number}@letters.example"
    raw = (
        f"From: News <{address}>\nTo: {OWN}\nSubject: Offer {number}\nDate: Tue, 01 Sep 2026 08:00:00 +0000\n"
        f"Message-ID: <m{number}@corpus.example>\nList-Unsubscribe: <https://letters.example/u>\n\nBuy now\n"
    )
    corpus.robots.add(address)
    corpus.threads[f"m{number}@corpus.example"] = -number
    corpus.mails["INBOX"].append(raw.encode())
