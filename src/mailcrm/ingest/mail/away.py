"""Until when somebody is away, as their out-of-office answer says it."""

import re
from collections import deque
from collections.abc import Iterator
from datetime import date, timedelta

_WITHIN = 3_000
_LONGEST = timedelta(days=400)
_NEAR = 60
"""Characters between the words that tell what a date is for, and the date."""

# Words behind which the day stands that somebody is back, and those behind which the last day of their absence stands.
_BACK = re.compile(
    r"\b(?:back|return(?:ing|s)?|resum\w+|again|available (?:from|on|after)|zurück|wieder|erreichbar ab|ab dem|rückkehr|kehre|"
    r"de retour|reviens|retour le|reprendr\w+|reprise|reincorpor\w+|"
    r"vuelvo|regres\w+|de vuelta|rientr\w+|tornerò|di ritorno|volto|retorn\w+|regresso|"
    r"terug|weer (?:bereikbaar|aanwezig)|tilbage|tillbaka|tilbake|åter|wracam|powr\w+|верн\w+|вернусь)\b"
    r"|返回|回来|回來|上班|回到|恢复|恢復|出社|戻り|복귀",
    re.IGNORECASE,
)
_NOT_BEFORE = re.compile(r"\bnot\b.{0,40}\b(?:until|before)\b|\bnicht vor\b|\bpas avant\b", re.IGNORECASE | re.DOTALL)
_UNTIL = re.compile(
    r"\b(?:until|till?|through|to|bis(?: zum| einschließlich)?|jusqu['’]au|au|hasta(?: el)?|al|fino al|até|tot(?: en met)?|"
    r"t/m|til(?: og med)?|till och med|t\.?o\.?m\.?|do|по|до)\b|[-–—~～〜至到]|\ball['’]|まで|까지",
    re.IGNORECASE,
)
_WEEKDAY = r"\s?(?:[(（][^()（）]{1,4}[)）])?\s?"
_ENDS_BEHIND = re.compile(rf"{_WEEKDAY}(?:まで|까지|の間|间|期间)")
# "before 9 May", said of an absence.
_ENDS_BEFORE = re.compile(rf"{_WEEKDAY}(?:之前|以前|前)[^，。,.\n]{{0,6}}(?:无法|不能|不便|不在|休假|没有)")
_BACK_BEHIND = re.compile(
    rf"{_WEEKDAY}[ .,，起后後]*(?:(?:bin ich|sind wir|werde ich|を?より|から)\s?)?(?={_BACK.pattern})", re.IGNORECASE
)
_ANSWERS_BEHIND = re.compile(rf"{_WEEKDAY}(?:以降|より|から)に?、?(?:順次)?(?:ご連絡|ご返信|ご回答|対応|返信|回答)")
# What else has a last day in such mail.
_OF_OTHERS = re.compile(
    r"\b(?:valid|prices?|offers?|fair|exhibition|trade ?show|booth|webinar|deadline|order (?:by|before)|part[- ]time"
    r"|messe|stand|gültig|preise?|angebot\w*|teilzeit|valables?|prix|offre|salon|válid\w+|precios?|oferta|feria|preços?"
    r"|действ\w+|цен\w+|выставк\w+)\b|有效|报价|价格|展会|优惠|有効|価格|展示会",
    re.IGNORECASE,
)
_SENTENCE_ENDS = re.compile(r"[.!?]\s|[\n。！？]")
# "5月4日-8日": the second day has the month of the first.
_SAME_MONTH = re.compile(
    r"(\d\d?)(\s?[月월]\s?)(\d\d?)(\s?[日号號일]?\s?(?:[(（][^()（）]{1,4}[)）])?\s?[-–—~～〜至到]\s?)(?=\d\d?\s?[日号號일])"
)
_OPENING_WITHIN = 1_000
_AWAY = re.compile(
    r"out of (?:the |my )?office|(?:on|annual|parental|sick|maternity) (?:vacation|holidays?|leave)\b"
    r"|(?:i am|i'm|i will be|i'll be) (?:currently )?(?:away|travell?ing|abroad|offline)\b|not in the office"
    r"|im urlaub|in elternzeit|nicht im (?:b(?:ü|ue)ro|hause?)\b|abwesend|nicht erreichbar|auf (?:dienst|geschäfts)reise"
    r"|\b(?:absente?|en congés?|en vacances|en déplacement)\b|fuera de (?:la )?oficina|de vacaciones|ausente\b|de férias"
    r"|fora do escritório|in ferie\b|fuori (?:sede|ufficio)|afwezig|op vakantie|semester till|på semester|na urlopie"
    r"|в отпуске|буду отсутствовать|休假|年假|不在办公室|不在辦公室|出差|放假|休暇|不在に|不在です|출장|휴가|부재중",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\d|\w{4,}\s+\w+\s+\w{4,}")
_CLOSE = 20
_MONTH_NAMES = (
    "jan january januar janvier enero ene gennaio gen janeiro januari stycznia января",
    "feb february februar février fév febrero febbraio fevereiro februari lutego февраля",
    "mar march märz mär mars marzo março maart mrt marca марта",
    "apr april avril avr abril abr aprile kwietnia апреля",
    "may mai mayo maggio mag maio mei maj maja мая",
    "jun june juni juin junio giugno giu junho czerwca июня",
    "jul july juli juillet juil julio luglio lug julho lipca июля",
    "aug august août aout agosto ago augustus augusti sierpnia августа",
    "sep sept september septembre septiembre settembre set setembro septembrie września сентября",
    "oct october oktober okt octobre octubre ottobre ott outubro out października октября",
    "nov november novembre noviembre novembro listopada ноября",
    "dec december dezember dez décembre déc diciembre dic dicembre dezembro grudnia декабря",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = re.compile(
    rf"""
    (?P<iso_year>\b20\d\d)[-/.](?P<iso_month>\d\d?)[-/.](?P<iso_day>\d\d?)(?!\d)
    | (?:(?P<zh_year>20\d\d)\s?[年년]\s?)?(?P<zh_month>\d\d?)\s?[月월]\s?(?P<zh_day>\d\d?)\s?[日号號일]
    | \b(?P<name_day>\d\d?)(?:st|nd|rd|th|er|\.|º|°|:e)?(?:\s(?:of|de|di))?\s?-?(?P<name_month>{_MONTH})\b\.?
      (?:,?\s?-?(?:de\s|del\s)?(?P<name_year>20\d\d)\b)?
    | \b(?P<en_month>{_MONTH})\.?\s(?P<en_day>\d\d?)(?:st|nd|rd|th)?\b(?:,?\s(?P<en_year>20\d\d)\b)?
    | \b(?P<first>\d\d?)(?P<mark>[./-])(?P<second>\d\d?)(?:(?P=mark)(?P<number_year>(?:20)?\d\d))?(?![\d:]|\.?\s?(?:{_MONTH})\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)


def says_away(text: str) -> bool:
    """Whether an automatic answer says that somebody is not there; others say that a request was received."""
    return _AWAY.search(text[:_OPENING_WITHIN]) is not None


def away_until(text: str, sent: date) -> date | None:
    """The last day of an absence that `text` names, told from the day on which it was sent; None where it names none.

    Of "back on 5 May" that is 4 May, of "until 4 May" 4 May. A date without a year is the next one; of 03/04 that of the two
    is taken which comes sooner.
    """
    text = text[:_WITHIN]
    if "月" in text or "월" in text:
        text = _SAME_MONTH.sub(r"\1\2\3\4\1\2", text)
    found = [day for day in _days(text, sent) if sent <= day <= sent + _LONGEST]
    return max(found, default=None)


def _days(text: str, sent: date) -> Iterator[date]:
    before = 0
    for hit in _DATE.finditer(text):
        day = _read(hit, sent)
        cue = text[max(before, hit.start() - _NEAR) : hit.start()]
        behind = text[hit.end() : hit.end() + _NEAR // 2]
        before = hit.end()
        if day is None or _OF_OTHERS.search(_SENTENCE_ENDS.split(cue)[-1] + _SENTENCE_ENDS.split(behind)[0]):
            continue
        if _NOT_BEFORE.search(cue):
            yield day - timedelta(days=1)
        elif _until(cue, behind):
            yield day
        elif _BACK.search(cue) or any(words.match(behind) for words in (_BACK_BEHIND, _ANSWERS_BEHIND, _ENDS_BEFORE)):
            yield day - timedelta(days=1)


def _until(cue: str, behind: str) -> bool:
    """Whether the last word before a date (in Japanese and Korean the first behind it) says that it ends there."""
    if _ENDS_BEHIND.match(behind):
        return True
    until, back = _last(_UNTIL, cue), _last(_BACK, cue)
    if until is None or _BETWEEN.search(cue, until.end()):
        return False
    # "back to the office on": this "to" leads to no date.
    return back is None or until.start() - back.end() > _CLOSE


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return deque(pattern.finditer(text), maxlen=1).pop() if pattern.search(text) else None


def _read(hit: re.Match[str], sent: date) -> date | None:
    part = hit.groupdict()
    for kind in ("iso", "zh", "name", "en"):
        month, day = part[f"{kind}_month"], part[f"{kind}_day"]
        if month:
            number = int(month) if month.isdigit() else _MONTHS[month.lower()]
            return _next(part[f"{kind}_year"], number, int(day), sent)
    first, second = int(part["first"]), int(part["second"])
    if part["mark"] == "." or first > 12:
        return _next(part["number_year"], second, first, sent)
    if second > 12:
        return _next(part["number_year"], first, second, sent)
    either = [_next(part["number_year"], *pair, sent) for pair in ((second, first), (first, second))]
    return min((day for day in either if day and day >= sent), default=None)


def _next(year: str | None, month: int, day: int, sent: date) -> date | None:
    """The day in its year; without one the next that comes."""
    years = [int(year) + (2000 if len(year) == 2 else 0)] if year else [sent.year, sent.year + 1]
    for each in years:
        try:
            found = date(each, month, day)
        except ValueError:
            continue
        if year or found >= sent:
            return found
    return None
