"""Whether somebody asks, in words of their own, for no more mail: "please unsubscribe me", 退订."""

import re

from mailcrm.ingest.mail.phrases import any_of

_LONGEST = 400
"""Characters: who writes more has more to say, and a human has to read it."""

# The whole of a line. STOP and TD are what people answer to mass messages.
_ALONE = re.compile(
    r"(?:please |kindly |pls )?(?:unsubscribe|stop|remove|opt[- ]?out|abmelden|abbestellen|austragen|désabonner|"
    r"désinscription|baja|cancelar suscripción|cancella|disiscrivi|afmelden|uitschrijven|отписаться|отписка|"
    r"配信停止|수신거부|退订|退訂|取消订阅|取消訂閱|退出|td|t)(?: me| us| please)?"
    r"(?:[,，。.! ]+(?:thanks|thank you|谢谢|多谢|谢谢您|danke|merci|gracias|grazie))?",
    re.IGNORECASE,
)
_ASKS = any_of(r"""
    unsubscribe (?:me|us|my|this)\b|(?:want|like|wish|asking|ask) to (?:unsubscribe|be (?:removed|unsubscribed)|opt out)
    (?:remove|delete|take) (?:me|us|(?:my|our) (?:\w+ ){0,2}(?:mail|address|name)) (?:\w+ ){0,6}(?:lists?|database)\b
    take (?:me|us) off\b
    (?:stop|quit|cease) (?:sending|e-?mailing|mailing|spamming|contacting|writing)
    (?:do not|don'?t|never) (?:e-?mail|mail|contact|write|send)(?: to)? (?:me|us)\b.{0,20}(?:again|any ?more)
    (?:do not|don'?t) (?:want|wish) (?:to (?:receive|get)|any|these|your) .{0,20}(?:e-?mail|mail|newsletter|message)s?
    no (?:more|further) (?:e-?mails?|newsletters?|mailings)
    (?:bitte|möchte)\b.{0,40}(?:abmelden|abbestellen|austragen|aus (?:dem|ihrem) verteiler)
    keine (?:weiteren )?(?:e-?mails|newsletter|mails) mehr
    (?:me |nous )?(?:désabonner|désinscrire|retirer de votre liste)|ne plus recevoir
    (?:dar(?:me)? de baja|no (?:deseo|quiero) recibir más|eliminarme de)|non (?:voglio|desidero) (?:più )?ricevere|cancellatemi
    (?:請|请|要求|帮我|麻烦|我要|我想|希望)\S{0,6}(?:退订|退訂|取消订阅|取消訂閱)|退订(?:邮件|此|该|你们|本)
    (?:不要|别|勿|不想|不希望)再?\S{0,6}(?:发送?|收到|寄|推送)\S{0,8}(?:邮件|信|广告|郵件|消息|资料)
    (?:不要|别|勿)再(?:给我)?发
    停止(?:向我|给我)?(?:发送|推送)|(?:从|將我從|把我从)\S{0,10}(?:名单|列表|清單)\S{0,4}(?:删除|移除|去掉|移出)
    (?:配信|メール)\S{0,6}(?:停止|不要|解除)\S{0,8}(?:ください|お願い|希望)
""")
_NOT = re.compile(
    r"\?|？|\bif you\b|\bhow (?:do|can|to)\b|\bthread\b|\bcc\b|\bloop\b|如何|怎么|怎樣|订单|訂單|"
    r"don'?t (?:unsubscribe|remove)|不要退订",
    re.IGNORECASE,
)


def asks_to_stop(newest: str) -> bool:
    """Whether the newest text of a mail, without quotes, asks for no more mail.

    Precision comes first: a question about it, or a long letter, is left to a human.
    """
    text = newest.strip()
    if not text or len(text) > _LONGEST or _NOT.search(text):
        return False
    first = text.splitlines()[0].strip(" \t.!,。！，\"'“”*_-")
    return _ALONE.fullmatch(first) is not None or _ASKS.search(text) is not None
