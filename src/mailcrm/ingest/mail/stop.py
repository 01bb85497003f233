"""Whether somebody asks, in words of their own, for no more mail: "please unsubscribe me", 退订."""

import re

from mailcrm.ingest.mail.phrases import any_of

_LONGEST = 400
"""Characters: who writes more has more to say, and a human has to read it."""

_PLEASE = r"(?:please |kindly |pls |bitte |merci de |por favor,? |请|請|麻烦)?"
_THANKS = (
    r"(?: me| us| please| pls| svp| bitte| por favor)?"
    r"(?:[,，。.! ]+(?:please|thanks|thank you|谢谢|謝謝|多谢|谢谢您|danke|merci|gracias|grazie|obrigad[oa]|спасибо))?"
)
# The whole of a line, wherever it stands. TD is what Chinese mass messages ask for.
_WORD = re.compile(
    rf"{_PLEASE}(?:unsubscribe|opt[- ]?out|abmelden|abbestellen|austragen|(?:me )?désabonne[rz]|(?:me )?désinscri(?:re|ption)"
    rf"|cancelar suscripción|disiscrivi(?:mi)?|descadastrar|afmelden|uitschrijven|отписаться|отписка|配信停止|수신거부"
    rf"|退订|退訂|取消订阅|取消訂閱|td){_THANKS}",
    re.IGNORECASE,
)
# Words that may mean anything: the first line, and below it nothing but a name.
_ALONE = re.compile(rf"{_PLEASE}(?:stop|remove|baja|cancella|退出|t){_THANKS}", re.IGNORECASE)
_MOST_LINES, _SHORT_LINE = 12, 25

