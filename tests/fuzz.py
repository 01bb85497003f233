"""Mail that nobody would send: samples are bent, cut and mixed at random, and each must be understood in time.

python -m tests.fuzz [seconds] [seed]     (make fuzz: ten minutes)

A message that raises, or takes more than five seconds of CPU, is kept in build/fuzz with its seed; the exit code is 1 then.
With MAILCRM_DATA the mails below its folder `mail` are samples, too.
"""

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random

from mailcrm.ingest.mail.inspect import describe
from mailcrm.ingest.mail.threads import ThreadIndex
from tests.unit.ingest.mail.samples import DATA

_SLOW = 5.0
_LARGEST = 300_000
_KEPT = Path("build/fuzz")
_PIECES = [
    *(b"\0", b"\r", b"\n", b"\r\n\r\n", b"\xff\xfe", b";", b"<", b">", b"@", b'"', b"(", b"[", b"> ", b"-- \n"),
    *(b"=?utf-8?B?", b"?=", b"=?gb2312?Q?=D6=D0?=", b"charset=utf-7", b"charset=idna"),
    *(
        b"--b\n",
        b"--b--\n",
        b"boundary=",
        b"Content-Type: multipart/mixed; boundary=b\n",
        b"Content-Type: message/rfc822\n\n",
    ),
    *(b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: quoted-printable\n"),
    *(
        b"Content-Type: text/calendar; method=REQUEST\n",
        b"BEGIN:VCALENDAR\n",
        b"BEGIN:VEVENT\n",
        b"RRULE:FREQ=SECONDLY\n",
    ),
    *(
        b"Content-Type: text/vcard\n\nBEGIN:VCARD\nVERSION:3.0\n",
        b"Content-Type: application/ms-tnef\n\n\x78\x9f\x3e\x22",
    ),
    *(b"On Mon, 1 Jan 2024 A <a@b> wrote:\n", "在 2024年1月1日，张三 写道：\n".encode()),
    *(b"-----Original Message-----\n", b"From: a\nTo: b\n", b"Tel: +86 21 5555 1234\n"),
    *(b"<blockquote>", b"<div class=gmail_quote>", b"</div>", b"<table><tr><td>", b"<ul><li>"),
    *(b"Final-Recipient: rfc822; a@b\n", b"Status: 5.1.1\n", b"Subject: " + b"Re: " * 200),
    b"Date: Fri, 99 Foo 99999 99:99:99 +9999\n",
]


def main(seconds: float, seed: int) -> int:
    """Bend mails for so long. Prints figures, the last line as JSON; returns how many were not borne."""
    samples = _samples()
    chance = Random(seed)
    threads = ThreadIndex()
    done = bad = 0
    slowest = 0.0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        raw = _bent(chance, samples)
        before = time.process_time()
        problem = _problem(raw, threads)
        took = time.process_time() - before
        done, slowest = done + 1, max(slowest, took)
        if took > _SLOW and not problem:
            problem = f"it took {took:.1f} s"
        if problem:
            bad += 1
            print(f"{_keep(raw, seed, done)}: {problem}", flush=True)
        if done % 5_000 == 0:
            print(f"{done} mails, slowest {slowest:.2f} s, {bad} not borne", flush=True)
            threads = ThreadIndex()
    print(json.dumps({"fuzz": "mail", "seed": seed, "mails": done, "slowest_seconds": round(slowest, 3), "bad": bad}))
    return bad


def _samples() -> list[bytes]:
    places = [DATA, *([Path(os.environ["MAILCRM_DATA"]) / "mail"] if "MAILCRM_DATA" in os.environ else [])]
    found = [path.read_bytes() for place in places for path in sorted(place.rglob("*.eml"))]
    assert found, f"no samples in {DATA}"
    return [each for each in found if len(each) <= _LARGEST]


def _problem(raw: bytes, threads: ThreadIndex) -> str:
    try:
        error = describe("", raw, threads)["error"]
    except Exception:  # noqa: BLE001 - that is what we look for
        return traceback.format_exc()
    return str(error or "")


def _keep(raw: bytes, seed: int, number: int) -> Path:
    _KEPT.mkdir(parents=True, exist_ok=True)
    path = _KEPT / f"{seed}-{number}.eml"
    path.write_bytes(raw)
    return path


def _bent(chance: Random, samples: list[bytes]) -> bytes:
    raw = chance.choice(samples)
    for _ in range(chance.choice((1, 1, 2, 4, 8, 30))):
        raw = chance.choice(_WAYS)(chance, raw, samples)[:_LARGEST]
    return raw


def _flip(chance: Random, raw: bytes, _samples: list[bytes]) -> bytes:
    at = chance.randrange(len(raw) + 1)
    return raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :]


def _insert(chance: Random, raw: bytes, _samples: list[bytes]) -> bytes:
    at = chance.randrange(len(raw) + 1)
    return raw[:at] + chance.choice(_PIECES) * chance.choice((1, 1, 1, 2, 50, 2_000)) + raw[at:]


def _cut_out(chance: Random, raw: bytes, _samples: list[bytes]) -> bytes:
    start = chance.randrange(len(raw) + 1)
    return raw[:start] + raw[start + chance.randrange(1, 2_000) :]


def _double(chance: Random, raw: bytes, _samples: list[bytes]) -> bytes:
    start = chance.randrange(len(raw) + 1)
    piece = raw[start : start + chance.randrange(1, 500)]
    return raw[:start] + piece * chance.choice((2, 3, 100)) + raw[start:]


def _splice(chance: Random, raw: bytes, samples: list[bytes]) -> bytes:
    other = chance.choice(samples)
    return raw[: chance.randrange(len(raw) + 1)] + other[chance.randrange(len(other) + 1) :]


def _head_line(chance: Random, raw: bytes, _samples: list[bytes]) -> bytes:
    """A line of the header goes elsewhere, or another sort of line end is used throughout."""
    lines = raw.split(b"\n")
    if chance.random() < 0.2:
        return chance.choice((b"\r", b"\r\n", b"\r\r\n")).join(lines)
    line = lines.pop(chance.randrange(min(len(lines), 30)))
    lines.insert(chance.randrange(len(lines) + 1), line)
    return b"\n".join(lines)


def _other_charset(chance: Random, raw: bytes, _samples: list[bytes]) -> bytes:
    return raw.replace(
        b"utf-8", chance.choice((b"gb2312", b"big5", b"utf-16", b"iso-2022-jp", b"hz", b"x-unknown", b"zlib"))
    )


_WAYS: tuple[Callable[[Random, bytes, list[bytes]], bytes], ...] = (
    *(_flip, _insert, _cut_out, _double, _splice, _head_line, _other_charset),
)

if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:3]]
    sys.exit(1 if main(*(numbers + [600, 1][len(numbers) :])) else 0)
