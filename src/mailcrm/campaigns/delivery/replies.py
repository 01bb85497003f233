"""What the words of mail servers mean: who is to blame, whether the address is dead, whether we were too fast.

Collected from published lists of Gmail, Microsoft, QQ, NetEase, Aliyun, Coremail, Postfix and Exim. Enhanced codes
(RFC 3463) come first where they are definite, but words about us come before any code that blames the recipient.
"""

import re

from mailcrm.campaigns.delivery.attempt import Attempt, Stage


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.I)


_ADDRESS = re.compile(r"[\w.+=-]+@[\w.-]+", re.ASCII)


def _words(attempt: Attempt) -> str:
    """The text without mail addresses: what is in their names (sender@, client.example) is not said of anybody."""
    return _ADDRESS.sub("", attempt.text)


# --- the address is dead -----------------------------------------------------------------------------------------

_DEAD_CODES = frozenset({"5.1.1", "5.1.2", "5.1.10", "5.2.1"})
_DEAD_WORDS = _any_of(
    r"(user|recipient|mailbox|local part)( is)? (unknown|not known)",
    r"(unknown|invalid|unavailable mail) (user|recipient|mailbox)",
    r"no such (user|mailbox|recipient|address|account|domain)",
    r"un-?rout(e)?able address",
    r"(user|mailbox|recipient|account|address|domain|host)( \S+)? (is )?(not (found|exist)|does(n't| not) exist)",
    r"does(n't| not) have an? (\S+ )?account",
    r"(account|mailbox|user)( \S+)? (has been |is )?(disabled|deactivated|closed|cancelled|deleted)",
    r"(用户|收件人|邮箱|帐号|账号|地址)\S{0,4}不存在",
    r"[帐账]号已?(注销|停用|禁用)",
)
_NOT_THE_MAILBOX = re.compile(r"5\.7\.\d+|5\.2\.2")  # policy, or merely full
_ABOUT_US = _any_of(
    r"(?<![\w.-])(sender|mail from|from address|client|helo|ehlo)(?![\w-]|\.\w)",
    r"\byour (\S+ )?(account|mailbox|address|ip|host|domain|server)\b",
    r"[您你]的|发[件信]人",
)
_BUSY = _any_of(r"at a rate|too quickly")


def is_dead(attempt: Attempt) -> bool:
    """A permanent refusal because there is no such mailbox or domain. Anything less must never suppress an address."""
    said = _words(attempt)
    if _NOT_THE_MAILBOX.fullmatch(attempt.enhanced) or _BUSY.search(said) or _ABOUT_US.search(said):
        return False
    return attempt.enhanced in _DEAD_CODES or _DEAD_WORDS.search(said) is not None


_MAILBOX_TROUBLE = re.compile(r"5\.2\.\d+")


def is_recipients_affair(attempt: Attempt) -> bool:
    """Dead, full or busy: whatever the stage, the next recipient may be well."""
    return is_dead(attempt) or _MAILBOX_TROUBLE.fullmatch(attempt.enhanced) is not None


# --- the sender is to blame --------------------------------------------------------------------------------------

_SENDER_CODES = re.compile(
    r"5\.1\.[78]|5\.7\.(8|9|13|14|25|26|27|60|64|515)"
    r"|5\.7\.(50[12368]|509|51[12]|6\d\d|7\d\d)"  # Exchange: banned senders, hosts and tenants
)
_SESSION_CODES = frozenset({500, 502, 503, 504, 530, 534, 535, 538, 555})
_POLICY = re.compile(r"5\.7\.\d+")
_RECIPIENTS_RULE = re.compile(r"5\.7\.1[23]\d")  # Exchange: this group or mailbox takes mail from its own people only
_BY_RECIPIENT = _any_of(
    r"(rejected|blocked|refused|denied) by (the |this )?(recipient|user|addressee)",
    r"(recipient|user|addressee)('s|s')? (own )?(allow|block|black|deny|safe)",
)
_SENDER_WORDS = _any_of(
    r"authenticat(ion|e) (is )?(required|needed|fail)",
    r"(sender|client|user) (was |is )?not authenticated",
    r"must (authenticate|log ?in)",
    r"relay(ing)? (access )?(is )?(denied|not (allowed|permitted))",
    r"(unable|not (allowed|permitted)) to relay|denies relay",
    r"not (allowed|authorized|permitted) to send (as|from|on behalf)",
    r"mail from must equal authorized user",
    r"sender (address |domain )?(is )?(rejected|denied|refused|invalid|un-?validated)",
    r"(invalid|fake) sender|denies the sender",
    r"\b(spf|dkim|dmarc)\b.{0,60}(fail|reject|not pass|required)",
    r"unauthenticated (mail|email|sender)",
    r"domain of (the )?sender|sender('s)? (address |domain )?(does(n't| not) (exist|resolve)|not (found|exist))",
    r"(?<![\w.-])client (host|ip|address|name)\b.{0,60}(reject|block|denied|refus|listed|not found)",
    r"\b(helo|ehlo)\b.{0,40}(reject|invalid|denied|not found)",
    r"\b(reverse (dns|host ?name|look-?up)|rdns|ptr record|dnsbl|rbl|spamhaus|spamcop)\b",
    r"\b(block|black|deny)[ -]?list(ed)?\b",
    r"\byour (\S+ ){0,2}(account|mailbox|ip|host|domain|server|tenant|organi[sz]ation)\b.{0,80}"
    r"(disabled|suspended|blocked|locked|banned|restricted|denied|rejected|listed|reputation"
    r"|not (allowed|permitted|authori[sz]ed|found|exist)|does(n't| not) exist)",
    r"(disabled|suspended|blocked|prohibited|restricted|banned) (for|from) sending",
    r"发[件信]人.{0,10}(拒绝|不匹配|不一致|不合法|不存在)",
    r"[您你]的([帐账]号|邮箱|IP|域名|服务器).{0,12}(禁|封|冻结|停用|限制|拒绝|黑名单)",
    r"身份验证|请先登录",
)
_CONTENT_WORDS = _any_of(
    r"\b(spam|virus|DT:SPM)\b",
    r"content (is )?(denied|rejected)",
    r"垃圾邮件|病毒",
)


