"""What mail programs put between an answer and what it answers, as each of them writes it. All names are made up."""

from typing import NamedTuple

ATTRIBUTIONS = {
    "gmail en": "On Tue, Mar 5, 2024 at 2:20 PM Jane Roe <jane@example.com> wrote:",
    "gmail en, broken": "On Tuesday, March 5, 2024, Jane Roe of the Purchasing Department <\njane@example.com> wrote:",
    "apple en": "On 5 Mar 2024, at 14:20, Jane Roe <jane@example.com> wrote:",
    "thunderbird en": "On 05/03/2024 14:20, Jane Roe wrote:",
    "claws en": "On Tue, 05 Mar 2024 14:20:11 +0100\nJane Roe <jane@example.com> wrote:",
    "eudora en": "At 3/5/2024 02:20 PM, you wrote:",
    "gnus en": "Jane Roe <jane@example.com> writes:",
    "gnus en, broken": "Jane Roe of the Purchasing Department at Steel and Sons <\njane@example.com> writes:",
    "horde en": "Quoting Jane Roe <jane@example.com>:",
    "zoho en": "---- On Tue, 05 Mar 2024 14:20:11 +0530 Jane Roe<jane@example.com> wrote ----",
    "android en": "---- Jane Roe wrote ----",
    "old gmail": "2024-03-05 14:20 GMT+01:00 Jane Roe <jane@example.com>:",
    "gmail de": "Am Di., 5. März 2024 um 14:20 Uhr schrieb Jana Roh <jana@example.de>:",
    "inbox de": "Jana Roh <jana@example.de> schrieb am Di., 5. März\n2024 um 14:20 Uhr:",
    "thunderbird de": "Am 05.03.2024 um 14:20 schrieb Jana Roh:",
    "open-xchange de": "Jana Roh <jana@example.de> hat am 05.03.2024 14:20 CET geschrieben:",
    "android de, broken": 'Am 05.03.2024 14:20 schrieb "Jana Roh" <jana@example.de\n>:',
    "gmail fr": "Le mar. 5 mars 2024 à 14:20, Jeanne Roux <jeanne@example.fr> a écrit :",
    "apple fr": "Le 5 mars 2024 à 14:20, Jeanne Roux <jeanne@example.fr>\na écrit :",
    "gmail es": "El mar, 5 mar 2024 a las 14:20, Juana Rojo (<juana@example.es>) escribió:",
    "gmail pt": "Em ter., 5 de mar. de 2024 às 14:20, Joana Reis <joana@example.com.br> escreveu:",
    "gmail it": "Il giorno mar 5 mar 2024 alle ore 14:20 Gina Rossi <gina@example.it> ha scritto:",
    "gmail nl": "Op di 5 mrt 2024 om 14:20 schreef Jan Rood <jan@example.nl>:",
    "apple nl": "Op 5 mrt. 2024, om 14:20 heeft Jan Rood <jan@example.nl> het volgende geschreven:",
    "gmail sv": "Den tis 5 mars 2024 kl 14:20 skrev Jon Röd <jon@example.se>:",
    "gmail da": "Den tirs. 5. mar. 2024 kl. 14.20 skrev Jon Rød <jon@example.dk>:",
    "gmail no": "tir. 5. mars 2024 kl. 14:20 skrev Jon Rød <jon@example.no>:",
    "gmail fi": "ti 5. maalisk. 2024 klo 14.20 Jussi Puna (jussi@example.fi) kirjoitti:",
    "gmail pl": "wt., 5 mar 2024 o 14:20 Jan Rot <jan@example.pl> napisał(a):",
    "thunderbird pl": "W dniu 05.03.2024 o 14:20, Jan Rot pisze:",
    "gmail cs": "út 5. 3. 2024 v 14:20 odesílatel Jan Rudý <jan@example.cz> napsal:",
    "gmail hu": "Jani Vörös <jani@example.hu> ezt írta (időpont: 2024. márc. 5., K, 14:20):",
    "gmail ro": "În mar., 5 mar. 2024 la 14:20, Ion Roșu <ion@example.ro> a scris:",
    "gmail ru": "вт, 5 мар. 2024 г. в 14:20, Иван Рудый <ivan@example.ru>:",
    "mail.ru": "Вторник, 5 марта 2024, 14:20 +03:00 от Иван Рудый <ivan@example.ru>:",
    "yandex ru": '05.03.2024, 14:20, "Иван Рудый" <ivan@example.ru>:',
    "gmail uk": "вт, 5 бер. 2024 р. о 14:20 Іван Рудий <ivan@example.ua> пише:",
    "gmail tr": "Ali Kızıl <ali@example.com.tr>, 5 Mar 2024 Sal, 14:20 tarihinde şunu yazdı:",
    "gmail el": "Στις Τρί 5 Μαρ 2024 στις 2:20 μ.μ., ο/η Νίκος <nikos@example.gr> έγραψε:",
    "gmail vi": "Vào Th 3, 5 thg 3, 2024 vào lúc 14:20 Hoa Đỏ <hoa@example.vn> đã viết:",
    "gmail id": "Pada tanggal Sel, 5 Mar 2024 pukul 14.20 Budi <budi@example.id> menulis:",
    "gmail ar": "في الثلاثاء، 5 مارس 2024 في 2:20 م تمت كتابة ما يلي بواسطة Amal <amal@example.com>:",
    "gmail he": "\u202bבתאריך יום ג׳, 5 במרץ 2024 ב-14:20 מאת \u202aDan\u202c\u200f <\u202adan@example.il\u202c\u200f>:\u202c",
    "gmail ja": "2024年3月5日(火) 14:20 田中一郎 <tanaka@example.jp>:",
    "apple ja": "2024/03/05 14:20、田中一郎 <tanaka@example.jp>のメール:",
    "gmail ko": "2024년 3월 5일 (화) 오후 2:20, 김철수 <kim@example.kr>님이 작성:",
    "gmail zh": "王小明 <wang@example.cn> 于2024年3月5日周二 14:20写道：",
    "apple zh": "在 2024年3月5日，14:20，王小明 <wang@example.cn> 写道：",
    "thunderbird zh": "在 2024/3/5 14:20, 王小明 写道:",
    "163 zh": '在 2024-03-05 14:20:33，"王小明" <wang@example.cn> 写道：',
    "163 en": 'At 2024-03-05 14:20:33, "王小明" <wang@example.cn> wrote:',
    "yahoo zh": "2024年3月5日星期二 下午02:20:33 [GMT+8]， 王小明<wang@example.cn> 写道：",
    "gmail zh-tw": "王小明 <wang@example.tw> 於 2024年3月5日 週二 下午2:20寫道：",
}
"""The line above a quote, by the program and the language."""


