"""All words of the public pages, in both languages, and which of the two a visitor gets."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "zh-CN"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """One language. `{company}` is filled in by the page; nothing here is HTML."""

    some_company: str
    sender: str
    purpose: str
    address: str

    open_title: str
    open_purpose_lead: str
    open_everything_lead: str
    open_note: str
    purpose_button: str
    everything_button: str
    everything_hint: str

    purpose_title: str
    purpose_lead: str
    everything_title: str
    everything_lead: str
    regret: str

    test_hint: str
    test_title: str
    test_lead: str

    lost_title: str
    lost_lead: str
    lost_help: str
    busy_title: str
    busy_lead: str
    refused_title: str
    refused_lead: str
    broken_title: str
    broken_lead: str


_ENGLISH = Texts(
    some_company="the sender",
    sender="From",
    purpose="About",
    address="To",
    open_title="Unsubscribe",
    open_purpose_lead="Would you like to stop receiving this mail from {company}?",
    open_everything_lead="Would you like to receive no more marketing mail from {company}?",
    open_note="Nothing has changed yet. It takes effect at once when you press the button.",
    purpose_button="Unsubscribe",
    everything_button="Stop all marketing mail",
    everything_hint="You can also stop all marketing mail from {company}, whatever it is about.",
    purpose_title="You are unsubscribed",
    purpose_lead="From now on, {company} will not send you this mail any more.",
    everything_title="No more marketing mail",
    everything_lead="From now on, {company} will not send marketing mail to this address any more.",
    regret="There is nothing else you need to do. If this was a mistake, write to {company}.",
    test_hint="This link came in a test mail: its buttons work, but close nothing.",
    test_title="The link works",
    test_lead="It came in a test mail, so nothing was closed.",
    lost_title="This link does not work",
    lost_lead="Perhaps a part of it is missing: please open it again from the mail, or copy all of it.",
    lost_help="If you wish to unsubscribe and it still does not work, reply to the mail and say so, or write to {company}.",
    busy_title="Please try again in a minute",
    busy_lead="We cannot reach our records just now, so nothing has changed yet. Reload this page or open the link again.",
    refused_title="That did not work",
    refused_lead="Your request did not arrive in full, so nothing has changed. Please open the link from the mail again.",
    broken_title="Something went wrong",
    broken_lead="That is our fault. Please try again later; if it happens again, reply to the mail and say what you wish.",
)

_CHINESE = Texts(
    some_company="发件方",
    sender="发件方",
    purpose="邮件类型",
    address="收件地址",
    open_title="退订邮件",
    open_purpose_lead="您希望不再收到{company}的这类邮件吗？",
    open_everything_lead="您希望不再收到{company}的任何营销邮件吗？",
    open_note="目前尚未作任何更改。点击按钮后立即生效。",
    purpose_button="退订",
    everything_button="停止全部营销邮件",
    everything_hint="您也可以不再接收{company}的任何营销邮件，无论内容为何。",
    purpose_title="您已退订",
    purpose_lead="从现在起，{company}不会再向您发送这类邮件。",
    everything_title="已停止全部营销邮件",
    everything_lead="从现在起，{company}不会再向该地址发送营销邮件。",
    regret="您无需再做任何事。如果是误操作，请与{company}联系。",
    test_hint="此链接来自测试邮件：按钮可以点击，但不会停止任何邮件。",
    test_title="链接有效",
    test_lead="此链接来自测试邮件，因此没有停止任何邮件。",
    lost_title="此链接无效",
    lost_lead="链接可能不完整：请从邮件中重新打开，或复制完整的链接。",
    lost_help="如果您希望退订而链接仍然无效，请直接回复邮件说明，或与{company}联系。",
    busy_title="请稍后再试",
    busy_lead="系统暂时繁忙，因此尚未作任何更改。请在一分钟后刷新页面，或重新打开链接。",
    refused_title="操作未成功",
    refused_lead="您的请求没有完整送达，因此未作任何更改。请从邮件中重新打开链接。",
    broken_title="出现了问题",
    broken_lead="这是我们的问题。请稍后再试；如果仍然如此，请直接回复邮件说明您的要求。",
)

TEXTS: dict[Language, Texts] = {"en": _ENGLISH, "zh-CN": _CHINESE}

_SPOKEN: dict[str, Language] = {"en": "en", "zh": "zh-CN"}
"""By primary subtag: who reads zh-TW is served better by zh-CN than by English."""


def choose_language(accepted: str, fallback: Language) -> Language:
    """The visitor's favourite of ours by an Accept-Language header (RFC 9110, 12.5.4), else `fallback`."""
    ranges = [_range(part) for part in accepted.split(",")]
    for _, tag in sorted((found for found in ranges if found[0] < 0), key=lambda found: found[0]):
        if tag == "*":
            return fallback
        if tag in _SPOKEN:
            return _SPOKEN[tag]
    return fallback


def _range(part: str) -> tuple[float, str]:
    """Negated weight, for sorting, and primary subtag; the weight is 0 for what cannot be read."""
    tag, _, parameter = part.partition(";")
    name, _, number = parameter.strip().partition("=")
    try:
        weight = float(number) if name.strip().lower() == "q" else 1.0
    except ValueError:
        weight = 0.0
    return -weight, tag.strip().lower().partition("-")[0]
