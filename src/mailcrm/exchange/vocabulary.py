"""What columns are called in English, Chinese, German, French and Spanish: data, in the form that `columns` compares."""

import re
import unicodedata

_WORDS = """
opt_out: email opt out|opt out|opted out|optout|has opted out of email|unsubscribed|unsubscribed from all email
|unsubscribe|do not email|do not contact|do not mail|no email|email blacklisted|退订|是否退订|已退订|取消订阅
|不接收邮件|拒收邮件|请勿联系|勿扰|黑名单|退訂|拒收|abgemeldet|newsletter abgemeldet|keine werbung|désinscrit
|désabonné|baja
consent: consent|email consent|marketing consent|gdpr consent|opt in|opted in|optin|email opt in|newsletter|subscribed
|subscription|accepts marketing|accepts email marketing|marketing permission|同意|同意接收邮件|是否同意|接收邮件
|是否接收邮件|订阅|是否订阅|营销许可|訂閱|einwilligung|werbeeinwilligung|consentement|consentimiento
consent_evidence: consent evidence|consent source|consent proof|opt in source|同意来源|同意凭证
consent_at: consent date|consent time|opt in date|opt in time|同意时间|同意日期|订阅时间
bounced: bounced|hard bounce|bounce|email bounced|email hard bounce reason|bounce reason|is bounced
|email bounced reason|invalid email|退信|退信原因|邮箱无效|无效邮箱
complained: spam report|complained|complaint reported|marked as spam|垃圾邮件投诉
name: name|full name|fullname|contact name|customer name|client name|display name|contact|person|contact person|attn
|attention|姓名|名字|名称|联系人|联系人姓名|客户姓名|联络人|客户联系人|聯絡人|聯繫人|收件人|ansprechpartner|kontakt
|nom complet|nombre completo|contacto|client
given_name: given name|first name|firstname|forename|fname|名|vorname|prénom|prenom|nombre|nombre de pila
middle_name: middle name|middlename|additional name|中间名|zweiter vorname
family_name: family name|last name|lastname|surname|lname|second name|姓|姓氏|nachname|familienname|nom de famille
|apellido|apellidos|nom
alias: alias|nickname|nick name|english name|别名|昵称|英文名|英文名字|花名|曾用名|spitzname
salutation: salutation|courtesy title|prefix|name prefix|mr mrs|称呼|称谓|尊称|稱謂|anrede|civilité|tratamiento
gender: gender|sex|性别|性別|geschlecht|sexe|sexo|género
language: language|preferred language|lang|locale|语言|语种|首选语言|沟通语言|語言|sprache|langue|idioma
company: 客户名称|客户|客户名|company|company name|organisation|organization|organisation name|organization name
|account name|account|employer|business name|firm|associated company|公司|公司名称|公司名|单位|单位名称|企业|企业名称
|客户公司|所属公司|所属客户|工作单位|公司名稱|firma|unternehmen|société|societe|entreprise|empresa|compañía
legal_name: 客户全称|legal name|registered name|公司全称|法定名称|注册名称|企业全称|firmierung|raison sociale
|razón social
tax_id: tax id|vat|vat id|vat number|vat no|tax number|ust id|ustid|统一社会信用代码|信用代码|税号|纳税人识别号|稅號
|統一編號|steuernummer|numéro de tva|siret|nif|cif
title: title|job title|position|role|jobtitle|designation|function|职位|职务|岗位|职称|头衔|職位|職稱|funktion|stelle
|poste|fonction|cargo|puesto
department: department|dept|division|部门|所属部门|科室|部門|abteilung|service|département|departamento
industry: industry|sector|branch|行业|所属行业|客户行业|行業|主营产品|branche|secteur|sector industrial|industria
email: email|e mail|mail|email address|mail address|work email|business email|primary email|secondary email
|other email|邮箱|电子邮箱|电子邮件|邮件|邮件地址|邮箱地址|联系邮箱|工作邮箱|郵箱|電子郵件|信箱|correo
|correo electrónico|courriel|adresse email|e mail adresse|mailadresse
mobile: mobile|mobile phone|mobile number|cell|cell phone|cellphone|mobile phone number|handphone|手机|手机号|手机号码
|移动电话|手提电话|联系手机|手機|行動電話|mobiltelefon|handy|mobil|portable|móvil|celular
fax: fax|fax number|facsimile|business fax|传真|传真号码|傳真|telefax|télécopie
phone: phone|phone number|telephone|tel|telephone number|work phone|business phone|home phone|office phone|landline
|direct|direct line|main phone|contact number|other phone|电话|电话号码|联系电话|联系方式|固定电话|座机|办公电话
|公司电话|固话|電話|聯絡電話|telefon|telefonnummer|téléphone|teléfono|tél
wechat: wechat|we chat|weixin|wechat id|微信|微信号|微信帐号|微信账号|微信號
qq: qq|qq number|qq号|qq号码
wecom: wecom|wechat work|企业微信|企微
dingtalk: dingtalk|钉钉|钉钉号
weibo: weibo|微博
whatsapp: whatsapp|whats app|whatsapp number|whatsapp phone number
telegram: telegram
signal: signal
line: line|line id
kakaotalk: kakaotalk|kakao|kakao talk
viber: viber
skype: skype|skype id|skype name
linkedin: linkedin|linkedin url|linkedin profile|linkedin bio|领英
x: twitter|twitter handle|twitter username|x handle
facebook: facebook|facebook url|facebook page|脸书
instagram: instagram|ins|instagram handle
youtube: youtube
tiktok: tiktok|tik tok|抖音
url: website|web site|url|homepage|web|web page|webpage|website url|company website|domain|company domain name|网站
|网址|公司网址|主页|官网|公司网站|公司主页|網址|網站|webseite|internet|site web|sitio web|página web
address: address|full address|postal address|mailing address|home address|business address|地址|详细地址|联系地址
|公司地址|通讯地址|收货地址|办公地址|adresse|anschrift|dirección|domicilio
street: street|street address|address line 1|address 1|address line|mailing street|街道|街道地址|straße|strasse
|straße und hausnummer|rue|calle
district: district|county|区县|区|县|行政区|區
city: city|town|city town|locality|城市|市|所在城市|ort|stadt|ville|ciudad|localidad
region: state|province|region|state region|state province|county state|省|省份|所在省份|省市|地区|区域|州|省州
|bundesland|provincia|région|estado
postcode: postcode|postal code|zip|zip code|zip postal code|zippostal|邮编|邮政编码|郵遞區號|plz|postleitzahl
|code postal|código postal
country: country|country region|nation|country name|country code|国家|国别|国家地区|国家和地区|國家|land|pays|país
timezone: timezone|time zone|时区|時區|zeitzone
origin: source|lead source|origin|original source|channel|how did you hear|来源|客户来源|线索来源|渠道|来源渠道
|获客渠道|來源|quelle|herkunft|provenance|origen
tags: tags|tag|labels|label|categories|category|interests|interest|groups|group|group membership|keywords|标签
|客户标签|兴趣|爱好|兴趣爱好|分组|客户分组|群组|標籤|分類|schlagworte|kategorien|étiquettes|etiquetas
note: note|notes|remark|remarks|comment|comments|description|memo|备注|说明|描述|客户备注|備註|备注信息|bemerkung
|bemerkungen|notiz|notizen|beschreibung|remarque|remarques|commentaire|notas|observaciones
birthday_lunar: lunar birthday|农历生日|阴历生日|生日农历|農曆生日
birthday: birthday|date of birth|birth date|birthdate|dob|bday|生日|出生日期|出生年月|阳历生日|公历生日|geburtstag
|geburtsdatum|date de naissance|anniversaire|fecha de nacimiento|cumpleaños
anniversary: anniversary|纪念日|结婚纪念日|jahrestag
number: customer number|customer no|customer number mailcrm|kundennummer mailcrm
foreign_id: id|record id|contact id|customer id|lead id|account id|external id|uid|client id|customer code
|account number|客户编号|编号|客户编码|客户代码|客户号|会员号|会员编号|序列号|客戶編號|編號|kundennummer|kundennr
|kunden nr|numéro client|número de cliente
kind: customer type person or company|record type|客户性质|个人或企业
created: created|created at|create date|created date|created time|creation date|date added|added|date created|创建时间
|创建日期|录入时间|添加时间|建档日期|登记时间|建立時間|erstellt|erstellt am|angelegt am|date de création
|fecha de creación
owner: owner|contact owner|account owner|lead owner|record owner|sales rep|salesperson|account manager|assigned to
|负责人|跟进人|业务员|销售|销售员|销售负责人|所属人|客户经理|归属人|負責人|業務|zuständig|betreuer|propriétaire
|propietario
lifecycle: lifecycle|lifecycle stage|stage|status|lead status|customer status|contact status|客户阶段|阶段|客户状态
|状态|跟进状态|成交状态|生命周期|跟进阶段|客戶狀態|kundenstatus
tier: tier|level|rating|grade|class|customer level|priority|vip level|等级|级别|客户等级|客户级别|会员等级|星级
|客户星级|重要程度|等級|客戶等級|kundengruppe|niveau
order_no: order no|order number|order id|order|订单号|订单编号|合同编号|单号|訂單編號|bestellnummer|auftragsnummer
|numéro de commande|número de pedido
order_date: order date|ordered at|date of order|purchase date|订单日期|下单时间|下单日期|成交日期|签约日期|购买日期
|訂單日期|bestelldatum|auftragsdatum|date de commande|fecha de pedido
order_amount: order amount|order total|total amount|amount|total|grand total|order value|订单金额|金额|总金额|成交金额
|合同金额|总价|實付|实付金额|訂單金額|betrag|gesamtbetrag|summe|montant|importe
order_currency: currency|order currency|币种|货币|结算币种|幣別|währung|devise|moneda
order_status: order status|payment status|订单状态|付款状态|訂單狀態|bestellstatus|auftragsstatus|statut de commande
order_note: order note|order notes|order remark|订单备注|买家留言
line_title: product|product name|item|item name|goods|line item|lineitem name|产品|产品名称|商品|商品名称|品名
|货品名称|產品|artikel|produkt|produit|producto|artículo
line_sku: sku|item code|product code|item number|lineitem sku|货号|商品编码|产品编号|型号|規格|artikelnummer|référence
|referencia
line_qty: quantity|qty|pcs|units|lineitem quantity|数量|件数|购买数量|數量|menge|anzahl|quantité|cantidad
line_price: price|unit price|lineitem price|单价|价格|单价元|單價|preis|einzelpreis|prix|prix unitaire|precio
activity_date: activity date|last contacted|contact date|visit date|call date|follow up date|跟进时间|跟进日期
|沟通时间|拜访日期|拜访时间|联系时间|最近跟进时间|kontaktdatum
activity_kind: activity type|activity kind|interaction type|contact method|跟进方式|沟通方式|联系类型|互动类型
|跟进类型
activity_title: activity subject|subject|topic|跟进主题|沟通主题
activity_text: activity|activity note|last activity|follow up|follow up notes|call notes|content|跟进内容|跟进记录
|沟通内容|拜访内容|沟通记录|最近跟进|联系记录|gesprächsnotiz
"""

