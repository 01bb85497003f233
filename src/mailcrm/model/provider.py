"""Mail providers: where their servers are, how one signs in, and what is odd about them.

Used by `init` (hosts and the way to an authorization code), ingest and the sender (limits, quirks). Facts about
behaviour come from issue threads and help pages (docs/providers.md); hosts are the providers' published ones.
"""

from dataclasses import dataclass
from enum import StrEnum

from mailcrm.model.oauth import OAuthProvider

EXPIRY_DAYS = 14
"""So many days before it ends, people are told that a code or password has to be renewed."""


class Security(StrEnum):
    """How a connection is protected. `none` is accepted for loopback only."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class Compress(StrEnum):
    """When to compress a connection: `auto` measures whether the server is far enough away."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Server:
    """A host, a port and how to protect the connection to it."""

    host: str
    port: int
    security: Security


USUAL_CONNECTIONS = 3
"""To a host of which no limit is known."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider.

    `mx` are endings of the MX host names of domains hosted there. `code_name` is what the provider calls the secret that
    mail programs need ('' = the normal password), `code_where` the clicks that lead to it, in English and Chinese.
    `code_days` is its life time where it has one. `ambiguous_login`: one error for wrong password, service off and rate
    limit alike. `oauth`: on whose page one signs in, `oauth_only` if there is no other way. `daily_limit` is a cautious
    figure for new mail to strangers; `mails_per_connection` 0 = no known limit. `connections` is how many we make to its
    IMAP server at once, for all mailboxes there together, and `bytes_per_day` what we read at most in a day, 0 where no
    limit is known. `qresync_works` false: it offers QRESYNC (RFC 7162), and names changes wrongly.
    """

    key: str
    title: str
    imap: Server
    smtp: Server
    domains: tuple[str, ...] = ()
    mx: tuple[str, ...] = ()
    code_name: str = ""
    code_where: tuple[str, str] = ("", "")
    code_days: int | None = None
    ambiguous_login: bool = False
    oauth: OAuthProvider | None = None
    oauth_only: bool = False
    daily_limit: int = 500
    mails_per_connection: int = 0
    connections: int = USUAL_CONNECTIONS
    bytes_per_day: int = 0
    files_sent_copy: bool = False
    qresync_works: bool = True


def _tls(host: str, port: int) -> Server:
    return Server(host, port, Security.TLS)


def _starttls(host: str, port: int) -> Server:
    return Server(host, port, Security.STARTTLS)


def _netease(key: str, title: str, domain: str) -> Provider:
    return Provider(
        key,
        title,
        _tls(f"imap.{domain}", 993),
        _tls(f"smtp.{domain}", 465),
        domains=(domain,),
        code_name="授权码 (authorization code)",
        code_where=(
            "web mail > Settings > POP3/SMTP/IMAP > switch IMAP on > new authorization code",
            "网页邮箱 > 设置 > POP3/SMTP/IMAP > 开启 IMAP/SMTP 服务 > 新增授权密码",
        ),
        code_days=180,
        daily_limit=200,
        mails_per_connection=10,
    )


