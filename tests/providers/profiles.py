"""The providers as scripted servers; each quirk names the thread that reported it. None was tried live."""

from __future__ import annotations

from tests.providers.server import Quirks

# QQ and Exmail are one software. Greeting, capabilities and folders: a log in MailKit#1241.
_QQ_BEFORE = ("IMAP4", "IMAP4rev1", "ID", "AUTH=PLAIN", "AUTH=LOGIN", "NAMESPACE")
_QQ_AFTER = (
    "IMAP4",
    "IMAP4rev1",
    "XLIST",
    "MOVE",
    "IDLE",
    "XAPPLEPUSHSERVICE",
    "NAMESPACE",
    "CHILDREN",
    "ID",
    "UIDPLUS",
)
_QQ_FOLDERS = (
    ("INBOX", ("\\HasNoChildren",)),
    ("其他文件夹", ("\\NoSelect", "\\HasChildren")),
    ("其他文件夹/客户", ("\\HasNoChildren",)),
    ("Drafts", ("\\HasNoChildren", "\\Drafts")),
    ("Junk", ("\\HasNoChildren", "\\Junk")),
    ("Deleted Messages", ("\\HasNoChildren", "\\Trash")),
    ("Sent Messages", ("\\HasNoChildren", "\\Sent")),
)

QQ = Quirks(
    name="QQ",
    greeting=f"[CAPABILITY {' '.join(_QQ_BEFORE)}] QQMail IMAP4Server ready",
    capabilities=_QQ_BEFORE,
    capabilities_after_login=_QQ_AFTER,
    folders=_QQ_FOLDERS,
    uidvalidity=1628767717,
    no_special_use=True,  # only XLIST shows the flags (MailKit#1241)
    search_ignored=True,  # every mail comes back (MailKit#1143, node-imap#686)
    descending_set_bad=True,  # BAD UID parameters! (Wino-Mail#201, #575)
    # One text for wrong password, service off, rate limit and busy (cursor-auto-free#294).
    login_error=b"NO Login fail. Account is abnormal, service is not open, password is incorrect, "
    b"login frequency limited, or system is busy.",
)

EXMAIL = Quirks(
    name="Exmail",
    greeting=QQ.greeting,
    capabilities=_QQ_BEFORE,
    capabilities_after_login=_QQ_AFTER,
    folders=_QQ_FOLDERS,
    uidvalidity=1628767718,
    no_special_use=True,
    search_ignored=True,
    descending_set_bad=True,
    # BAD, not NO, and in GBK (fdm#30).
    login_error="BAD 缺少login参数，或者登录失败".encode("gbk"),
)

NETEASE_163 = Quirks(
    name="163",
    greeting="Coremail System IMap Server Ready(163com[10774b260cc7a37d26d71b52404dcf5c])",
    # No IDLE (offlineimap3#71, S22.Imap#167).
    capabilities=(
        "IMAP4rev1",
        "XLIST",
        "SPECIAL-USE",
        "ID",
        "LITERAL+",
        "APPENDLIMIT=71680000",
        "UIDPLUS",
        "X-CM-EXT-1",
    ),
    folders=(
        ("INBOX", ()),
        ("草稿箱", ("\\Drafts",)),
        ("已发送", ("\\Sent",)),
        ("已删除", ("\\Trash",)),
        ("垃圾邮件", ("\\Junk",)),
        ("病毒文件夹", ()),
        ("客户", ()),
    ),
    server_id=(("name", "Coremail Imap"), ("vendor", "Mailtech"), ("TransID", "I082JmAAABqnFWEI7zcA")),
    uidvalidity=1,
    first_uid=1320000000,  # not reported: UIDs far apart and far up, which RFC 3501 allows
    needs_id=True,  # EXAMINE Unsafe Login (imapclient#544, node-imap#908, Mailspring-Sync#121)
    no_uidnext=True,  # chatmail/core#5043
    empty_status=True,  # * STATUS "INBOX" () (chatmail/core#5049)
    login_error=b"NO LOGIN Login error or password error",
)

ALIYUN = Quirks(
    name="Aliyun",
    greeting="AliYun IMAP Server Ready",
    # Nothing but these (go-imap#638).
    capabilities=("IMAP4rev1", "IDLE", "XLIST", "UIDPLUS", "ID", "SASL-IR", "AUTH=XOAUTH", "AUTH=XOAUTH2"),
    folders=(
        ("INBOX", ()),
        ("草稿", ("\\Drafts",)),
        ("已发送", ("\\Sent",)),
        ("已删除邮件", ("\\Trash",)),
        ("垃圾邮件", ("\\Junk",)),
    ),
    uidvalidity=2,
    no_special_use=True,
    search_bad=True,  # UID SEARCH SUBJECT gives BAD (go-imap#638)
    login_error=b"NO LOGIN failed",
)

