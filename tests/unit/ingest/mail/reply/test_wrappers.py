"""The newest text of HTML mails, by the wrappers of the programs that compose them."""

import pytest

from mailcrm.ingest.mail.reply.cut import cut
from mailcrm.ingest.mail.text import html_to_text
from mailcrm.model.message import Forwarded

OWN = "<div>That is fine.</div><div><br></div><div>Monday, please.</div>"
NEWEST = "That is fine.\n\nMonday, please."
OLD = "<p>Shall we go on?</p><p>When?</p>"
# In no language that we know: only the wrapper tells.
LINE = "Zantu 5-3-2024 Rosa &lt;rosa@example.com&gt; zikoma"
FIELDS = "<b>Zanu:</b> Rosa<br><b>Zitu:</b> 5-3-2024<br><b>Zemu:</b> Offer"

QUOTES = {
    "gmail": f'<div class="gmail_quote"><div dir="ltr" class="gmail_attr">{LINE}<br></div>'
    f'<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex">{OLD}</blockquote></div>',
    "apple": f'<div><br><blockquote type="cite"><div>{LINE}</div><br>{OLD}</blockquote></div>',
    "thunderbird": f'<div class="moz-cite-prefix">{LINE}<br></div><blockquote type="cite">{OLD}</blockquote>',
    "outlook.com": f'<div id="appendonsend"></div><hr style="width:98%"><div id="divRplyFwdMsg" dir="ltr">{FIELDS}</div>{OLD}',
    "outlook mac": f'<span id="OLK_SRC_BODY_SECTION"><div>{FIELDS}</div>{OLD}</span>',
    "outlook": '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class=MsoNormal>'
    f"<b>From:</b> Rosa &lt;rosa@example.com&gt;<br><b>Sent:</b> Tuesday<br><b>Subject:</b> Offer</p></div>{OLD}",
    "hotmail": f'<div><hr id="stopSpelling">{FIELDS}<br><br>{OLD}</div>',
    "yahoo": f'<div id="ydp1yahoo_quoted_7" class="ydp1yahoo_quoted"><div>{LINE}</div><div>{OLD}</div></div>',
    "zimbra": f'<hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__">{FIELDS}</div>{OLD}',
    "proton": f'<div class="protonmail_quote">{LINE}<br><blockquote type="cite">{OLD}</blockquote></div>',
    "qq": '<div style="font-size: 12px;padding:2px 0 2px 0;">------------------&nbsp;原始邮件&nbsp;------------------</div>'
    '<div style="background:#efefef;"><div><b>发件人:</b>&nbsp;"王小明"&lt;wang@example.cn&gt;;</div>'
    f"<div><b>发送时间:</b>&nbsp;2024年3月5日(星期二) 下午2:20</div><div><b>主题:</b>&nbsp;Offer</div></div><div>{OLD}</div>",
    "foxmail": '<div style="border:none;border-top:solid #B5C4DF 1.0pt"><div><b>发件人：</b>&nbsp;'
    '<a href="mailto:wang@example.cn">王小明</a></div><div><b>发送时间：</b>&nbsp;2024-03-05&nbsp;14:20</div>'
    f"<div><b>收件人：</b>&nbsp;李四</div><div><b>主题：</b>&nbsp;Offer</div></div><div>{OLD}</div>",
    "163": '<pre>\nAt 2024-03-05 14:20:33, "王小明" &lt;wang@example.cn&gt; wrote:\n</pre>'
    f'<blockquote id="isReplyContent" style="PADDING-LEFT: 1ex; MARGIN: 0px 0px 0px 0.8ex">{OLD}</blockquote>',
    "163 phone": '<div class="ntes-mailmaster-quote"><div>---- 回复的原邮件 ----</div><table><tr><td>发件人</td>'
    f"<td>王小明&lt;wang@example.cn&gt;</td></tr><tr><td>主题</td><td>Offer</td></tr></table>{OLD}</div>",
    "mail.ru": f"<br>Вторник, 5 марта 2024, 14:20 +03:00 от Rosa &lt;rosa@example.com&gt;:<br><blockquote>{OLD}</blockquote>",
    "yandex": f'<div>05.03.2024, 14:20, "Rosa" &lt;rosa@example.com&gt;:</div><blockquote>{OLD}</blockquote>',
}