PROVIDERS: tuple[Provider, ...] = (
    Provider(
        "qq",
        "QQ Mail",
        _tls("imap.qq.com", 993),
        _tls("smtp.qq.com", 465),
        domains=("qq.com", "vip.qq.com", "foxmail.com"),
        code_name="授权码 (authorization code)",
        code_where=(
            "mail.qq.com > Settings > Account > POP3/IMAP/SMTP services > generate authorization code; "
            "changing the QQ password kills all codes",
            "mail.qq.com > 设置 > 账号 > POP3/IMAP/SMTP 服务 > 生成授权码；修改 QQ 密码后所有授权码失效",
        ),
        ambiguous_login=True,
        daily_limit=100,
    ),
    Provider(
        "exmail",
        "Tencent Exmail",
        _tls("imap.exmail.qq.com", 993),
        _tls("smtp.exmail.qq.com", 465),
        mx=("mxbiz1.qq.com", "mxbiz2.qq.com", ".exmail.qq.com"),
        code_name="客户端专用密码 (client password)",
        code_where=(
            "exmail.qq.com > Settings > Client settings > allow IMAP/SMTP; Mailbox binding > Secure login > client password",
            "exmail.qq.com > 设置 > 客户端设置 > 开启 IMAP/SMTP；邮箱绑定 > 安全登录 > 生成客户端专用密码",
        ),
        ambiguous_login=True,
        daily_limit=500,
    ),
    _netease("163", "NetEase 163", "163.com"),
    _netease("126", "NetEase 126", "126.com"),
    _netease("yeah", "NetEase yeah.net", "yeah.net"),
    Provider(
        "netease-qiye",
        "NetEase enterprise mail",
        _tls("imap.qiye.163.com", 993),
        _tls("smtp.qiye.163.com", 465),
        mx=(".mxmail.netease.com", ".qiye.163.com"),
        code_name="客户端授权密码 (client authorization code)",
        code_where=(
            "mail.qiye.163.com > Settings > Client settings > authorization code; it expires on the date shown there",
            "mail.qiye.163.com > 设置 > 客户端设置 > 客户端授权密码；到期日以页面显示为准",
        ),
        code_days=180,
        daily_limit=500,
        mails_per_connection=10,
    ),
    Provider(
        "aliyun",
        "Aliyun Mail",
        _tls("imap.aliyun.com", 993),
        _tls("smtp.aliyun.com", 465),
        domains=("aliyun.com",),
        daily_limit=100,
    ),
    Provider(
        "aliyun-qiye",
        "Aliyun enterprise mail",
        _tls("imap.qiye.aliyun.com", 993),
        _tls("smtp.qiye.aliyun.com", 465),
        mx=(".mxhichina.com", ".qiye.aliyun.com"),
        code_name="三方客户端安全密码 (client password)",
        code_where=(
            "qiye.aliyun.com > Settings > Account and security > client password (where the administrator demands it)",
            "qiye.aliyun.com > 设置 > 账户与安全 > 三方客户端安全密码（管理员要求时）",
        ),
        daily_limit=500,
    ),
    Provider(
        "gmail",
        "Gmail",
        _tls("imap.gmail.com", 993),
        _tls("smtp.gmail.com", 465),
        domains=("gmail.com", "googlemail.com"),
        mx=(".google.com", ".googlemail.com"),
        code_name="app password",
        code_where=(
            "myaccount.google.com > Security > 2-Step Verification on > App passwords",
            "myaccount.google.com > 安全性 > 开启两步验证 > 应用专用密码",
        ),
        oauth=OAuthProvider.GOOGLE,
        daily_limit=500,
        connections=10,  # it allows 15 for each mailbox, other mail programs included
        bytes_per_day=2_000_000_000,  # it cuts off at about 2.5 GB, for a day, other mail programs included
        files_sent_copy=True,
    ),
    Provider(
        "outlook",
        "Outlook and Microsoft 365",
        _tls("outlook.office365.com", 993),
        _starttls("smtp.office365.com", 587),
        domains=("outlook.com", "hotmail.com", "live.com", "msn.com"),
        mx=(".protection.outlook.com", ".olc.protection.outlook.com"),
        code_name="OAuth sign-in",
        code_where=(
            "Microsoft no longer takes passwords over IMAP: register mailcrm (docs/oauth.md), then mailcrm accounts sign-in",
            "微软已停用 IMAP 密码登录：先注册应用 (docs/oauth.md)，再运行 mailcrm accounts sign-in",
        ),
        oauth=OAuthProvider.MICROSOFT,
        oauth_only=True,
        daily_limit=300,
        files_sent_copy=True,
    ),
    Provider(
        "icloud",
        "iCloud",
        _tls("imap.mail.me.com", 993),
        _starttls("smtp.mail.me.com", 587),
        domains=("icloud.com", "me.com", "mac.com"),
        mx=(".mail.icloud.com",),
        code_name="app-specific password",
        code_where=(
            "account.apple.com > Sign-In and Security > App-Specific Passwords",
            "account.apple.com > 登录与安全 > App 专用密码",
        ),
        daily_limit=500,
        qresync_works=False,  # Mailspring-Sync switched it off in January 2026
    ),
    Provider(
        "yahoo",
        "Yahoo",
        _tls("imap.mail.yahoo.com", 993),
        _tls("smtp.mail.yahoo.com", 465),
        domains=("yahoo.com", "ymail.com", "rocketmail.com", "yahoo.co.uk", "yahoo.fr"),
        mx=(".yahoodns.net",),
        code_name="app password",
        code_where=("Account security > Generate app password", "账户安全 > 生成应用密码"),
        daily_limit=300,
    ),
    Provider(
        "fastmail",
        "Fastmail",
        _tls("imap.fastmail.com", 993),
        _tls("smtp.fastmail.com", 465),
        domains=("fastmail.com", "fastmail.fm"),
        mx=(".messagingengine.com",),
        code_name="app password",
        code_where=("Settings > Privacy & Security > App passwords", "设置 > 隐私与安全 > 应用密码"),
        daily_limit=2000,
    ),
    Provider(
        "zoho",
        "Zoho Mail",
        _tls("imap.zoho.com", 993),
        _tls("smtp.zoho.com", 465),
        domains=("zoho.com", "zohomail.com"),
        mx=(".zoho.com",),
        code_name="app password",
        code_where=("accounts.zoho.com > Security > App Passwords", "accounts.zoho.com > 安全 > 应用密码"),
        daily_limit=300,
    ),
    Provider(
        "gmx",
        "GMX",
        _tls("imap.gmx.net", 993),
        _tls("mail.gmx.net", 465),
        domains=("gmx.de", "gmx.net", "gmx.at", "gmx.ch"),
        code_where=("GMX > Settings > POP3/IMAP > allow access", "GMX > 设置 > POP3/IMAP > 允许访问"),
        daily_limit=100,
    ),
    Provider(
        "yandex",
        "Yandex",
        _tls("imap.yandex.com", 993),
        _tls("smtp.yandex.com", 465),
        domains=("yandex.ru", "yandex.com", "ya.ru"),
        mx=(".yandex.net", ".yandex.ru"),
        code_name="app password",
        code_where=("Yandex ID > Security > App passwords", "Yandex ID > 安全 > 应用密码"),
        daily_limit=200,
    ),
    Provider(
        "sina",
        "Sina Mail",
        _tls("imap.sina.com", 993),
        _tls("smtp.sina.com", 465),
        domains=("sina.com", "sina.cn"),
        code_name="授权码 (authorization code)",
        code_where=("Settings > Client POP/IMAP/SMTP > authorization code", "设置区 > 客户端 pop/imap/smtp > 授权码"),
        ambiguous_login=True,
        daily_limit=100,
    ),
    Provider(
        "139",
        "China Mobile 139",
        _tls("imap.139.com", 993),
        _tls("smtp.139.com", 465),
        domains=("139.com",),
        code_name="授权码 (authorization code)",
        code_where=("Settings > Mail protocol settings > authorization code", "设置 > 邮箱协议设置 > 生成授权码"),
        daily_limit=100,
    ),
)


def _host_name(text: str) -> str:
    return text.strip().rstrip(".").lower()


def provider_for_domain(domain: str) -> Provider | None:
    """The provider whose own addresses end in `domain`."""
    name = _host_name(domain)
    return next((p for p in PROVIDERS if name in p.domains), None)


def provider_for_mx(hosts: list[str]) -> Provider | None:
    """The provider behind MX host names, best preference first; only the best decides."""
    for host in hosts[:1]:
        name = f".{_host_name(host)}"
        for provider in PROVIDERS:
            if any(name.endswith(ending if ending.startswith(".") else f".{ending}") for ending in provider.mx):
                return provider
    return None


def provider_for_host(host: str) -> Provider | None:
    """The provider that owns an IMAP or SMTP host name."""
    name = _host_name(host)
    return next((p for p in PROVIDERS if name in (p.imap.host, p.smtp.host)), None)
