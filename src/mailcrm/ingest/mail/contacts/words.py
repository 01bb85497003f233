"""The words by which a line of a signature is known: titles, departments, companies, addresses, greetings."""

import re

_TITLES = """
    manager|director|engineer|officer|president|chairman|chairwoman|chair|founder|co-founder|owner|partner|consultant
    assistant
    executive|specialist|coordinator|co-ordinator|representative|analyst|developer|architect|buyer|merchandiser|supervisor
    administrator|technician|designer|accountant|controller|secretary|lawyer|attorney|professor|lecturer|researcher
    scientist
    advisor|adviser|planner|editor|operator|agent|associate|intern|trainee|head of [a-z]+|team lead|team leader|lead|leader
    ceo|cto|cfo|coo|cmo|cio|vp|svp|evp|gm|md|managing director|account executive|sales rep|purchaser
    geschäftsführer(?:in)?|gesellschafter(?:in)?|inhaber(?:in)?|prokurist(?:in)?|vorstand|leiter(?:in)?
    [a-zäöü]*leiter(?:in)?|leitung [a-zäöüß]+
    sachbearbeiter(?:in)?|[a-zäöü]*berater(?:in)?|[a-zäöü-]*ingenieur(?:in)?|referent(?:in)?|assistent(?:in)?|assistenz
    [a-zäöü]*entwickler(?:in)?|einkäufer(?:in)?|verkäufer(?:in)?|disponent(?:in)?|buchhalter(?:in)?|techniker(?:in)?
    meister(?:in)?
    [a-zäöü-]*mitarbeiter(?:in)?|[a-zäöü-]*manager(?:in)?|werkstudent(?:in)?|auszubildende(?:r)?|kauffrau|kaufmann
    architekt(?:in)?
    directeur|directrice|responsable|gérant(?:e)?|ingénieur(?:e)?|chargé(?:e)? d[e'’][ a-zéèà]+|chef d[e'’][ a-zéèà]+
    pdg|président(?:e)?
    assistant(?:e)?|technicien(?:ne)?|acheteur|acheteuse|conseiller|conseillère|comptable|commercial(?:e)?|fondateur
    fondatrice
    gerente|jefe|jefa|ingeniero|ingeniera|encargado|encargada|técnico|técnica|asesor(?:a)?|presidente|directora|socio
    socia|comprador(?:a)?
    direttore|direttrice|responsabile|amministratore|ingegnere|titolare|impiegato|impiegata|consulente|addetto|addetta|socio
    diretor(?:a)?|engenheiro|engenheira|coordenador(?:a)?|analista|sócio|vendedor(?:a)?|comprador(?:a)?|supervisor(?:a)?
    directeur|hoofd [a-z]+|medewerker|adviseur|inkoper|verkoper|eigenaar
    директор|менеджер|инженер|руководитель|начальник|специалист|бухгалтер
    kierownik|dyrektor|specjalista|prezes|inżynier|handlowiec
"""
TITLE = re.compile(
    rf"(?<![^\W_])(?:{'|'.join(re.sub(chr(10) + ' *', '|', _TITLES.strip()).split('|'))})(?![^\W_])", re.IGNORECASE
)
"""A word that makes a line a title."""

HAN_TITLE = re.compile(
    r"(?:总?经理|總?經理|总监|總監|董事长?|董事長|总裁|總裁|主管|主任|工程师|工程師|助理|专员|專員|业务员|業務員"
    r"|业务代表|销售代表|代表|顾问|顧問|会计|會計|出纳|秘书|秘書"
    r"|教授|讲师|律师|律師|创始人|創始人|合伙人|厂长|店长|店長|部长|部長|処長|处长|科长|課長|係長|社長|副社長|会长"
    r"|会長|取締役|所長|次長|室長|担当|采购员|採購|跟单员?|设计师|设计師|架构师"
    r"|负责人|負責人|客服|法人|站长|校长|院长|司长|总工|经办人|대표이사|대표|이사|상무|전무|과장|부장|차장|팀장|대리"
    r"|사원|연구원)(?=$|[（(，,、/\s])"
)

