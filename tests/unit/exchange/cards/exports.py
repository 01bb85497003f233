"""Cards in the manner of the programs that export them, with people who do not exist."""

PHOTO = "".join(f" {'QUJD' * 18}\r\n" for _ in range(40))

IOS = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//iPhone OS 17.4//EN\r\nN:王;小明;;;\r\nFN:王小明\r\nNICKNAME:小王\r\n"
    "ORG:深圳华强电子有限公司;采购部\r\nTITLE:采购经理\r\nEMAIL;type=INTERNET;type=WORK;type=pref:wxm@hq.example.cn\r\n"
    "item1.EMAIL;type=INTERNET:wxm@qq.example.com\r\nitem1.X-ABLabel:备用\r\n"
    "TEL;type=CELL;type=VOICE;type=pref:138 0013 8000\r\n"
    "TEL;type=HOME;type=FAX:0755-88888888\r\nitem2.ADR;type=WORK;type=pref:;;华强北路1号\\n3楼;深圳市;广东省;518000;中国\r\n"
    "item2.X-ABADR:cn\r\nitem3.URL;type=pref:https://hq.example.cn\r\nitem3.X-ABLabel:_$!<HomePage>!$_\r\n"
    "BDAY;X-APPLE-OMIT-YEAR=1604:1604-08-15\r\nitem4.X-ABDATE;type=pref:2015-05-01\r\nitem4.X-ABLabel:_$!<Anniversary>!$_\r\n"
    "X-SOCIALPROFILE;type=linkedin;x-user=wangxm:http://www.linkedin.com/in/wangxm\r\n"
    "IMPP;X-SERVICE-TYPE=WeChat;type=pref:x-apple:wxid_123\r\nNOTE:喜欢茶\\, 不喝咖啡\r\nPHOTO;ENCODING=b;TYPE=JPEG:/9j/\r\n"
    f"{PHOTO}END:VCARD\r\n"
)
IOS_FIRM = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nN:;;;;\r\nFN:Acme GmbH\r\nORG:Acme GmbH;\r\nTEL;type=MAIN:+49 89 123456\r\n"
    "X-ABShowAs:COMPANY\r\n"
    "END:VCARD\r\n"
)
GOOGLE = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann Maria Lee\r\nN:Lee;Ann;Maria;Dr.;\r\nEMAIL;TYPE=INTERNET;TYPE=WORK:ann@x.example\r\n"
    "TEL;TYPE=CELL:+1 415-555-2671\r\nitem1.ORG:Lee\\, Miller & Co.\r\nitem2.TITLE:Head of Buying\r\nBDAY:19800305\r\n"
    "CATEGORIES:myContacts,VIP\r\nNOTE:First line\\nsecond line\\, with a long text that is folded in the midst of wo\r\n "
    "rds\r\n"
    "END:VCARD\r\n"
)
OUTLOOK = (
    "BEGIN:VCARD\r\nVERSION:2.1\r\nX-MS-OL-DESIGN;CHARSET=utf-8:<card/>\r\nN;LANGUAGE=de;CHARSET=Windows-1252:M\xfcller;J\xfcrgen\r\n"
    "FN;CHARSET=Windows-1252:J\xfcrgen M\xfcller\r\nORG:Gro\xdf AG;Einkauf\r\nTITLE:Leiter\r\n"
    "TEL;WORK;VOICE:+49 (89) 123456\r\n"
    "TEL;CELL;VOICE:+49 171 1234567\r\nTEL;WORK;FAX:+49 89 123457\r\n"
    "ADR;WORK;PREF;ENCODING=QUOTED-PRINTABLE:;;Hauptstra=DFe 5=0D=0A=\r\nHinterhaus;M=FCnchen;;80331;Deutschland\r\n"
    "X-MS-OL-DEFAULT-POSTAL-ADDRESS:2\r\nURL;WORK:http://gross.example\r\nEMAIL;PREF;INTERNET:jm@gross.example\r\n"
    "BDAY:19700517\r\nREV:20240101T000000Z\r\nEND:VCARD\r\n"
).encode("cp1252")
ANDROID = (
    "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E6=9D=8E;=E5=A8=9C;;;\r\n"
    "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E6=9D=8E=E5=A8=9C\r\nTEL;CELL;PREF:13900139000\r\nTEL;X-Hotline:4008001234\r\n"
    "EMAIL;WORK:lina@x.example.cn\r\nORG;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E4=B9=89=E4=B9=8C=E8=B4=B8=E6=98=93=E6=9C=89=E9=99=90=\r\n"
    "=E5=85=AC=E5=8F=B8\r\nNOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E5=B9=BF=E4=BA=A4=E4=BC=9A=\r\n=\r\n2024\r\n"
    "X-ANDROID-CUSTOM:vnd.android.cursor.item/nickname;Nana;1;;;;;;;;;;;;;\r\n"
    "X-ANDROID-CUSTOM:vnd.android.cursor.item/contact_event;1990-05-17;3;;;;;;;;;;;;;\r\nX-QQ:12345678\r\n"
    f"PHOTO;ENCODING=BASE64;JPEG:/9j/\r\n{PHOTO}\r\nEND:VCARD\r\n"
)
GBK_PHONE = (
    "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=GBK:张;伟;;;\nFN;CHARSET=GBK:张伟\nTEL;CELL:+8613700137000\n"
    "ORG;CHARSET=GBK:宁波进出口公司\nX-WECHAT:zhangwei\nEND:VCARD\n"
).encode("gbk")
FOUR = (
    "BEGIN:VCARD\nVERSION:4.0\nKIND:individual\nFN:Zoë Brûlé\nN:Brûlé;Zoë;;;\nBDAY:--0203\nGENDER:F\n"
    "TEL;VALUE=uri;PREF=1;TYPE=\"voice,home\":tel:+33-1-42-68-53-00\nEMAIL;TYPE=work:zoe@x.example\nLANG:fr\n"
    "IMPP:skype:zoe.b\nADR;LABEL=\"5 rue X\\nParis\":;;5 rue X;Paris;;75001;France\nUID:urn:uuid:4fbe8971\nEND:VCARD\n"
)  # fmt: skip
