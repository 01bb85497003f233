"""What sort of mail it is, told by its headers alone: a human's, a list's, a robot's, a report.

Works without a Subject, too, because the capture level "metadata" does not fetch one.
"""

import re

from mailcrm.ingest.mail.fields import HeaderFields
from mailcrm.ingest.mail.phrases import alternatives, any_of
from mailcrm.model.message import MailKind

# Words of an automatic reply in the languages of the big mail systems.
_AWAY = alternatives(r"""
    automatic(?:ally generated)? reply|auto(?:matic|mated)?[ -]?(?:reply|response|responder|answer)
    out[ -]of[ -](?:the[ -])?office|on (?:vacation|holiday|leave)|vacation (?:reply|message)|away (?:message|notice)
    自动回[复覆]|自動回[覆復]|自动答[复覆]|自動答[覆復]|不在[办辦]公室|外出(?:回复|回覆|通知|中)|[休年]假(?:中|自动|通知)
    自動(?:返信|応答)|不在(?:通知|連絡)|부재중|자동 ?(?:회신|응답)
    abwesenheit\w*|automatische antwort|nicht im b(?:ü|ue)ro|automatisch antwoord|afwezigheid\w*
    r[ée]ponse automatique|absence du bureau|message d'absence|respuesta autom[áa]tica|fuera de (?:la )?oficina
    risposta automatica|fuori (?:sede|ufficio)|resposta autom[áa]tica|fora do escrit[óo]rio
    autosvar|automatiskt svar|fr[åa]nvar\w*|автоответ\w*|автоматический ответ
""")
_SAYS_AWAY = re.compile(_AWAY, re.IGNORECASE)
_OPENS_AWAY = re.compile(rf"{_AWAY}(?: autoreply)?\s*(?:[:：]|$)", re.IGNORECASE)
# For raw values in lower case: a search for any case takes several times as long.
_MAILER = re.compile(r"mailer[- ]?daemon|mail-?daemon|mail delivery (?:sub)?system")
_POSTMASTER = re.compile(r"postmaster\b(?<=\bpostmaster)|mail (?:administrator|delivery)|system administrator")
_RETURNED = any_of(r"""
    undeliver|non[- ]?deliver|not (?:be )?delivered|returned (?:mail|to sender|message)|returning (?:message|to)
    delivery (?:status )?(?:notification|failure|failed|problem|report|error|has failed|delayed)|delayed mail
    mail (?:delivery )?fail|failure (?:notice|delivery)|fail(?:ed|ure)[: -]+deliver|mail system error
    could not send|message (?:you sent )?(?:blocked|delayed|rejected)|warning: (?:message|could not)
    退信|退回|投递失败|投遞失敗|发送失败|未送达|无法投递|無法投遞|配信(?:不能|エラー)|エラーメール|배달 실패|반송
    unzustellbar|nicht zugestellt|non remis|échec de (?:la )?remise|no se puede entregar|devuelto
    non recapitabile|mancato recapito|не ?доставлен
""")
_NULL_PATHS = frozenset({"<>", "< >", "<MAILER-DAEMON>", '<"">', "<#@[]>"})
_AUTO_REPLY_FIELDS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-autoreply-from", "x-autoresponse")
_LIST_FIELDS = ("list-id", "list-post", "mailing-list", "x-mailing-list", "x-loop-list")
_BULK_FIELDS = ("list-unsubscribe", "feedback-id", "x-campaign-id", "x-campaignid", "x-mailgun-tag", "x-csa-complaints")
_ROBOT_FIELDS = (
    *("auto-submitted", "precedence", "x-auto-response-suppress"),
    *_AUTO_REPLY_FIELDS,
    *_LIST_FIELDS,
    *_BULK_FIELDS,
)
KIND_FIELDS = ("from", "sender", "return-path", "content-type", "x-failed-recipients", *_ROBOT_FIELDS)
"""All header fields that tell the kind, besides the subject; what is not fetched cannot be read."""


