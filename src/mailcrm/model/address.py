"""E-mail addresses: how they are compared, what kind they are, and which of them are our own.

`address_key` is what is unique in the store; `mailbox_key` additionally folds what one mailbox owner can vary
(plus tags, Gmail dots), so that an opt-out holds for all spellings of one mailbox. decisions.md 3.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from mailcrm.errors import UserError
from mailcrm.model.text import clean_line


class AddressKind(StrEnum):
    """What stands behind an address."""

    PERSONAL = "personal"
    ROLE = "role"
    LIST = "list"
    NOREPLY = "noreply"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address as it was written, with its comparison form."""

    display: str
    key: str

    @property
    def domain(self) -> str:
        """The part behind the @, in comparison form; empty where there is none."""
        return domain_of(self.key)


ROLE_NAMES = frozenset(
    (
        "info sales sale support contact contacts office admin hello service services kf kefu customerservice "
        "customer-service customer-support customer-care customercare care billing accounts accounting finance "
        "accounts-payable accounts-receivable invoice invoices hr human-resources jobs career careers recruitment "
        "marketing press media team sales-team support-team after-sales help helpdesk order orders purchase purchasing "
        "procurement export import trade overseas enquiry enquiries inquiry inquiries reception booking bookings "
        "reservations legal privacy security webmaster abuse hostmaster business shop store mail email "
        "kontakt buchhaltung vertrieb ventas compras contacto comercial commercial administration direction "
        "xiaoshou yewu waimao shangwu caigou caiwu renshi zhaopin shouhou 客服 销售 业务 外贸 商务 采购 财务 人事 招聘 售后"
    ).split()
)
_NOREPLY = re.compile(
    r"(^|[._+-])(no|do[._-]?not|dont|never)[._-]?reply\d*([._+=-]|$)|"
    r"^(nicht[._-]?antworten|ne[._-]?pas[._-]?repondre|no[._-]?responder|mailer[._-]?daemon|mail-daemon|postmaster|"
    r"bounces?|notify|notifications?|newsletters?|unsubscribe|auto[._-]?(reply|responder|mail|confirm))\d*([._+=-].*)?$"
)
_ROBOT = re.compile(r"^(alerts?|automated?|cron|daemon|mailings?|news|nobody|robot|root|system|updates?)([+=-].*)?$")
"""Words that are also names (system.wang) and nicknames of people at free-mail providers, who are no robots."""

_LIST = re.compile(r"^(owner-.*|.*-(bounces|subscribe|unsubscribe)|listserv|majordomo|mailman)$")
_LIST_DOMAIN = re.compile(
    r"(^|\.)((lists?|groups|listserv|mailman)\.(?!com?\.)[^.]+\.|(googlegroups\.com|groups\.io)$)"
)
_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+=-]*+@[A-Za-z0-9][A-Za-z0-9.-]*(?<=[A-Za-z0-9])")
"""An address as nearly all are: its comparison form is itself in lower case."""

_ANGLED = re.compile(r"<([^<>]*@[^<>]*)>")
_AROUND = " '\",;@"
_LONGEST = 1000
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
"""What address books and chat programs leave in copied text; nobody sees it, so it must not make another address."""


def address_key(raw: str) -> str:
    """The comparison form: NFC, lower case, IDNA A-labels in the domain. Plus tags stay.

    Takes anything found in a wild header and never raises. Only a whole address has an @ in its key; other text is
    cleaned and lowered.
    """
    if len(raw) <= 320 and _PLAIN.fullmatch(raw):  # RFC 5321 section 4.5.3.1
        return raw.lower()
    text = _INVISIBLE.sub("", raw[:_LONGEST])
    angled = _ANGLED.search(text) if "<" in text else None
    text = angled[1] if angled else text.replace("<", " ").replace(">", " ")
    text = clean_line(text).lower().lstrip(_AROUND).rstrip(_AROUND + ".")
    local, at, domain = text.rpartition("@")
    if not at:
        return unicodedata.normalize("NFC", text)
    return f"{unicodedata.normalize('NFC', local.strip(_AROUND))}@{_ascii_domain(domain.strip(_AROUND))}"


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain
    import idna  # only now: most domains are in ASCII

    try:
        return idna.encode(domain, uts46=True).decode("ascii").strip(".")
    except (idna.IDNAError, UnicodeError):
        return unicodedata.normalize("NFC", domain)


def _configured_domain(text: str) -> str:
    """A domain as people write it into a configuration: `@acme.com`, `*.acme.com`, `ACME.com.`, `公司.cn`."""
    return _ascii_domain(text.strip().strip("@*.").lower())


def mailbox_key(key: str) -> str:
    """The mailbox behind an `address_key`: without the plus tag; Gmail without dots and as one domain."""
    local, at, domain = key.rpartition("@")
    if not at:
        return key
    base = local.split("+", 1)[0] or local
    if domain in _GMAIL:
        return f"{base.replace('.', '') or base}@gmail.com"
    return f"{base}@{domain}"