_LATIN_COMPANY = r"""
    gmbh(?: ?& ?co\.? ?kga?)?|mbh|ag|kg|ug|ohg|gbr|e\.? ?k\.?|e\.? ?v\.?|kgaa|se|ltd|limited|llc|l\.l\.c\.|llp|inc
    incorporated|corp
    corporation|plc|pty|pte|sdn\.? bhd|s\.a\.s?|sas|sasu|sarl|s\.a\.r\.l\.|eurl|s\.l\.u?\.?|s\.?r\.?l\.?|s\.p\.a\.?
    spa|lda|ltda|s\.?a\. de c\.?v
    b\.v\.?|bv|n\.v\.?|nv|oy|oyj|ab|a/s|aps|sp\. ?z ?o\. ?o|s\.r\.o|d\.o\.o|kft|zrt|co\.,? ?ltd|co\., ?limited|company
    k\.k|group|holdings?
    university|universität|université|universidad|università|institute|institut|hospital|college|foundation|stiftung
"""
COMPANY = re.compile(
    rf"(?<![^\W_])(?:{'|'.join(part.strip() for line in _LATIN_COMPANY.strip().splitlines() for part in line.split('|'))})"
    r"(?![^\W_])\.?|^(?:ооо|ао|зао|пао|ип) |(?<=\w)(?: co\.)$",
    re.IGNORECASE,
)
"""A word that makes a line a company."""

HAN_COMPANY = re.compile(
    r"(?:有限责任公司|有限公司|股份公司|集团公司|分公司|子公司|公司|集团|集團|工厂|工廠|株式会社|有限会社|合同会社|㈱"
    r"|（株）|\(株\)|大学|大學|学院|研究院|研究所|事务所|事務所|商行|商贸行|工作室|经营部|贸易行|银行|医院"
    r"|주식회사|㈜|\(주\))"
)

DEPARTMENT = re.compile(
    r"(?<![^\W_])(?:department|dept\.?|division|abteilung|team|service (?:commercial|achats|client|technique|export"
    r"|comptabilité)"
    r"|departamento(?: de)?|direction (?:commerciale|technique|générale)|(?:sales|export|purchasing|marketing|finance"
    r"|logistics) office"
    r"|vertrieb(?:sinnendienst)?|einkauf|buchhaltung|kundenservice|kundendienst|entwicklung|versand|logistik"
    r"|personalabteilung)(?![^\W_])"
    r"|^[\u4e00-\u9fff]{2,10}(?:事业部|销售部|市场部|采购部|技术部|研发部|外贸部|业务部|财务部|人事部|客服部|部门|中心"
    r"|部|科|處|处|营业部|営業部)$",
    re.IGNORECASE,
)

