"""Why a mail was refused: a class for each diagnostic of a mail system, by our own table of words.

English and Chinese, and what systems of other countries say most.

The words decide before the status code does: systems give 5.1.1 to spam and 5.7.1 to unknown users. A reason is
`hard` when another try can never succeed; policy, quota and spam blocks are not, whatever their code.
"""

import re

from mailcrm.ingest.mail.phrases import Phrases, any_of

# The first match wins, so what is unmistakable stands above what is vague.
_CERTAIN = (
    (
        "policy",  # it is the sender whom they do not know
        any_of(r"""
            (?:sender|from address)\S* (?:\S+ ){0,4}?(?:rejected|denied|refused|blocked|invalid|unknown)
            sender\S* (?:\S+ ){0,4}?not (?:exist|found)|domain of sender
            (?:unroutable|invalid|unknown|bad) sender
            sender (?:verif|call)
            my name was rejected|client host rejected: (?!gr[ae]y|temp|try|service)
            relay quota|google (?:groups|グループ|网上论坛|網上論壇)
            发件人.{0,12}(?:不存在|无效|被拒)
        """),
    ),
    (
        "full",
        any_of(r"""
            over (?:\w+ )?quota
            quota (?:is )?(?:exceeded|full|violation)
            exceed\w* (?:\w+ ){0,4}(?:quota|storage)
            (?:mail ?box|inbox|mail ?folder|maildir|account|drop) (?:\S+ ){0,3}?(?:full|over its)\b
            full mailbox|mailbox size limit|insufficient mailbox|no space left in mailbox
            out of storage space|not enough (?:storage )?space|has (?:run out|exhausted)
            storage (?:allocation|quota|limit)
            disk quota|user is over
            (?:postfach|mailbox) (?:\S+ ){0,4}?(?:voll|überfüllt)|speicherplatz (?:\S+ ){0,3}?(?:erschöpft|überschritten)
            bo[iî]te (?:\S+ ){0,4}?(?:pleine|saturée)|quota (?:dépassé|superad\w+|excedid\w+|superat\w+)
            (?:buzón|casilla|caixa|casella|correo)\S* (?:\S+ ){0,4}?(?:llen|chei|pien)[oa]\b
            ящик\S* (?:\S+ ){0,2}?(?:переполнен|заполнен)|(?:편지함|메일함|용량)\S* ?\S{0,6}(?:가득|초과)
            (?:メールボックス|受信箱|容量)\S{0,10}(?:一杯|いっぱい|超過|オーバー)
            (?:邮箱|信箱)(?:空间|容量)?[已己]?[满滿]
            (?:空间|容量|存储|空間)(?:[已己][满滿]|不足)
            超出(?:邮箱)?(?:配额|容量)
        """),
    ),
    (
        "size",
        any_of(r"""
            (?:message|mail|attachment|data|size)\S* (?:\w+ ){0,3}(?:too (?:large|big|long))
            too (?:large|big) message
            (?:size|length) (?:\w+ ){0,3}exceed
            exceed\w* (?:\w+ ){0,5}(?:message size|size limit|maximum size)
            max\w* (?:message )?(?:size|length) exceeded
            邮件(?:大小|体积|过大|太大)
            (?:附件|大小)超[过出]|信件過大
        """),
    ),
    (
        "temporary",
        any_of(r"""
            (?:not found|unexpected|failure|error)[^.]{0,40}(?:try again|name server reply)
            insufficient disk space
            receiving mail at a rate|gr[ae]y ?-?listing
            temporarily (?:\w+ )?(?:unavailable|disabled)
        """),
    ),
    (
        "invalid",
        any_of(r"""
            (?:host|domain)(?: or domain)?(?: name)? (?:\S+ )?(?:not found|unknown|does not exist)
            no such (?:domain|host)|unknown (?:host|domain)|nxdomain
            unrout\w+ (?:mail )?(?:address|domain)|no route to that domain
            bad destination (?:system|host)
            no (?:mx|relevant|valid) (?:record|answer|recipient)\w*
            doesn'?t receive email
            no mail(?:box)? here by that name
            recipient address rejected(?:: access denied|\.?\s*(?:$|\())
            account or domain may not exist
            (?:域名|域)(?:不存在|错误|无法解析|解析失败)|網域不存在
            找不到(?:域名|收件人)
        """),
    ),
    (
        "disabled",
        any_of(r"""
            (?:account|mailbox|user|recipient|address|customer)\S* (?:\S+ ){0,5}?(?:disabled|suspended|inactive|frozen)
            (?:account|mailbox|user|recipient|address|customer)\S* (?:\S+ ){0,5}?(?:locked|closed|terminated)
            (?:account|mailbox|user|recipient|address|customer)\S* (?:\S+ ){0,5}?(?:not activ|de-?activ)ated?
            (?:disabled|suspended|inactive|deactivated|locked) (?:\w+ )?(?:account|mailbox|user|recipient|address)
            (?:konto|postfach) (?:\S+ ){0,3}?(?:deaktiviert|gesperrt)|compte (?:\S+ ){0,3}?(?:désactivé|suspendu)
            cuenta (?:\S+ ){0,3}?(?:desactivad|deshabilitad|suspendid|inactiv)|conta (?:\S+ ){0,3}?(?:desativad|suspens|inativ)
            (?:[帐账帳][号户號]|邮箱|用户|信箱)[已被]{0,2}(?:停用|冻结|禁用|锁定|关闭|注销|暂停|停權)
        """),
    ),
    (
        "policy",
        any_of(r"""
            spam|junk|virus|malware|phish|banned|prohibited|policy
            bl[ao]c?k ?list|dnsbl|\brbl\b|(?<!not )(?:black)?listed (?:in|at|on|by)
            reputation|user complaints|unexpected volume
            \bdmarc\b|\bspf\b|\bdkim\b|unauthenticated|not authenticated|unverif
            authentication (?:required|failed|checks)|does not advertise auth
            reverse dns|\bptr\b|\brdns\b|reverse (?:lookup|mapping)|mismatches client|domain name mismatch
            relaying|relay\w* (?:\w+ )?(?:denied|not (?:permitted|allowed))
            (?:unable|not (?:permitted|allowed)) to relay
            content (?:\w+ )?(?:rejected|blocked|filter|restriction)
            message (?:\w+ )?(?:blocked|content)
            permission to post
            dns check failed|invalid dns mx
            \b(?:dt|rp|mi|hl|fc):[a-z]{3}\b
            垃圾[邮信]|反垃圾|黑名单|病毒|拒收|被拦截|策略|封禁|違反|发信(?:IP|ip)
        """),
    ),
    (
        "invalid",
        any_of(r"""
            (?:user|recipient|mailbox|address|account|local.?part|name|alias)\S* (?:\S+ ){0,4}?(?:unknown|invalid)
            (?:user|recipient|mailbox|address|account|name|alias)\S* (?:\S+ ){0,4}?(?:not found|(?:not|doesn'?t) exist)
            (?:user|recipient|mailbox|address|account|name)\S* (?:\S+ ){0,4}?not (?:known|listed|recogni[sz]ed|valid)
            (?:user|recipient|mailbox|address|account)\S* (?:\S+ ){0,4}?(?:no longer|unavailable or|not available or)
            (?:unknown|invalid|no such|non-?existent|unrecogni[sz]ed) (?:\w+ )?(?:user|recipient|mailbox|person|local)
            (?:unknown|invalid|no such|non-?existent|not a valid|bad) (?:\w+ )?(?:address|account|name|destination)
            does not exist|doesn'?t exist|user not local|not our customer|not (?:a )?(?:known|local) (?:user|recipient)
            no (?:such )?(?:mailbox|user|account|recipient|person|address)
            (?:address|domain|user|recipient|mailbox)\S* (?:\S+ ){0,2}?(?:could ?n[o']t|can ?n[o']t|was ?n[o']t) (?:be )?found
            doesn'?t have (?:an? )?(?:\S+ )?account
            (?:mailbox|user|recipient|address) has moved|no (?:forwarding|new) address
            no longer (?:in use|valid|available|on|accept)
            not accept(?:ing)? (?:any )?(?:mail|messages|network)|does not accept mail|null mx
            (?:empfänger|benutzer)\S* (?:\S+ ){0,2}?unbekannt|unbekannter (?:empfänger|benutzer)
            (?:adresse|postfach|benutzer|empfänger)\S* (?:\S+ ){0,3}?(?:existiert nicht|nicht gefunden|ungültig)
            (?:utilisateur|destinataire|adresse)\S* (?:\S+ ){0,3}?(?:inconnue?|inexistante?|introuvable|n'existe pas|invalide)
            (?:usu[aá]rio|destinat[aá]ri[oa]|utente|direcci[óo]n|endereço|indirizzo) (?:\S+ ){0,3}?(?:des|s)con(?:oc|hec|osc)\w+
            (?:usu[aá]rio|destinat[aá]ri[oa]|utente|cuenta|conta)\S* (?:\S+ ){0,3}?(?:inexistente|(?:no|não) existe|non esiste)
            (?:usu[aá]rio|destinat[aá]ri[oa]|utente|cuenta|conta)\S* (?:\S+ ){0,3}?(?:(?:no|não) encontrad[oa]|non trovato)
            (?:пользовател|получател|адрес|ящик)\S* (?:\S+ ){0,3}?(?:не найден|не существует|неизвест\S+)
            нет такого (?:пользователя|ящика|получателя)
            (?:ユーザー?|宛先|アドレス|受信者|メールボックス)\S{0,12}(?:存在しません|見つかりません|不明)
            (?:수신자|사용자|주소|받는 ?사람)\S* ?\S{0,6} ?(?:찾을 수 없|존재하지 않|없습니다)
            (?:用户|收件人|用戶|使用者)(?:地址|邮箱|名)?(?:不存在|未找到|错误|无效|已失效|不正确|有误)
            (?:邮箱|地址|帐号|账号|信箱)(?:地址|名)?(?:不存在|未找到|错误|无效|已失效|不正确|有误)
            不存在(?:该|此|这个)?(?:用户|收件人|邮箱|地址)?|无[此效](?:用户|收件人|地址)|查無此
        """),
    ),
)
# Below the status code: words that every kind of refusal uses.
_VAGUE = (
    (
        "temporary",
        any_of(r"""
            gr[ae]y ?-?list|temporar|delayed|deferred|expired|giving up|throttl|rate limit|too many|\bloop
            try (?:again|later)|(?:please )?retry|retry time
            timed? ?-?out|time ?limit|for (?:the last )?\d+ (?:days|hours|seconds)|failing for a long time
            connection (?:refused|reset|lost|closed|dropped|was)|lost connection|requests to connect
            frequency limited|servfail
            could not connect|(?:unable|failed|can'?t|cannot) (?:to )?connect
            no route|unreachable|no answer|not responding|not (?:yet )?been delivered
            system (?:error|resources|full)|internal (?:server |system )?error
            insufficient (?:system )?(?:storage|resources)
            service (?:is )?(?:currently )?unavailable
            delivery failed \d+ attempts
            (?:连接|会话)?超时|暂时|稍后|繁忙|频率|连接(?:失败|被拒绝)|無法連線|暫時
        """),
    ),
    (
        "policy",
        any_of(r"""
            denied|refused|rejected|blocked|forbidden|unacceptable|administrative|violat|restrict
            not (?:allowed|permitted|authorized|accepted)
            禁止|拒绝|限制
        """),
    ),
)
# RFC 3463; what is not here says nothing by itself.
_BY_STATUS = (
    ("full", re.compile(r"[45]\.2\.2$")),
    ("size", re.compile(r"[45]\.(2\.3|3\.4)$")),
    ("invalid", re.compile(r"5\.1\.([012369]|10)$|5\.4\.4$")),
    ("disabled", re.compile(r"[45]\.2\.1$")),
    ("policy", re.compile(r"[45]\.7\.\d+$|5\.1\.[78]$|5\.6\.\d+$")),
    ("temporary", re.compile(r"4\.[1-7]\.\d+$|5\.4\.\d+$|5\.3\.[1-35]$")),
)
# At which SMTP command the other side said no. Before RCPT it cannot mean the recipient; after DATA "user unknown" is
# what filters say of mail that they do not like, for a recipient whom they accepted a moment ago.
_PHASES = (
    ("rcpt", re.compile(r"(?:reply to|after|>>>|our|\[) ?rcpt", re.IGNORECASE)),
    ("mail", re.compile(r"(?:reply to|after|>>>) (?:mail from|helo|ehlo|initial conn)", re.IGNORECASE)),
    ("data", re.compile(r"(?:reply to|after) (?:the )?(?:end of )?data|smtp command data", re.IGNORECASE)),
)
_INVALID_IN_PHASE = {"mail": "policy", "data": "disabled"}
# What KDDI says behind DATA where its customer's filter refuses a mail: it names nobody.
_NAMES_NOBODY = re.compile(r"\b550:? : user unknown", re.IGNORECASE)
_NO_ANSWER = re.compile(r"nxdomain|domain name not found|no relevant answer", re.IGNORECASE)