_NOT_WORDS = re.compile(r"[\W_]+")
_BEHIND = re.compile(r"[(（\[【].*?[)）\]】]|\*")
_NUMBERED = re.compile(r"(?<![^\W\d])\d{1,2}(?![^\W\d])|(?<=\D)\d{1,2}$")


def _plain(text: str) -> str:
    """A heading in the form that is compared: no case, no marks, words with single spaces."""
    return _NOT_WORDS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def plain_heading(text: str) -> str:
    """A heading without what stands in brackets, the star of needed columns, and the number of a second one."""
    if (as_it_is := _plain(text)) in BY_HEADING:
        return as_it_is  # LinkedIn
    camel = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", text))
    return _plain(_NUMBERED.sub(" ", _plain(_BEHIND.sub(" ", camel)))) or as_it_is


def _table() -> dict[str, str]:
    words: dict[str, str] = {}
    for line in _WORDS.strip().replace("\n|", "|").splitlines():
        field, _, names = line.partition(": ")
        for name in names.split("|"):
            words.setdefault(_plain(name), field)  # of two, the one that stands first: mail columns do
    return words


BY_HEADING = _table()
"""Field by heading, in the plain form."""

HAN_PARTS = sorted((name for name in BY_HEADING if len(name) >= 2 and not name.isascii()), key=len, reverse=True)
"""Chinese headings that longer ones contain, the longest first."""
