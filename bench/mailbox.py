"""Generated mail for benchmarks: plain, HTML, attachments and Chinese, in the shares and sizes that inboxes have (22 kB on
average), with words as varied as those of real text, since an indexer pays for words."""

from collections.abc import Iterator
from email.message import EmailMessage
from itertools import accumulate
from random import Random

_SYLLABLES = "ba den fo gri ha in ka lo mer ni or pas qui ret si tan um ver wa zel".split()
_CHINESE = (
    "您好 请查收 本月 报价单 合同 已经 收到 发货 时间 数量 价格 含税 不含运费 我们 贵公司 样品 确认 付款 方式 质量 问题 "
    "尽快 回复 谢谢 下周 见面 讨论 技术 参数 图纸 附件 港口 交货 检验 报告 发票 地址 联系人 电话 优惠 订单 取消 更新 需要"
).split()
_VOCABULARY = 20_000
_SENTENCES = 5_000


class _Writer:
    """Sentences over a vocabulary whose words are as unevenly frequent as words are (Zipf)."""

    def __init__(self, chance: Random) -> None:
        words = ["".join(chance.choices(_SYLLABLES, k=chance.randrange(1, 5))) for _ in range(_VOCABULARY)]
        weights = list(accumulate(1 / rank for rank in range(1, _VOCABULARY + 1)))
        self._chance = chance
        self._sentences = [
            " ".join(chance.choices(words, cum_weights=weights, k=chance.randrange(6, 19))).capitalize() + "."
            for _ in range(_SENTENCES)
        ]

    def sentences(self, least: int, most: int) -> list[str]:
        """A few of them."""
        return self._chance.choices(self._sentences, k=self._chance.randrange(least, most))


def mails(count: int, seed: int = 1, chinese: float = 0.05) -> Iterator[bytes]:
    """60 % plain, 25 % HTML alternative, 10 % with attachments of 20-200 kB, 5 % (`chinese`) Chinese (half of it GBK)."""
    chance = Random(seed)
    writer = _Writer(chance)
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
        text = writer.sentences(4, 60)
        mail.set_content("Dear colleague,\n\n" + "\n".join(text) + "\n")
        if 0.60 <= kind < 0.85:
            rows = "".join(
                f'<p style="margin:0 0 12px 0;font-family:Arial"><b>{line[:9]}</b>{line[9:]}</p>\n' for line in text
            )
            more = "".join(f'<td width="120" class="cell">{line}</td>\n' for line in writer.sentences(20, 90))
            mail.add_alternative(f"<html><body>{rows}<table><tr>{more}</tr></table></body></html>", subtype="html")
        elif 0.85 <= kind < 0.95:
            mail.add_attachment(
                chance.randbytes(chance.randrange(20_000, 200_000)),
                maintype="application",
                subtype="pdf",
                filename="offer.pdf",
            )
        yield _chinese(mail, chance) if kind >= 1 - chinese else mail.as_bytes()


def _chinese(mail: EmailMessage, chance: Random) -> bytes:
    lines = ("".join(chance.choices(_CHINESE, k=chance.randrange(4, 12))) for _ in range(chance.randrange(3, 60)))
    text = "。\r\n".join(lines) + "。\r\n"
    charset = chance.choice(("gbk", "utf-8"))
    head = "".join(f"{name}: {mail[name]}\r\n" for name in ("From", "To", "Subject", "Date", "Message-ID"))
    return f"{head}Content-Type: text/plain; charset={charset}\r\n\r\n".encode("ascii") + text.encode(charset)