def domain_of(key: str) -> str:
    """The domain of an `address_key`, or ''."""
    return key.rpartition("@")[2] if "@" in key else ""


def parse_address(text: str) -> EmailAddress:
    """An address that a user typed or imported, checked by RFC 5321 syntax (no DNS).

    Raises UserError with the reason. Never use it on addresses from received mail: reality is wider than the RFC.
    """
    from email_validator import EmailNotValidError, validate_email  # only now: its tables cost a tenth of a second

    typed = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text[:_LONGEST])).strip()  # full-width letters of an IME
    try:
        found = validate_email(typed, check_deliverability=False, allow_smtputf8=True, test_environment=True)
    except EmailNotValidError as exc:
        raise UserError(f"{typed[:100]!r} is not an e-mail address: {exc}") from exc
    return EmailAddress(display=found.normalized, key=address_key(found.normalized))


@dataclass(frozen=True, slots=True)
class OwnAddresses:
    """Which addresses are ours: the mailboxes we poll, our aliases, and whole domains."""

    addresses: frozenset[str] = field(default_factory=frozenset)
    domains: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def build(cls, addresses: Iterable[str], domains: Iterable[str]) -> "OwnAddresses":
        """From what the configuration says; free-mail domains are refused there, not here."""
        keys = frozenset(map(address_key, addresses)) - {""}
        return cls(keys | frozenset(map(mailbox_key, keys)), frozenset(map(_configured_domain, domains)) - {""})

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, str):
            return False
        if key in self.addresses or mailbox_key(key) in self.addresses:
            return True
        domain = domain_of(key)
        return any(domain == own or domain.endswith(f".{own}") for own in self.domains)


def address_kind(key: str, own: OwnAddresses) -> AddressKind:
    """What kind of address a comparison form is, by its words alone.

    A mailing list is known for certain only by the List-* headers of its mail; the caller overrides then.
    """
    if key in own:
        return AddressKind.OWN
    local, _, domain = key.rpartition("@")
    local = local or domain
    if _LIST.match(local) or _LIST_DOMAIN.search(domain):
        return AddressKind.LIST
    if _NOREPLY.search(local) or (_ROBOT.match(local) and not is_free_mail(domain)):
        return AddressKind.NOREPLY
    word = local.split("+", 1)[0].replace("_", "-").replace(".", "-")
    return AddressKind.ROLE if word in ROLE_NAMES else AddressKind.PERSONAL


FREE_MAIL_DOMAINS = frozenset(
    (
        "gmail.com googlemail.com outlook.com outlook.de outlook.fr outlook.es outlook.jp outlook.kr outlook.in "
        "hotmail.com hotmail.co.uk hotmail.fr hotmail.de hotmail.it hotmail.es hotmail.co.jp live.com live.cn live.co.uk "
        "live.fr live.nl live.de live.it live.ca live.com.au live.jp msn.com msn.cn passport.com "
        "yahoo.com yahoo.co.uk yahoo.co.jp yahoo.co.in yahoo.in yahoo.ca yahoo.fr yahoo.de yahoo.it yahoo.es yahoo.cn "
        "yahoo.com.cn yahoo.com.hk yahoo.com.tw yahoo.com.au yahoo.com.br yahoo.com.mx yahoo.com.ar yahoo.com.sg "
        "yahoo.com.vn yahoo.co.id yahoo.co.kr ymail.com rocketmail.com icloud.com me.com mac.com aol.com aim.com mail.com "
        "gmx.de gmx.net gmx.com gmx.at gmx.ch gmx.fr gmx.co.uk web.de t-online.de freenet.de arcor.de bluewin.ch "
        "mail.ru bk.ru inbox.ru list.ru internet.ru rambler.ru yandex.ru yandex.com ya.ru ukr.net seznam.cz wp.pl o2.pl "
        "onet.pl interia.pl proton.me protonmail.com pm.me tutanota.com tuta.com fastmail.com fastmail.fm hey.com "
        "zoho.com zohomail.com orange.fr wanadoo.fr free.fr sfr.fr laposte.net libero.it virgilio.it tiscali.it alice.it "
        "telenet.be skynet.be ziggo.nl kpnmail.nl sapo.pt btinternet.com sky.com virginmedia.com ntlworld.com "
        "comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net rogers.com shaw.ca sympatico.ca bigpond.com "
        "optusnet.com.au xtra.co.nz bol.com.br uol.com.br terra.com.br ig.com.br rediffmail.com "
        "qq.com vip.qq.com foxmail.com 163.com vip.163.com 126.com vip.126.com yeah.net 188.com 163.net 263.net "
        "sina.com sina.cn sina.com.cn vip.sina.com sohu.com vip.sohu.com 139.com 189.cn wo.cn 21cn.com tom.com aliyun.com "
        "hinet.net pchome.com.tw netvigator.com naver.com hanmail.net daum.net nate.com kakao.com "
        "docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp"
    ).split()
)


def is_free_mail(domain: str) -> bool:
    """Whether anybody can get an address there, so that the domain says nothing about an organisation."""
    return _configured_domain(domain) in FREE_MAIL_DOMAINS
