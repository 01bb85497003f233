"""The words that stand before a value in a signature, by field, in the languages of our users.

A translator adds words to a line. Words of one letter count only before a colon, a dot or a number.
"""

import re
from collections.abc import Iterable

from mailcrm.model.contact import ContactField as F

EMAIL, OTHER = "email", "other"
"""Labels whose values are no contact facts: addresses, and what only looks like one (accounts, registers, orders)."""

_WORDS: dict[str, str] = {
    F.MOBILE: """mobile phone|mobile no|mobile|mobil|mob|cell phone|cellphone|cell|cel|gsm|handy|mobiltelefon|mobilnummer
        |natel|téléphone portable|tél portable|portable|port|móvil|movil|celular|telemóvel|cellulare|komórka|kom|mobiel|mobilní
        |мобильный|моб|сот|手机号码|手机号|手机|手機|移动电话|行動電話|携帯電話|携帯|휴대폰|휴대전화|핸드폰|m|c""",
    F.FAX: """telefax|fax no|fax|télécopie|факс|传真号码|传真|傳真|ファックス|ファクス|팩스|f""",
    F.PHONE: """telephone|phone number|phone no|phone|direct line|direct dial|direct|office phone|office|landline
        |tel no|tel|ph|tfno|telf|tlfno
        |telefonnummer|telefon|durchwahl|fon|tlf|tfn|puh|téléphone|tél|ligne directe|standard|teléfono fijo|teléfono
        |telefono
        |telefone|telefoon|телефон|тел|联系电话|公司电话|办公电话|固定电话|电话号码|电话|電話|座机|代表電話|代表番号|总机|直线|热线|直通
        |联系方式|전화|t|p|o|d""",
    F.WHATSAPP: """whatsapp|whats app|wa""",
    F.WECHAT: """wechat id|wechat|we chat|weixin|wechatid|微信号码|微信号|微信號|微信|wx""",
    F.QQ: """qq号码|qq号|qq""",
    F.TELEGRAM: """telegram""",
    F.SKYPE: """skype id|skype""",
    F.LINKEDIN: """linkedin|linked in|领英""",
    F.X: """twitter|x""",
    F.FACEBOOK: """facebook""",
    F.INSTAGRAM: """instagram""",
    F.URL: """website|web site|webseite|homepage|web|url|internet|site web|sito web|sitio web|página web|site|www|сайт
        |公司网址|公司网站|网址|網址|网站|網站|官网|主页|ホームページ|홈페이지|w""",
    EMAIL: """e-mail address|email address|e-mail|email|mail|mailto|courriel|correo electrónico|correo|mél|почта|эл почта
        |电子邮箱|电子邮件|电邮|電郵|邮箱|邮件|メール|이메일|e""",
    F.ADDRESS: """office address|company address|address|addr|add|postal address|postadresse|besucheradresse|adresse
        |anschrift|adres
        |dirección|direccion|indirizzo|endereço|morada|адрес|公司地址|办公地址|联系地址|通讯地址|工厂地址|地址|地点
        |住所|所在地|주소|a""",
    F.COMPANY: """company name|company|firma|société|empresa|azienda|公司名称|公司|单位|会社名|会社|компания|회사""",
    F.TITLE: """job title|title|position|funktion|poste|fonction|cargo|puesto|职务|職務|职位|職位|职称|岗位|役職
        |должность|직책|직위""",
    F.DEPARTMENT: """department|dept|division|abteilung|département|departamento|departement|dipartimento|部门|部門
        |所属部门|部署|отдел
        |부서""",
    F.NAME: """name|姓名|联系人|聯繫人|氏名|имя|이름""",
    OTHER: """iban|bic|swift code|swift|account number|account no|bank account|bank|a/c no|kontonummer|konto|blz
        |bankverbindung
        |rib|siret|siren|tva|rcs|ust-id-nr|ust-idnr|ust-id|ustid|ust id|steuernummer|steuer-nr|st-nr|hrb|hra
        |amtsgericht|registergericht
        |handelsregister|sitz der gesellschaft|sitz|geschäftsführer|geschäftsführung|vorstand|aufsichtsrat|registered office
        |registered in|registration no|reg no|company no|company number|vat no|vat number|vat id|vat reg no|vat|tax id
        |tax no|ein
        |cif|nif|cuit|rut|cnpj|cpf|p iva|partita iva|c f|kvk|btw|abn|acn|gst|inn|инн|огрн|кпп
        |order number|order no|order|po number|po no|po|invoice number|invoice no|invoice|ref no|ref|reference
        |customer no|customer id
        |customer number|ticket|case|tracking|tracking no|auftragsnummer|auftrag|bestellnummer|bestellung
        |rechnungsnummer|rechnung
        |rechnung nr|kundennummer|kunden-nr|bestell-nr|auftrags-nr|n° de commande|commande|facture|pedido|factura
        |meeting id|passcode|delivery address|shipping address|ship to|bill to|lieferadresse|lieferanschrift
        |rechnungsadresse|rechnungsanschrift|adresse de livraison|adresse de facturation
        |收货地址|收件地址|送货地址|交货地址|仓库地址|发票地址|订单号|订单编号|订单|合同号|发票号|快递单号|运单号|单号|客户编号|编号|开户行|开户银行|银行账号|账号|帐号|账户
        |户名|税号|纳税人识别号|统一社会信用代码
        |信用代码|会议号|会议 id|密码|身份证|邮编|郵編|邮政编码|post code|postcode|zip code|zip|plz|口座番号|계좌""",
}


FIELD_OF = {word.strip(): field for field, words in _WORDS.items() for word in words.split("|")}
"""Which field each word names; words in lower case, dots as spaces."""


def _tree(words: Iterable[str]) -> str:
    """An expression for any of the words, by their first letters: as quick for three hundred as for three."""
    below: dict[str, list[str]] = {}
    for word in words:
        if word:
            below.setdefault(word[0], []).append(word[1:])
    branches = [_letter(first) + (_tree(rest) if any(rest) else "") for first, rest in sorted(below.items())]
    return f"(?:{'|'.join(branches)}){'?' if '' in words else ''}"


def _letter(letter: str) -> str:
    return "[ .]{1,2}" if letter == " " else re.escape(letter)


_LONG = [word for word in FIELD_OF if len(word) > 1]
_LATIN = _tree([word for word in _LONG if word[0] < "\u2e80"])
_HAN = _tree([word for word in _LONG if word[0] >= "\u2e80"])
_LETTERS = "".join(word for word in FIELD_OF if len(word) == 1)
_SPACE = r"[ \t\u3000\xa0]{0,10}"
LABEL = re.compile(
    # A word of letters must stand alone; one of one letter must be followed by a colon, a number, or nothing.
    rf"(?:(?<![^\W_])(?P<latin>{_LATIN})(?![^\W\d_])|(?P<han>{_HAN})"
    rf"|(?<![^\W_])(?P<letter>[{_LETTERS}])(?={_SPACE}(?:[.:：)]|\+?[(\d]|$)))"
    rf"(?:{_SPACE}(?:no|nr|number|号码|id)\b\.?)?"
    rf"(?P<end>{_SPACE}[.．]?{_SPACE}(?:[:：=]|\))?{_SPACE})"
)
"""One label with its colon, in text in lower case; `end` is what stands between it and its value."""

BETWEEN = re.compile(rf"{_SPACE}(?:[/&+、,，|]|和|and|und|et|y){_SPACE}", re.IGNORECASE)
"""What joins two labels of one value: "Tel/Fax", "手机/微信"."""