_STREETS = r"""
    street|st\.|road|rd\.?|avenue|ave\.?|boulevard|blvd\.?|lane|drive|dr\.|square|court|highway|hwy|parkway|building
    bldg\.?|floor|suite|unit
    block|tower|plaza|industrial (?:zone|park|area|estate)|district|province|p\.?o\.? box|postfach|rue|chemin|allée
    quai|bp|zone industrielle|za|zi
    calle|c/|avenida|avda\.?|paseo|plaza|polígono(?: industrial)?|carretera|via|viale|piazza|corso|strada|rua|travessa
    praça|ul\.|aleja|al\.
    ул\.?|улица|пр\.?|проспект|straat|laan|gracht
"""
STREET = re.compile(
    rf"(?<![^\W_])(?:{'|'.join(part.strip() for line in _STREETS.strip().splitlines() for part in line.split('|'))})(?![^\W_])"
    r"|(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|hof|steig|gatan|vägen|vej|straat|laan|weg)(?= ?\d"
    r"|$|,| \d)",
    re.IGNORECASE,
)
POSTCODE = re.compile(
    r"(?<![\w-])(?:(?:D|A|CH|F|I|E|B|L"
    r"|NL)[- ])?\d{4,6}(?: [A-Z]{2})?,? +[A-ZÄÖÜÉÁŁŚ][\w.’'-]+"  # 80331 München, 1012 AB Amsterdam
    r"|(?<!\w)[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}(?!\w)|(?<!\w)[A-Z][\w.]+,? [A-Z]{2} \d{5}(?:-\d{4})?(?!\w)"
    r"|(?<!\w)[A-Z]\d[A-Z] \d[A-Z]\d(?!\w)"
    r"|〒 ?\d{3}-?\d{4}|(?<!\w)\d{2}-\d{3} [A-ZŁŚ]\w+|(?<!\w)\d{3} \d{2} [A-ZÅÄÖ]\w+"
)
HAN_PLACE = re.compile(r"[省市区县镇乡村路街道巷弄号楼层室栋座幢園园區縣鎮號樓層棟丁目番地町都府]")
COUNTRY_LINE = re.compile(
    r"(?:p\.? ?r\.? ?china|china|germany|deutschland|france|spain|españa|italy|italia|austria|österreich|switzerland"
    r"|schweiz|suisse"
    r"|united kingdom|uk|england|usa|u\.s\.a\.|united states|canada|australia|india|japan|korea|brazil|brasil|mexico"
    r"|méxico|portugal"
    r"|netherlands|nederland|the netherlands|belgium|belgique|poland|polska|sweden|denmark|norway|finland|russia"
    r"|россия|turkey|türkiye|singapore|hong kong"
    r"|taiwan|vietnam|thailand|malaysia|中国|中國|日本)\.?",
    re.IGNORECASE,
)

CLOSING = re.compile(
    r"(?:best|kind(?:est)?|warm(?:est)?|many|with)? ?(?:regards|wishes|thanks)|best|cheers|sincerely|yours(?: \w+)?"
    r"|thank you(?: .{0,30})?|thanks.{0,30}|br|rgds|sent from .{0,60}"
    r"|(?:mit )?(?:freundlichen|besten|herzlichen|vielen|schönen|liebe|viele|beste|freundliche|herzliche) gr(?:ü"
    r"|ue)(?:ß|ss)(?:en|e)?.{0,25}|mfg|lg|vg|i\. ?a\.|i\. ?v\.|gesendet von .{0,60}"
    r"|(?:bien )?cordialement|bien à vous|salutations.{0,40}|saludos.{0,20}|un saludo|atentamente|cordiali saluti"
    r"|distinti saluti|atenciosamente|met vriendelijke groet(?:en)?"
    r"|с уважением|pozdrawiam|med vänlig hälsning|此致|敬礼|敬禮|顺祝商祺|順頌商祺|顺颂商祺|祝好|谢谢.?|謝謝.?|以上"
    r"|よろしくお願い.{0,20}|商祺.?|祝.{1,10}[！!]?|发自.{1,30}|감사합니다\.?",
    re.IGNORECASE,
)
"""A whole line that closes a letter (matched by fullmatch, without its last punctuation)."""

STOP = re.compile(
    r"^>|^-{3,} ?\w|^[-_=*]{40,}$|^_{5,}$|unsubscri|退订|^(?:from|von|de|da|från|van|发件人|寄件者|寄件人|差出人"
    r"|보낸 사람|от)[ \u3000]?[:：]|(?:wrote|schrieb|écrit|escribió|ha scritto|escreveu|写道)[ \u3000]?[:：]\s*$"
    r"|(?:confidential|vertraulich|confidentiel|disclaimer|haftungsausschluss|保密|机密|免责)",
    re.IGNORECASE,
)
"""A line from which on nothing is the sender's own: quoted mail, and legal notices."""