class Header(NamedTuple):
    """A block above a quoted mail, and whom it names."""

    text: str
    address: str
    name: str
    subject: str = "Offer"


def _block(names: str, separator: str = "", colon: str = ": ", date: str = "5 March 2024 14:20") -> Header:
    """`names`: those of From, Date, To and Subject in the program's order; `|` between them."""
    values = ("Rosa Roe <rosa@example.com>", date, "Max <max@example.org>", "Offer")
    lines = [name + colon + value for name, value in zip(names.split("|"), values, strict=True)]
    return Header("\n".join([*filter(None, [separator]), *lines]), "rosa@example.com", "Rosa Roe")


HEADERS = {
    "outlook en": _block("From|Sent|To|Subject"),
    "outlook.com en": _block("From|Sent|To|Subject", "________________________________"),
    "outlook 2003 en": _block("From|Sent|To|Subject", "-----Original Message-----"),
    "outlook mac en, bold": _block("*From|*Date|*To|*Subject", colon=":* "),
    "samsung en": _block("From|Date|To|Subject", "-------- Original message --------"),
    "comcast en": _block("From|Sent|To|Subject", "----- Original Message -----"),
    "outlook de": _block("Von|Gesendet|An|Betreff"),
    "outlook 2003 de": _block("Von|Gesendet|An|Betreff", "-----Ursprüngliche Nachricht-----"),
    "outlook fr": _block("De|Envoyé|À|Objet", colon=" : "),
    "samsung fr": _block("De|Date|À|Objet", "-------- Message d'origine --------", " : "),
    "outlook es": _block("De|Enviado el|Para|Asunto", "-----Mensaje original-----"),
    "outlook pt": _block("De|Enviada em|Para|Assunto"),
    "outlook it": _block("Da|Inviato|A|Oggetto"),
    "outlook nl": _block("Van|Verzonden|Aan|Onderwerp"),
    "outlook sv": _block("Från|Skickat|Till|Ämne"),
    "outlook da": _block("Fra|Sendt|Til|Emne"),
    "outlook fi": _block("Lähettäjä|Lähetetty|Vastaanottaja|Aihe"),
    "outlook pl": _block("Od|Wysłano|Do|Temat"),
    "outlook cs": _block("Od|Odesláno|Komu|Předmět"),
    "outlook hu": _block("Feladó|Elküldve|Címzett|Tárgy"),
    "outlook ru": _block("От|Отправлено|Кому|Тема"),
    "outlook tr": _block("Kimden|Gönderme Tarihi|Kime|Konu"),
    "outlook ja": _block("差出人|送信日時|宛先|件名"),
    "outlook ko": _block("보낸 사람|보낸 날짜|받는 사람|제목"),
    "outlook zh": _block("发件人|发送时间|收件人|主题"),
    "outlook zh-tw": _block("寄件者|寄件日期|收件者|主旨"),
    "foxmail zh": _block("发件人|发送时间|收件人|主题", colon="： "),
    "qq zh": _block("发件人|发送时间|收件人|主题", "------------------ 原始邮件 ------------------"),
    "qq zh, entities": _block(
        "发件人|发送时间|收件人|主题", "------------------&nbsp;原始邮件&nbsp;------------------", ":&nbsp;"
    ),
    "qq en": _block("From|Date|To|Subject", "------------------ Original ------------------", ":  "),
    "aliyun zh": _block("发件人|发送时间|收件人|主　题", "-" * 66, "："),
    "163 phone zh": _block("发件人|日期|收件人|主题", "---- 回复的原邮件 ----", "\t"),
}
"""Blocks of header fields above a quote, by the program and the language."""

