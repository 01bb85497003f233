"""What the guard of public forms takes for a machine, what for advertising, and whom it leaves in peace."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.model.form import PROOF_BITS, Judged
from mailcrm.model.spam import Attempt, Sign, is_proof, judge, text_hash


def a_proof(token: str) -> str:
    """What a browser finds."""

    def zeros(counter: int) -> int:
        return 256 - int.from_bytes(hashlib.sha256(f"{token}:{counter}".encode()).digest()).bit_length()

    return next(str(counter) for counter in count() if zeros(counter) >= PROOF_BITS)


PROOF = a_proof("t")
HUMAN = Attempt(
    ("Anna Li", "We need 500 lamps by March. See https://lamps.example"), "", "t", timedelta(seconds=40), PROOF
)


def test_somebody_who_asks_a_question_is_filed() -> None:
    assert judge(HUMAN).judged is Judged.OK
    assert judge(HUMAN).signs == ()


@pytest.mark.parametrize(
    ("change", "judged", "sign"),
    [
        ({"honeypot": "x"}, Judged.SPAM, Sign.HONEYPOT),
        ({"age": timedelta(seconds=1.9)}, Judged.HELD, Sign.TOO_FAST),
        ({"age": timedelta(seconds=2)}, Judged.OK, None),
        ({"age": timedelta(seconds=-5)}, Judged.HELD, Sign.TOO_FAST),
        ({"age": None, "token": ""}, Judged.HELD, Sign.NO_TOKEN),
        ({"age": None}, Judged.HELD, Sign.FORGED_TOKEN),
        ({"proof": None}, Judged.HELD, Sign.NO_PROOF),
        ({"proof": "0"}, Judged.HELD, Sign.WRONG_PROOF),
        ({"foreign_site": True}, Judged.HELD, Sign.FOREIGN_SITE),
        ({"from_there": 4}, Judged.OK, None),
        ({"from_there": 5}, Judged.HELD, Sign.OFTEN),
        ({"same_text": 1}, Judged.OK, None),
        ({"same_text": 2}, Judged.HELD, Sign.REPEATED),
        ({"same_text": 10}, Judged.SPAM, Sign.REPEATED),
        ({"age": timedelta(seconds=0.1), "proof": "x"}, Judged.SPAM, Sign.WRONG_PROOF),
    ],
)
def test_signs_of_a_machine_are_weighed(change: dict[str, object], judged: Judged, sign: Sign | None) -> None:
    verdict = judge(replace(HUMAN, **change))  # type: ignore[arg-type]
    assert verdict.judged is judged
    assert sign is None or sign in verdict.signs


@pytest.mark.parametrize(
    ("text", "judged"),
    [
        ("Please quote 200 pieces, DDP Hamburg. Drawing: www.acme.example/d.pdf", Judged.OK),
        ("我们需要500个灯具，请报价。公司网址 www.acme.cn", Judged.OK),
        ("Нам нужны лампы LED, 500 штук", Judged.OK),
        ("Ω-shaped 20 µm parts, Größe 5, naïve café", Judged.OK),
        ("http://a.example http://b.example http://c.example", Judged.HELD),
        (" ".join(f"http://{n}.example" for n in range(7)), Judged.SPAM),
        ("[url=http://x.example]cheap[/url]", Judged.HELD),
        ('<a href="http://x.example">x</a>', Judged.HELD),
        ("I am an SEO expert", Judged.HELD),
        ("Casino, viagra and backlinks", Judged.SPAM),
        ("本公司代开发票", Judged.HELD),
        ("代开发票 刷单 博彩", Judged.SPAM),
        ("Buy Bitcоin now", Judged.HELD),  # its second o is Cyrillic
    ],
)
def test_what_is_written_is_weighed(text: str, judged: Judged) -> None:
    assert judge(replace(HUMAN, texts=("Anna", text))).judged is judged


def test_full_width_letters_hide_no_words() -> None:
    assert Sign.WORDS in judge(replace(HUMAN, texts=("ｖｉａｇｒａ",))).signs


@given(st.text(max_size=300), st.text(max_size=20))
def test_any_text_gets_a_verdict(text: str, proof: str) -> None:
    verdict = judge(replace(HUMAN, texts=(text,), proof=proof, token=text))
    assert (verdict.judged is Judged.OK) <= (len(verdict.signs) <= 1)
    assert len(verdict.reasons) < 400


def test_a_proof_is_of_one_page_only() -> None:
    assert is_proof("t", PROOF)
    assert not is_proof("other", PROOF)
    assert not is_proof("t", "1" * 10)
    assert not is_proof("t", "")


def test_the_same_text_is_found_again_however_it_is_spaced() -> None:
    assert text_hash(["We need 500 lamps by March"]) == text_hash(["we need  500 LAMPS", "by march!"])
    assert text_hash(["We need 500 lamps by March"]) != text_hash(["We need 501 lamps by March"])
    assert text_hash(["Hello"]) == ""