def blames_sender(attempt: Attempt) -> bool:
    """A permanent refusal of us, our host or our account, which every other recipient would meet as well."""
    if _is_recipients_rule(attempt):
        return False
    if _SENDER_CODES.fullmatch(attempt.enhanced) or _SENDER_WORDS.search(_words(attempt)):
        return True
    return attempt.stage is Stage.RCPT and attempt.code in _SESSION_CODES


def blames_content(attempt: Attempt) -> bool:
    """A permanent refusal of what is in the mail, or by a policy that is not told: others would likely meet it, too."""
    if attempt.stage is not Stage.DOT or _is_recipients_rule(attempt):
        return False
    return _POLICY.fullmatch(attempt.enhanced) is not None or _CONTENT_WORDS.search(_words(attempt)) is not None


def _is_recipients_rule(attempt: Attempt) -> bool:
    by_recipient = _BY_RECIPIENT.search(attempt.text) is not None
    return by_recipient or _RECIPIENTS_RULE.fullmatch(attempt.enhanced) is not None


# --- too fast, too much ------------------------------------------------------------------------------------------

_SLOW_CODES = re.compile(r"4\.7\.(28|500)|5\.4\.5|5\.7\.23[23]")
_SPEED_WORDS = _any_of(
    r"\b(MI:SFQ|MI:STC|RP:TRC|RP:QRC|HL:ICC|HL:IFC)\b",
    r"^4\d\d .*\bDT:SPM\b",  # NetEase: try again in two minutes; with a 5xx it is about the content
    r"(rate|frequency)[ -]?limit|throttl|slow(ing)? down|server (is )?busy",
    r"too (many (messages|mails|e-?mails|connections|recipients|logins|commands)|fast|quick|frequent)",
    r"unusual(ly)? (\S+ )?(rate|amount|volume)",
    r"\b(send(ing)?|sent|daily|hourly|relay|outgoing|rate)\b.{0,30}\b(limit|quota)",
    r"exceed\w* .{0,60}\b(rate|frequency|per (minute|hour|day)|daily|hourly|sending)",
    r"频率|频繁",
    r"发[信件送].{0,6}(数|量|限制|太多|过多)",
    r"超[过出].{0,12}(发[信件送]|每[日天小分])",
)
_RECIPIENTS_AFFAIR = re.compile(r"[45]\.2\.\d+|[45]\.3\.[24]")  # a full or busy mailbox, a mail that is too large
_OUR_AFFAIR = _any_of(r"relay limit|\bsend")


def too_fast(attempt: Attempt) -> bool:
    """The server wants fewer mails from us. A full mailbox or a busy one (Gmail's 4.2.1) is the recipient's affair."""
    if _RECIPIENTS_AFFAIR.fullmatch(attempt.enhanced) and not _OUR_AFFAIR.search(attempt.text):
        return False
    said = f"{attempt.code} {attempt.text}"
    return _SLOW_CODES.fullmatch(attempt.enhanced) is not None or _SPEED_WORDS.search(said) is not None


_RECONNECT_WORDS = _any_of(
    r"\b(MI:DMC|MI:CCL|RP:DRC|RP:CCL)\b",
    r"too many (messages|mails|e-?mails) (in|per|on) (this |one )?(connection|session)",
)


def wants_reconnect(attempt: Attempt) -> bool:
    """This connection has had its share of mails; a new one may go on at once."""
    return _RECONNECT_WORDS.search(attempt.text) is not None