def mail_kind(fields: HeaderFields, subject: str) -> MailKind:
    """The kind of a message. `subject` is decoded, '' if it was not fetched."""
    by_robot = fields.has_any(_ROBOT_FIELDS)  # without one, as in most mail, two of the questions need not be asked
    return (
        _report_kind(fields)
        or (MailKind.OUT_OF_OFFICE if _OPENS_AWAY.match(subject) else None)
        or (_reply_kind(fields, subject) if by_robot else None)
        or (MailKind.BOUNCE if is_from_mail_system(fields, subject) else None)
        or (_mass_kind(fields) if by_robot else MailKind.PERSON)
    )


def _report_kind(fields: HeaderFields) -> MailKind | None:
    """The kind that a report states of itself (RFC 3462: multipart/report says in a parameter of what)."""
    if fields.content_type.value == "multipart/report":
        report_type = fields.content_type.plain("report-type").lower()
        if report_type == "feedback-report":
            return MailKind.COMPLAINT
        if report_type == "disposition-notification":
            return MailKind.RECEIPT
        return MailKind.BOUNCE
    if fields.content_type.value == "text/calendar" and fields.content_type.plain("method"):
        return MailKind.CALENDAR
    if "x-failed-recipients" in fields or fields.content_type.value == "message/delivery-status":
        return MailKind.BOUNCE
    return None


def _reply_kind(fields: HeaderFields, subject: str) -> MailKind | None:
    """Out of office, or another answer that a program gave (RFC 3834)."""
    says_auto = says_auto_reply(fields)
    if (says_auto or _suppresses_replies(fields)) and _SAYS_AWAY.search(subject):
        return MailKind.OUT_OF_OFFICE
    if says_auto and "vacation" in fields.first("auto-submitted").lower():
        return MailKind.OUT_OF_OFFICE
    return MailKind.AUTO if says_auto and not is_from_mail_system(fields, subject) else None


def says_auto_reply(fields: HeaderFields) -> bool:
    """Whether the headers say that a program answered a mail."""
    if fields.first("auto-submitted").lower().startswith("auto-replied"):
        return True
    if any(fields.first(name).lower() not in ("", "no", "false") for name in _AUTO_REPLY_FIELDS):
        return True
    return _precedence(fields) in ("auto_reply", "auto-reply", "autoreply")


def _suppresses_replies(fields: HeaderFields) -> bool:
    if fields.has_any(_LIST_FIELDS):  # there, bulk is everybody's mail
        return False
    return "x-auto-response-suppress" in fields or _is_generated(fields) or _precedence(fields) in ("bulk", "junk")


def is_from_mail_system(fields: HeaderFields, subject: str) -> bool:
    """Whether a mail system itself wrote it: sender, empty return path (RFC 5321 section 4.5.5) and subject agree."""
    sender = (fields.first("from") or fields.first("sender")).lower()
    is_null = has_null_return_path(fields)
    if _MAILER.search(sender):
        return is_null or "return-path" not in fields or _RETURNED.search(subject) is not None
    from_postmaster = _POSTMASTER.search(sender) is not None
    if is_null and from_postmaster and not subject:
        return True
    return (is_null or from_postmaster) and _RETURNED.search(subject) is not None


def has_null_return_path(fields: HeaderFields) -> bool:
    """Whether nobody is to be told if this mail cannot be delivered (RFC 5321 section 4.5.5)."""
    return_path = fields.first("return-path")
    return return_path.partition(" (")[0] in _NULL_PATHS or _MAILER.search(return_path.lower()) is not None


def says_returned(subject: str) -> bool:
    """Whether a subject is one of those that mail systems give to mail that they return."""
    return _RETURNED.search(subject) is not None


def _mass_kind(fields: HeaderFields) -> MailKind:
    precedence = _precedence(fields)
    if precedence == "list" or fields.has_any(_LIST_FIELDS):
        return MailKind.LIST
    if _is_generated(fields):
        return MailKind.AUTO
    if precedence in ("bulk", "junk") or fields.has_any(_BULK_FIELDS):
        return MailKind.BULK
    return MailKind.PERSON


def _is_generated(fields: HeaderFields) -> bool:
    return fields.first("auto-submitted").lower().startswith("auto-")


def _precedence(fields: HeaderFields) -> str:
    return fields.first("precedence").lower()
