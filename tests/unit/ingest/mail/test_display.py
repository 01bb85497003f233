"""HTML of strangers: what is shown harms nobody and fetches nothing."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.mail.display import Shown, display, page

HOSTILE = [
    "<script>alert(1)</script>", "<SCRIPT SRC=//evil.example/x.js></SCRIPT>", "<scr<script>ipt>alert(1)</scr</script>ipt>", "<script\n>x()</script\t>",
    "<img src=x onerror=alert(1)>", "<img src='https://evil.example/pixel.gif' onload=x()>", "<img srcset='https://evil.example/a 1x'>", "<img src=//evil.example/x>",
    "<svg onload=alert(1)>", "<svg><script>alert(1)</script></svg>", "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>", "<math><mi xlink:href='javascript:x'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>", "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<iframe src='https://evil.example'></iframe>", "<iframe srcdoc='<script>x</script>'>", "<object data='x.swf'></object>", "<embed src=x>", "<applet code=x>", "<frame src=x>",
    "<form action='https://evil.example'><input name=p><button formaction='javascript:x'>go</button></form>", "<textarea></textarea><script>x</script>", "<select><option>x</select>",
    "<a href='javascript:alert(1)'>x</a>", "<a href=' java\tscript:alert(1)'>x</a>", "<a href='&#106;avascript:x'>x</a>", "<a href='data:text/html,<script>x</script>'>x</a>",
    "<a href='vbscript:x'>x</a>", "<a href='file:///etc/passwd'>x</a>", "<a href='\x01javascript:x'>x</a>", "<a href='/relative'>x</a>", "<a href='//evil.example'>x</a>",
    "<base href='https://evil.example/'>", "<meta http-equiv=refresh content='0;url=https://evil.example'>", "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<style>@import 'https://evil.example/x.css'; body{background:url(https://evil.example)}</style>", "<p style='background:url(https://evil.example/p)'>x</p>",
    "<p style='background-image:url(https://evil.example/p)'>x</p>", "<p style='list-style:url(https://evil.example/p)'>x</p>", "<p style='width:expression(alert(1))'>x</p>",
    "<p style='color:red;b\\61ckground:u\\72l(https://evil.example)'>x</p>", "<p style='position:fixed;top:0;left:0;width:100%'>x</p>", "<p style='margin-top:-5000px'>x</p>",
    "<p style='color:red/**/;background/**/:url(https://evil.example)'>x</p>", "<p style='content:url(https://evil.example)'>x</p>", "<p style='font-family:url(https://evil.example)'>x</p>",
    "<table background='https://evil.example/p'><tr><td background='https://evil.example/p'>x", "<body background='https://evil.example/p' onload=x()>", "<bgsound src=x>", "<video src='https://evil.example' poster='https://evil.example'>",
    "<audio src='https://evil.example'>", "<input type=image src='https://evil.example'>", "<img src='data:image/svg+xml;base64,PHN2Zz4='>", "<img src='data:text/html;base64,PHN2Zz4='>",
    "<img src='javascript:x'>", "<p id=x name=y class=z onclick=x()>x</p>", "<a href=https://a.example target=_top rel=opener onmouseover=x()>x</a>", "<!--[if IE]><script>x</script><![endif]-->",
    "<p ping='https://evil.example'>x</p>", "<a ping='https://evil.example' href='https://a.example'>x</a>", "<picture><source srcset='https://evil.example'></picture>", "<x:vmlframe src=x>", "<details open ontoggle=x()>",
    "<img src=cid:none>", "<b><img src='https://evil.example'", "<p title='\"><script>x</script>'>x</p>", "<template><script>x</script></template>", "<plaintext><script>x</script>", "<xmp><script>x</script></xmp>",
]  # fmt: skip


class _Looker(HTMLParser):
    """Lists what a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in (
            "script",
            "style",
            "iframe",
            "form",
            "input",
            "object",
            "embed",
            "link",
            "meta",
            "base",
            "svg",
            "math",
            "video",
            "audio",
            "button",
            "body",
        ):
            self.problems.append(tag)
        for name, value in attrs:
            text = (value or "").strip().lower()
            if name.startswith("on") or name in (
                "srcset",
                "background",
                "id",
                "name",
                "class",
                "ping",
                "action",
                "formaction",
                "poster",
                "data",
            ):
                self.problems.append(f"{tag} {name}")
            if name == "src" and not text.startswith("data:image/png"):
                self.problems.append(f"src {text}")
            if name == "href" and not text.startswith(("http://", "https://", "mailto:", "tel:")):
                self.problems.append(f"href {text}")
            if name == "style" and re.search(r"url|expression|position|\\|@|-\d", text):
                self.problems.append(f"style {text}")
        named = dict(attrs)
        if tag == "a" and (named.get("rel"), named.get("target")) != ("noopener noreferrer", "_blank"):
            self.problems.append(f"link {attrs}")


