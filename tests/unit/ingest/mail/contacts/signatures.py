"""Signatures in many layouts, made from people that nobody is: what the reader of fields is measured by."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Person:
    """Somebody with all that a signature says; numbers as written, and in E.164."""

    name: str
    email: str
    title: str
    company: str
    phone: tuple[str, str]
    mobile: tuple[str, str]
    fax: tuple[str, str]
    url: str
    address: tuple[str, ...]
    words: str
    wechat: str = ""
    qq: str = ""


@dataclass(frozen=True)
class Sample:
    """A signature and what stands in it: (field, value), numbers in E.164."""

    text: str
    person: Person
    wanted: set[tuple[str, str]] = field(default_factory=set)


PEOPLE = [
    Person("Ann Whitfield", "ann.whitfield@tallowbridge.co.uk", "Sales Manager", "Tallowbridge Castings Ltd", ("020 7946 0018", "+442079460018"),
           ("07911 123456", "+447911123456"), ("020 7946 0019", "+442079460019"), "www.tallowbridge.co.uk", ("14 Orchard Lane", "Leeds LS1 4AB"), "en"),
    Person("Robert J. Kwan", "rkwan@northpinesupply.com", "Vice President of Operations", "North Pine Supply, Inc.", ("(212) 736-5000", "+12127365000"),
           ("+1 917-555-2368", "+19175552368"), ("212.736.5001", "+12127365001"), "https://www.northpinesupply.com", ("350 Fifth Avenue, Suite 4100", "New York, NY 10118"), "en"),
    Person("Priya Raman", "priya@velloreworks.in", "Head of Purchasing", "Vellore Works Pvt Ltd", ("+91 44 2835 1234", "+914428351234"),
           ("+91 98400 12345", "+919840012345"), ("+91 44 2835 1235", "+914428351235"), "velloreworks.in", ("12 Cathedral Road, 2nd Floor",), "en"),
    Person("Jens Krüger", "j.krueger@holzwerk-nord.de", "Leiter Einkauf", "Holzwerk Nord GmbH & Co. KG", ("040 / 33 44 55-66", "+4940334455 66".replace(" ", "")),
           ("0171 1234567", "+491711234567"), ("040 / 33 44 55-99", "+494033445599"), "www.holzwerk-nord.de", ("Lindenstraße 12", "20095 Hamburg"), "de"),
    Person("Dr. Sabine Aumüller", "aumueller@prisma-optik.de", "Geschäftsführerin", "Prisma Optik AG", ("+49 (0)89 2345678", "+49892345678"),
           ("+49 160 1234567", "+491601234567"), ("+49 (0)89 2345679", "+49892345679"), "http://www.prisma-optik.de", ("Am Weiher 3", "D-80331 München"), "de"),
    Person("Marie Lefort", "marie.lefort@ateliers-soie.fr", "Responsable achats", "Ateliers de la Soie SARL", ("01 42 68 53 00", "+33142685300"),
           ("06 12 34 56 78", "+33612345678"), ("01 42 68 53 01", "+33142685301"), "www.ateliers-soie.fr", ("12, rue des Tanneurs", "69002 Lyon"), "fr"),
    Person("Carlos Ibáñez", "cibanez@azulejosdelsur.es", "Director Comercial", "Azulejos del Sur S.L.", ("912 34 56 78", "+34912345678"),
           ("612 34 56 78", "+34612345678"), ("912 34 56 79", "+34912345679"), "www.azulejosdelsur.es", ("Calle Mayor 5", "28013 Madrid"), "es"),
    Person("Giulia Ferrante", "g.ferrante@vetreria-lago.it", "Responsabile Vendite", "Vetreria del Lago S.r.l.", ("02 1234 5678", "+390212345678"),
           ("347 123 4567", "+393471234567"), ("02 1234 5679", "+390212345679"), "www.vetreria-lago.it", ("Via Garibaldi 21", "20121 Milano"), "it"),
    Person("张伟", "zhangwei@denglong-trade.cn", "销售经理", "深圳市灯笼贸易有限公司", ("0755-8888 1234", "+8675588881234"),
           ("138 0013 8000", "+8613800138000"), ("0755-8888 1235", "+8675588881235"), "www.denglong-trade.cn", ("深圳市南山区科技南路8号灯笼大厦5楼",), "zh", "denglong_zw", "123456789"),
    Person("李思雨", "lisiyu@163.com", "外贸业务员", "宁波海澜五金制品厂有限公司", ("0574-87654321", "+8657487654321"),
           ("13912345678", "+8613912345678"), ("0574-87654322", "+8657487654322"), "http://www.hailan-wujin.cn", ("浙江省宁波市北仑区明州路168号",), "zh", "siyu88888", "88776655"),
    Person("陈晓明 David Chen", "david.chen@gufeng.com.cn", "市场总监", "上海谷风信息技术有限公司", ("+86 21 5888 1234", "+862158881234"),
           ("+86 139 1234 5678", "+8613912345678"), ("+86 21 5888 1235", "+862158881235"), "www.gufeng.com.cn", ("上海市浦东新区张江路100号3号楼201室",), "zh", "chenxm_sh", "66554433"),
]  # fmt: skip

_WORDS = {
    "en": {"phone": ["Tel: ", "Phone: ", "T: ", "Tel. ", "P ", "Office: ", "Direct: "], "mobile": ["Mobile: ", "M: ", "Cell: ", "Mob. ", "M "], "fax": ["Fax: ", "F: ", "Fax "],
           "url": ["Web: ", "", "Website: ", "W: "], "address": ["Address: ", "", "Add: "], "email": ["E-mail: ", "E: ", "", "Email: "], "close": ["Best regards,", "Kind regards", "Thanks,", ""]},
    "de": {"phone": ["Tel.: ", "Telefon: ", "T ", "Fon: ", "Tel "], "mobile": ["Mobil: ", "Handy: ", "M ", "Mobil "], "fax": ["Fax: ", "Telefax: ", "F "], "url": ["Internet: ", "", "Web: "],
           "address": [""], "email": ["E-Mail: ", "Mail: ", ""], "close": ["Mit freundlichen Grüßen", "Viele Grüße", "Mit freundlichen Grüßen,", ""]},
    "fr": {"phone": ["Tél. : ", "Tél : ", "Téléphone : ", "T : "], "mobile": ["Portable : ", "Mobile : ", "Port. : ", "M : "], "fax": ["Fax : ", "Télécopie : "], "url": ["Site web : ", "", "Web : "],
           "address": ["Adresse : ", ""], "email": ["Courriel : ", "", "E-mail : "], "close": ["Cordialement,", "Bien cordialement", ""]},
    "es": {"phone": ["Tel.: ", "Teléfono: ", "Tlf: "], "mobile": ["Móvil: ", "Mov: ".replace("Mov", "Móvil"), "Cel: "], "fax": ["Fax: "], "url": ["Web: ", ""], "address": ["Dirección: ", ""],
           "email": ["Correo: ", "", "Email: "], "close": ["Saludos,", "Un saludo,", "Atentamente,"]},
    "it": {"phone": ["Tel. ", "Telefono: ", "Tel: "], "mobile": ["Cell. ", "Cellulare: ", "Mobile: "], "fax": ["Fax ", "Fax: "], "url": ["Sito web: ", "", "Web: "], "address": ["Indirizzo: ", ""],
           "email": ["Email: ", "Mail: ", ""], "close": ["Cordiali saluti,", "Distinti saluti", ""]},
    "zh": {"phone": ["电话：", "Tel: ", "电话: ", "座机：", "TEL："], "mobile": ["手机：", "Mobile: ", "手机号码：", "手机 "], "fax": ["传真：", "Fax: ", "FAX："], "url": ["网址：", "", "公司网站：", "Web: "],
           "address": ["地址：", "", "公司地址：", "Add: "], "email": ["邮箱：", "E-mail：", "", "电子邮箱: "], "close": ["顺祝商祺！", "此致\n敬礼", "谢谢！", ""]},
}  # fmt: skip


def samples(seed: int = 7, each: int = 30) -> Iterator[Sample]:
    """Every person in every layout, with labels chosen by a generator of this seed."""
    chance = random.Random(seed)
    for person, layout, _ in itertools.product(PEOPLE, LAYOUTS, range(each)):
        words = {key: chance.choice(options) for key, options in _WORDS[person.words].items()}
        yield layout(person, words, chance)


def _sample(text: str, p: Person, *without: str) -> Sample:
    wanted = {("name", p.name), ("title", p.title), ("company", p.company), ("phone", p.phone[1]), ("mobile", p.mobile[1]), ("fax", p.fax[1]),
              ("url", p.url), ("address", ", ".join(p.address))}  # fmt: skip
    if p.wechat and "wechat" not in without:
        wanted |= {("wechat", p.wechat), ("qq", p.qq)}
    return Sample(text, p, {(f, v) for f, v in wanted if f not in without})


def lines(p: Person, w: dict[str, str], chance: random.Random) -> Sample:
    """One thing a line."""
    parts = [w["close"], "", p.name, p.title, p.company, w["address"] + ("\n").join(p.address), w["phone"] + p.phone[0], w["mobile"] + p.mobile[0],
             w["fax"] + p.fax[0], w["email"] + p.email, w["url"] + p.url]  # fmt: skip
    if p.wechat:
        parts += [f"微信：{p.wechat}", f"QQ：{p.qq}"] if chance.random() < 0.5 else [f"WeChat: {p.wechat}   QQ: {p.qq}"]
    return _sample("\n".join(parts), p)


def bars(p: Person, w: dict[str, str], chance: random.Random) -> Sample:
    """One line, with bars or dots."""
    bar = chance.choice([" | ", " · ", " • ", "｜", " |"])
    parts = [
        p.name,
        p.title,
        p.company,
        w["phone"] + p.phone[0],
        w["mobile"] + p.mobile[0],
        w["email"] + p.email,
        w["url"] + p.url,
    ]
    return _sample(bar.join(parts), p, "fax", "address", "wechat")


def two_rows(p: Person, w: dict[str, str], chance: random.Random) -> Sample:
    """Name and title on a line, numbers on another, as business cards have them."""
    joint = " " if p.words == "zh" and " " not in p.name else chance.choice([", ", " - ", " | "])
    gap = chance.choice(["  ", "    ", " | ", " / ", "\t"])
    parts = [w["close"], f"{p.name}{joint}{p.title}", p.company, gap.join([w["phone"] + p.phone[0], w["fax"] + p.fax[0]]),
             gap.join([w["mobile"] + p.mobile[0], w["email"] + p.email]), w["url"] + p.url]  # fmt: skip
    return _sample("\n".join(parts), p, "address", "wechat")


def table(p: Person, w: dict[str, str], chance: random.Random) -> Sample:
    """The text of a table: a label in one cell, its value in the next, by a tab or on the next line."""
    cell = chance.choice(["\t", "\n", " \t "])
    rows = [
        (key, value)
        for key, value in [
            ("phone", p.phone[0]),
            ("mobile", p.mobile[0]),
            ("fax", p.fax[0]),
            ("email", p.email),
            ("url", p.url),
        ]
        if w[key].strip()
    ]
    parts = [p.name, p.title, p.company, *(w[key].strip() + cell + value for key, value in rows)]
    missing = [] if w["url"].strip() else ["url"]
    return _sample("\n".join(parts), p, "address", "wechat", *missing)


def legal(p: Person, w: dict[str, str], chance: random.Random) -> Sample:
    """With what the law wants and the bank: no number of these is a phone."""
    noise = {
        "de": ["Geschäftsführer: Hans Beispiel", "Amtsgericht Hamburg HRB 123456", "USt-IdNr.: DE123456789", "IBAN: DE89 3704 0044 0532 0130 00", "Auftrag Nr. 4500123456"],
        "zh": ["开户行：中国银行深圳分行", "账号：6222 0210 0101 1122 334", "税号：91440300MA5EXAMPLE", "订单号：20240817001234"],
    }.get(p.words, ["Registered in England No. 01234567", "VAT No. GB 123 4567 89", "Bank account: 1234567890", "Order No. 4500123456", "PO 20240817123"])  # fmt: skip
    chance.shuffle(noise)
    parts = [
        w["close"],
        p.name,
        p.title,
        p.company,
        w["phone"] + p.phone[0],
        w["mobile"] + p.mobile[0],
        w["fax"] + p.fax[0],
        w["url"] + p.url,
        *noise,
    ]
    return _sample("\n".join(parts), p, "address", "wechat")


def under_title(p: Person, w: dict[str, str], chance: random.Random) -> Sample:
    """Company first, a rule, and title with company on one line where that is the custom."""
    rule = chance.choice(["--", "-----------------", "________", "***"])
    parts = [rule, p.company, p.name, p.title, w["address"] + ", ".join(p.address), w["phone"] + p.phone[0] + chance.choice([", ", "; ", "  "]) + w["fax"] + p.fax[0],
             w["mobile"] + p.mobile[0], w["url"] + p.url]  # fmt: skip
    return _sample("\n".join(parts), p, "wechat")


LAYOUTS = (lines, bars, two_rows, table, legal, under_title)