FORWARDS = {
    "gmail": _block("From|Date|To|Subject", "---------- Forwarded message ---------"),
    "gmail zh": _block("发件人|Date|To|Subject", "---------- Forwarded message ---------", "： "),
    "thunderbird": _block("From|Date|To|Subject", "-------- Forwarded Message --------", ": \t"),
    "thunderbird de": _block("Von|Datum|An|Betreff", "-------- Weitergeleitete Nachricht --------", ": \t"),
    "thunderbird fr": _block("De|Date|Pour|Sujet", "-------- Message transféré --------", " : \t"),
    "thunderbird ja": _block("差出人|日付|宛先|件名", "-------- 転送メッセージ --------", ": \t"),
    "thunderbird zh": _block("发件人|日期|收件人|主题", "-------- 转发的消息 --------", ": \t"),
    "163 zh": _block("发件人|发送日期|收件人|主题", "-------- 转发邮件信息 --------", "："),
    "163 phone zh": _block("发件人|日期|收件人|主题", "---- 转发的邮件 ----", "\t"),
    "feishu zh": _block("发件人|时间|收件人|主题", "---------- 转发邮件 ----------", "："),
    "apple": _block("From|Date|To|Subject", "Begin forwarded message:\n"),
    "apple zh": _block("发件人|日期|收件人|主题", "开始转发的邮件：\n"),
    "apple ja": _block("差出人|日付|宛先|件名", "転送されたメッセージ：\n"),
    "apple ko": _block("보낸 사람|날짜|받는 사람|제목", "전달된 메시지의 시작:\n"),
    "naver ko": _block("보낸사람|날짜|받는사람|제목", "---------- 전달된 메시지 ----------"),
    "yahoo, one line": Header(
        "   ----- Forwarded Message ----- From: Rosa Roe <rosa@example.com>To: Max <max@example.org>"
        "Sent: Tuesday, March 5, 2024 at 02:20:33 PM GMT+1Subject: Offer",
        "rosa@example.com",
        "Rosa Roe",
    ),
}
"""The same above a mail that is forwarded."""