_GMAIL_BEFORE = ("IMAP4rev1", "UNSELECT", "IDLE", "NAMESPACE", "QUOTA", "ID", "XLIST", "CHILDREN", "X-GM-EXT-1")
# A mailbox in Chinese: names are translated, flags are not.
GMAIL = Quirks(
    name="Gmail",
    greeting="Gimap ready for requests",
    capabilities=(*_GMAIL_BEFORE, "SASL-IR", "AUTH=XOAUTH2", "AUTH=PLAIN", "AUTH=OAUTHBEARER"),
    # The second list comes by itself, before the tagged OK (MailKit#28).
    capabilities_after_login=(
        *(*_GMAIL_BEFORE, "UIDPLUS", "ENABLE", "MOVE", "CONDSTORE", "ESEARCH", "LIST-EXTENDED", "LIST-STATUS"),
        *("LITERAL-", "SPECIAL-USE", "APPENDLIMIT=35651584"),
    ),
    capability_comes="untagged",
    folders=(
        ("INBOX", ("\\HasNoChildren",)),
        ("[Gmail]", ("\\HasChildren", "\\NonExistent")),
        ("[Gmail]/所有邮件", ("\\All", "\\HasNoChildren")),
        ("[Gmail]/已发邮件", ("\\HasNoChildren", "\\Sent")),
        ("[Gmail]/草稿", ("\\Drafts", "\\HasNoChildren")),
        ("[Gmail]/垃圾邮件", ("\\HasNoChildren", "\\Junk")),
        ("[Gmail]/已删除邮件", ("\\HasNoChildren", "\\Trash")),
        ("[Gmail]/重要", ("\\HasNoChildren", "\\Important")),
    ),
    all_mail="[Gmail]/所有邮件",
    server_id=(("name", "GImap"), ("vendor", "Google, Inc.")),
    uidvalidity=11,
    login_error=b"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
)

_EXCHANGE_BEFORE = ("IMAP4", "IMAP4rev1", "AUTH=PLAIN", "AUTH=XOAUTH2", "SASL-IR", "UIDPLUS", "ID", "UNSELECT")
EXCHANGE = Quirks(
    name="Exchange",
    greeting="The Microsoft Exchange IMAP4 service is ready. [UABSADMAUAAxADkAMQ==]",  # MailKit#1282
    capabilities=(*_EXCHANGE_BEFORE, "CHILDREN", "IDLE", "NAMESPACE", "LITERAL+"),
    # No LIST-STATUS and no SPECIAL-USE (matcha#1426).
    capabilities_after_login=(*_EXCHANGE_BEFORE, "MOVE", "CHILDREN", "IDLE", "NAMESPACE", "LITERAL+"),
    folders=(
        ("INBOX", ("\\Marked", "\\HasNoChildren")),
        ("Archive", ("\\HasNoChildren",)),
        ("Deleted Items", ("\\HasNoChildren", "\\Trash")),
        ("Drafts", ("\\HasNoChildren", "\\Drafts")),
        ("Junk Email", ("\\HasNoChildren", "\\Junk")),
        ("Sent Items", ("\\HasNoChildren", "\\Sent")),
    ),
    no_special_use=True,
    unquoted_names=True,  # MailKit#1282
    uidvalidity=14,
    login_error=b"NO LOGIN failed.",
)

# What a mail server of today offers: ids for mails and folders (RFC 8474), as Fastmail's Cyrus and Stalwart do.
OBJECTS = Quirks(
    name="Objects",
    capabilities=(
        *("IMAP4rev1", "ID", "IDLE", "LITERAL+", "UIDPLUS", "AUTH=PLAIN", "ENABLE", "CONDSTORE", "ESEARCH"),
        *("LIST-EXTENDED", "LIST-STATUS", "SPECIAL-USE", "OBJECTID"),
    ),
    folders=(
        ("INBOX", ()),
        ("Sent", ("\\Sent",)),
        ("Drafts", ("\\Drafts",)),
        ("Junk", ("\\Junk",)),
        ("Trash", ("\\Trash",)),
        ("Customers", ()),
        ("Orders", ()),
    ),
)

ALL = (QQ, EXMAIL, NETEASE_163, ALIYUN, GMAIL, EXCHANGE, OBJECTS)