@pytest.mark.parametrize("html", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("around", ["{}", "<div>before {} after</div>", "<table><tr><td>{}"])
def test_nothing_hostile_is_left(html: str, around: str) -> None:
    shown = display(around.replace("{}", html))
    assert _Looker(shown.html).problems == []
    assert sorted(display(shown.html).html) == sorted(shown.html)  # attributes may change places


@given(
    st.lists(st.sampled_from(HOSTILE) | st.text(max_size=20) | st.sampled_from("<>\"'=/ &;"), max_size=12).map("".join)
)
def test_pieces_of_hostile_html_are_harmless_in_any_order(html: str) -> None:
    assert _Looker(display(html).html).problems == []


def test_what_people_write_stays() -> None:
    html = (
        '<p style="color:red;margin:0cm">Dear <b>Bob</b>,</p><table border="1" width="90%"><tr><td bgcolor="#eee" colspan="2">1</td></tr></table>'
        '<ul><li>one</li></ul><a href="https://a.example/?x=1&amp;y=2">link</a><font color="blue" face="SimSun">你好</font>'
    )
    shown = display(html).html
    assert '<p style="color:red;margin:0cm">Dear <b>Bob</b>,</p>' in shown
    assert '<td bgcolor="#eee" colspan="2">1</td>' in shown
    assert 'href="https://a.example/?x=1&amp;y=2"' in shown
    assert '<font color="blue" face="SimSun">你好</font>' in shown


def test_pictures_from_elsewhere_are_counted_and_shown_only_when_asked() -> None:
    html = '<img src="https://a.example/1.png"><img src=" HTTP://a.example/2.png"><img src="https://a.example/1.png">'
    assert display(html) == Shown("<img><img><img>", 3)
    asked = display(html, remote=True)
    assert asked.blocked == 0
    assert asked.html.count("a.example") == 3


def test_pictures_that_came_along_are_resolved() -> None:
    known = {"logo@example.org": "data:image/png;base64,AAAA"}
    html = '<img src="cid:logo@example.org"><img src="CID:other"><img src="data:image/png;base64,BBBB">'
    shown = display(html, lambda cid: known.get(cid, ""))
    assert shown == Shown('<img src="data:image/png;base64,AAAA"><img><img src="data:image/png;base64,BBBB">', 0)


def test_a_page_tells_no_one_and_escapes_its_head() -> None:
    document = page(Shown("<p>x</p>", 2), "<Title>", [("From", "<script>"), ("Cc", "")])
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in document
    assert "<script>" not in document
    assert "2 pictures from elsewhere are not shown" in document
    assert "Cc" not in document
    assert "https:" in page(Shown("", 0), "", remote=True)


def test_deep_and_long_html_takes_no_time() -> None:
    for piece in (
        "<div>",
        "<b>",
        "<table><tr><td>",
        "<",
        "<a href=",
        "<!--",
        "&",
        "&#",
        "<p style='margin:",
        "<img src=data:image/png;base64,",
    ):
        display(piece * (400_000 // len(piece)))
    display("<p style='" + "margin:1px " * 100_000 + "'>x")
    assert display("<div>" * 600 + "<i>x</i>&<script>y</script>").html == "<pre>x&amp;</pre>"
    display("<p>\0\ud800x")