def body(html: str) -> str:
    """A whole HTML document."""
    return f"<html><head><style>p {{margin:0}}</style></head><body>{html}</body></html>"


@pytest.mark.parametrize("name", QUOTES)
def test_quote_in_its_wrapper_is_cut(name: str) -> None:
    html = body(OWN + QUOTES[name])
    assert cut(html_to_text(html), html, "Re: Offer").newest == NEWEST
    html = body(QUOTES[name])
    assert "Shall we go on?" not in cut(html_to_text(html), html, "Re: Offer").newest


def test_answers_written_into_the_quote_of_gmail_are_kept() -> None:
    day, port = (
        f'<blockquote class="gmail_quote"><div>{text}</div></blockquote>' for text in ("Which day?", "Which port?")
    )
    html = body(
        '<div>Hi,</div><div class="gmail_quote"><div class="gmail_attr">On Tue, Mar 5, 2024 at 2:20 PM Rosa wrote:<br></div>'
        f"{day}<div>Monday.</div>{port}<div>Hamburg.</div></div>"
    )
    assert cut(html_to_text(html), html).newest == "Hi,\n\nMonday.\n\nHamburg."


def test_gmail_forward_is_cut() -> None:
    html = body(
        f'{OWN}<div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>'
        'From: <strong>Rosa Roe</strong> <span>&lt;<a href="mailto:rosa@example.com">rosa@example.com</a>'
        f"&gt;</span><br>Date: Tue, Mar 5, 2024<br>Subject: Offer<br>To: &lt;max@example.org&gt;<br></div><br><br>{OLD}</div>"
    )
    said = cut(html_to_text(html), html, "Fwd: Offer")
    assert (said.newest, said.forwarded) == (NEWEST, Forwarded("rosa@example.com", "Rosa Roe", "Offer"))


@pytest.mark.parametrize("name", ["qq", "163 phone", "outlook"])
def test_forward_in_html_names_its_sender(name: str) -> None:
    html = body(OWN + QUOTES[name])
    original = cut(html_to_text(html), html, "Fw: Offer").forwarded
    assert original is not None
    assert (original.address, original.subject) in {("wang@example.cn", "Offer"), ("rosa@example.com", "Offer")}


@pytest.mark.parametrize("style", ["margin:0 0 0 40px;border:none;padding:0px", "border:none"])
def test_indented_text_is_own(style: str) -> None:
    html = body(f'<div>We offer:</div><blockquote style="{style}"><div>10 t steel</div></blockquote><div>Regards</div>')
    assert cut(html_to_text(html), html).newest == html_to_text(html)


@pytest.mark.parametrize(
    "wrapper",
    [
        '<div class="gmail_signature" dir="ltr">{}</div>',
        '<div class="moz-signature">{}</div>',
        '<div id="Signature"><p>{}</p></div>',
        '<div id="AppleMailSignature">{}</div>',
    ],
)
def test_signature_in_its_wrapper_is_beside_the_text(wrapper: str) -> None:
    html = body(OWN + wrapper.format("Bob of ACME") + QUOTES["gmail"])
    said = cut(html_to_text(html), html)
    assert (said.newest, said.signature) == (NEWEST, "Bob of ACME")
    html = body(wrapper.format("Written in the wrong place."))
    assert cut(html_to_text(html), html).newest == "Written in the wrong place."


def test_plain_text_is_read_where_the_html_has_no_wrapper() -> None:
    assert cut("Fine.\n\n> Well?", "<p>Fine.</p><p>Well?</p>").newest == "Fine."


def test_closing_tags_that_nothing_opened_end_nothing() -> None:
    html = body(f'</div></blockquote>{OWN}<blockquote type="cite"></div>{OLD}')
    assert cut(html_to_text(html), html).newest == NEWEST