_END = (
    r"(?:,? (?:any ?more|again|any longer|ever|to me|from (?:you|your \w+)|please|thanks?|thank you))*\s*(?:[.!,;\n]|$)"
)
_ANY = r"(?:any|these|your|such|more|further)"
_MAILS = r"(?:e-?mails?|mails?|mailings?|newsletters?|messages?|spam|advertis\w+|promotions?)"
_MAILS_FR = r"(?:e-?mails?|courriels?|mails?|newsletters?|messages|publicités?|offres)"
_LIST_DE = r"(?:\w+ ){0,2}(?:verteiler|mailing-?liste|verteilerliste|liste|newsletter|datenbank)"
_ZH_SEND = r"(?:再?(?:给|向)?(?:我们?|本人|我司)?(?:再)?(?:发送|推送|收到|发|寄|收)(?:送)?了?)"
_ZH_MAIL = (
    r"(?:任何|这些?|这种|这样|这类|此类|该类|类似|你们|贵司|贵公司|垃圾|广告|营销|推广|促销|的)*"
    r"(?:电子)?(?:邮件|郵件|广告|廣告|推广|推销)"
)
_ASKS = any_of(rf"""
    unsubscribe (?:me|us|my|this)\b
    (?:want|like|wish|asking|ask) to (?:unsubscribe|be (?:removed|unsubscribed|taken off)|opt out)|opt (?:me|us) out
    (?:remove|delete|take) (?:me|us|(?:my|our) (?:\w+ ){{0,2}}(?:mail|address|name)) (?:\w+ ){{0,6}}(?:lists?|database)\b
    (?:^|[.!,;\n]\s*|please |kindly )(?:remove|delete) (?:me|us)(?: please)?\s*(?:[.!,;\n]|$)
    take (?:me|us) off\s*(?:[.!,;\n]|$)
    (?:stop|quit|cease) (?:e-?mailing|mailing|spamming|contacting|writing(?: to)?)(?: (?:me|us)\b|\s*(?:[.!\n]|$))
    (?:stop|quit|cease) (?:sending )?(?:(?:me|us|these|this|your|all|any|more|such|the|with) ){{0,4}}{_MAILS}{_END}
    (?:do not|don'?t|never) (?:e-?mail|mail|contact|write)(?: to)? (?:me|us)\b{_END}
    (?:do not|don'?t|never) send (?:(?:me|us|any|your|these|such|more|further|promotional) ){{0,4}}{_MAILS}{_END}
    (?:do not|don'?t|no longer) (?:want|wish)(?: to (?:receive|get|have))? (?:{_ANY} ){{0,3}}{_MAILS}{_END}
    (?:^|[.!,;\n] ?|please )no (?:more|further) (?:e-?mails?|newsletters?|mailings){_END}
    \bmich (?:hiermit |bitte |umgehend |(?:vom|von (?:dem|ihrem|eurem|diesem)) (?:newsletter|verteiler) )*(?:abmelden|austragen)
    newsletter (?:\w+ )?(?:abmelden|abbestellen)
    (?:mich|uns|mein\w*|unser\w*)\b.{{0,40}} (?:aus|von) (?:dem|der|ihrem|ihrer|eurem|eurer|diesem|dieser) {_LIST_DE}
    keine (?:weiteren )?(?:e-?mails|newsletter|mails) mehr|keine (?:weitere )?(?:werbung|werbe-?mails)(?: mehr)?{_END}
    \b(?:me|nous) (?:désabonner|désinscrire)|\b(?:me|nous|mon adresse) retirer de (?:votre|vos|cette|la)\b
    retirez-(?:moi|nous) de
    (?:souhait|veux|voul|désir)\w* (?:plus|ne plus) recevoir
    ne plus (?:m'|me |nous )(?:envoyer|adresser) (?:(?:de|vos|ces|aucun|d') ?){{1,2}}{_MAILS_FR}
    ne plus (?:me|nous) (?:contacter|écrire|solliciter){_END}
    (?:den(?:os|me)|d[eé]n(?:me|nos)|dar(?:me|nos)|dame|deme) de baja|(?:eliminar|borrar|quitar)me de
    (?:eliminen|borren|quiten)me de
    no (?:deseo|quiero|deseamos|queremos) recibir (?:más|mas) (?:correos|e-?mails|mensajes|publicidad|newsletters|boletines)
    non (?:voglio|desidero|vogliamo) (?:più )?ricevere (?:più )?.{{0,20}}(?:mail|newsletter|pubblicità|comunicazioni)
    cancell(?:atemi|ami|arci|armi) dal|disiscriv(?:etemi|ermi)|rimuovetemi d|toglietemi d
    não (?:quero|desejo|queremos) (?:mais )?receber (?:mais )?.{{0,20}}(?:e-?mails?|mensagens|newsletters?|propaganda)
    remov(?:a|am|er|e) (?:o )?(?:meu|nosso) .{{0,12}}(?:e-?mail|endereço|contato|nome) d(?:a|esta|essa) .{{0,12}}lista
    отпишите (?:меня|нас)|отписать (?:меня|нас)|(?:исключит[ье]|удалит[ье]|уберите) (?:меня|нас|мой \w+|наш \w+) из
    больше не (?:пишите|присылайте|шлите)(?: мне| нам)?(?: (?:писем|письма|рассылк\w+|спам|реклам\w+))?\s*(?:[.!\n]|$)
    (?:請|请|要求|帮我|麻烦|我要|我想|希望)[^\s，。,]{{0,6}}(?:退订|退訂|取消订阅|取消訂閱)|退订(?:邮件|此|该|你们|本)
    (?:不要|别|勿|不想|不希望|不愿){_ZH_SEND}{_ZH_MAIL}
    (?:不要|别|勿)再(?:给|向)?(?:我们?)?发(?:送|了)?\s*(?:[，。！!,.\n]|$)
    停止(?:给|向)?(?:我们?)?(?:发送|推送)(?:{_ZH_MAIL}|\s*(?:[，。！!,.\n]|$))
    (?:把|将|將)(?:我们?|本人|我司|我的\S{{0,6}}|此邮箱)(?:从|從)\S{{0,12}}(?:名单|列表|清單|名單)\S{{0,4}}(?:删除|刪除|移除|去掉|移出)
    (?:配信|メール|メルマガ)\S{{0,6}}(?:停止|不要|解除)\S{{0,8}}(?:ください|お願い|希望)
    (?:メール|メルマガ|配信)(?:は|の配信は)?不要です
""")
# One of these is in whatever `_ASKS` finds, in lower case: most mail needs no more than this look.
_HINTS = (
    "unsub|remov|delete|take |opt |to be |stop|quit|cease|not |n't |never|no longer|no more|"
    "no further| mails mehr|e-mails mehr|newsletter|werb|mich |uns |mein|unser|désab|désin|retir|"
    "plus |baja|elimin|borrarme|recibir|ricevere|cancell|disiscriv|rimuov|toglietemi|receber|отпи|"
    "исключ|удалит|уберите|больше|退|取消|不|别|勿|停止|名|列表|清單|配信|メール|メルマガ"
).split("|")
# Questions; what is about other things than our mail; a change of address; and the foot of a newsletter, which tells how.
_NOT = any_of(r"""
    \?|？|\bhow (?:do|can|to)\b|\bthread\b|\bcc\b|\bloop\b|\bcomment\b|如何|怎么|怎樣|订单|訂單
    \bold (?:e-?mail|address|mailbox)|\bnew (?:e-?mail|address|one\b)|\binstead\b|\band (?:add|use|replace)\b
    alte\w* (?:adresse|e-?mail)
    neue\w* (?:adresse|e-?mail)|[旧舊新](?:的)?(?:邮箱|郵箱|信箱|地址)
    \bif you\b|\bto unsubscribe,? (?:\w+ ){0,6}(?:click|visit|reply|send)|\bclick(?:ing)?\b|\bfalls\b
    \bwenn sie\b|hier klicken|klicken sie
    \bsi vous\b|\bpour (?:ne plus|vous)\b|cliqu\w+|\bsi (?:no )?dese|\bpara (?:darse|cancelar)\b|haga clic
    \bcaso (?:não|queira)\b|\bse não\b
    clique\b|\bse non (?:vuoi|desider)|чтобы отписаться|\bесли вы\b
    如需|如果您|如您|如不|若不|若您|若需|点击|點擊|回复\s?(?:td|t|退订|退)|を希望される|ご希望の方|こちら
""")
# "Do not unsubscribe me", "不要退订": up to the next comma, what is asked for is not to be done.
_DENIED = any_of(r"""
    (?:\bdo not|\bdon'?t|\bnever|\bnot to|\bi did not|\bi didn'?t)(?: [\w'-]+){0,4} (?:unsubscribe|remove|delete|take|opt)
    (?:\bnot|\bnever|n't)(?: [\w'-]+){0,3} (?:unsubscribed?|removed|opt(?:ed)? out)
    (?:不要|别|勿|不想|不用|无需|不必|不会|没有?|没)[^\s，,。.！!；;请請]{0,6}(?:退订|退訂|取消订阅|取消訂閱|删除|刪除|移除|移出|去掉)
    (?:不要|别|勿)(?:把|将|將)我
    \bnicht\b[^.,;!\n]{0,30}(?:abmelden|abbestellen|austragen|abgemeldet|nehmen|streichen|löschen)
    \bne (?:me |nous |m'|pas )+(?:dés|retir|enlev)\w+|\bno (?:me|nos) (?:d[eé]n|des|de|quiten|eliminen|borren)\b
    \bno (?:quiero|deseo) (?:darme|cancelar)
    \bnão (?:me |quero |desejo )+(?:remov|cancel|descadastr|retir)|\bne pas (?:me |nous )?(?:dés|retir)
    \bnon (?:\w+ )?(?:cancell|disiscriv|rimuov)
    \bне (?:отпис|исключ|удаля|убира)
""")


def asks_to_stop(newest: str) -> bool:
    """Whether the newest text of a mail, without quotes, asks for no more mail.

    Precision comes first: a question about it, or a long letter, is left to a human.
    """
    text = newest.strip()
    if not text or len(text) > _LONGEST:
        return False
    lines = [line.strip(" \t.!,。！，\"'“”*_-") for line in text.splitlines() if line.strip()]
    asked = _is_word(lines) or (_may_ask(text.lower()) and _ASKS.search(text) is not None)
    return asked and not _NOT.search(text) and not _DENIED.search(text)


def _may_ask(lowered: str) -> bool:
    return any(hint in lowered for hint in _HINTS)


def _is_word(lines: list[str]) -> bool:
    """Whether a line is nothing but the word for it."""
    if not lines or len(lines) > _MOST_LINES:
        return False
    if _ALONE.fullmatch(lines[0]):
        return all(len(line) <= _SHORT_LINE for line in lines[1:])
    return any(map(_WORD.fullmatch, lines))