_NOISE = re.compile(r"https?://\S+|[^\s<>:;,@]{0,200}@[^\s<>:;,]+")
_SPACES = re.compile(r"\s+")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_REPLY_CODE = re.compile(r"\b([245]\d\d)[\s-]")
_WORDS_LIMIT = 4_000


def reason_of(diagnostic: str, status: str = "", transcript: str = "") -> str:
    """The class of a refusal: invalid, full, size, disabled, policy, temporary or other.

    `transcript` is whatever else the report says; only the SMTP command that was refused is read from it.
    """
    words = _SPACES.sub(" ", _NOISE.sub(" ", diagnostic[:_WORDS_LIMIT]))
    if not status or status.endswith(".0.0"):
        status = find_status(words) or status
    reason = _first(_CERTAIN, words) or _first(_BY_STATUS, status) or _first(_VAGUE, words) or "other"
    if reason != "invalid":
        return reason
    return "disabled" if _NAMES_NOBODY.search(diagnostic) else _doubted(words, status, transcript[:_WORDS_LIMIT])


def _doubted(words: str, status: str, transcript: str) -> str:
    """Whether "unknown" really means that there is no such recipient."""
    if status.startswith("4") and _NO_ANSWER.search(words):
        return "temporary"
    phase = _first(_PHASES, f"{words} {_SPACES.sub(' ', transcript)}")
    # RFC 3463: it is the mailbox, or the system, that is not well
    if status.startswith(("5.2.", "5.3.")) and phase != "rcpt":
        return "disabled"
    if status.startswith("5.1.") and phase != "mail":
        return "invalid"
    return _INVALID_IN_PHASE.get(phase, "invalid")


def _first(table: tuple[tuple[str, Phrases | re.Pattern[str]], ...], words: str) -> str:
    return next((name for name, pattern in table if pattern.search(words)), "")


def is_hard(reason: str, status: str) -> bool:
    """Whether an address must not be tried again: it, or its domain, does not exist.

    Not where the system itself speaks of a passing condition (4.x.x); and disabled mailboxes come back.
    """
    return reason == "invalid" and not status.startswith("4")


def find_status(text: str) -> str:
    """The enhanced status code (RFC 3463) in a diagnostic, else what its reply code amounts to, else ''."""
    found = _STATUS.search(text)
    if found:
        return found[1]
    code = _REPLY_CODE.search(text)
    return f"{code[1][0]}.0.0" if code else ""
