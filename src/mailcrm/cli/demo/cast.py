"""Who appears in the sample mail: a small trading company, its customers, and the robots that write to everybody.

All domains end in .example (RFC 2606), so nothing here can reach anybody.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contact:
    """One customer of the sample company. `style` is how their mail program writes: plain, html, or gbk; `phone` is in their
    signature."""

    name: str
    address: str
    company: str
    language: str = "en"
    style: str = "plain"
    phone: str = ""

    @property
    def first_name(self) -> str:
        """What one would call them in a mail."""
        return self.name if self.language == "zh" else self.name.split()[0]


COMPANY = "Lantern Trading 灯笼贸易"
DOMAIN = "lantern.example"
US = Contact("Mei Lin 林梅", f"mei@{DOMAIN}", COMPANY)
COLLEAGUE = Contact("Tom Brandt", f"tom@{DOMAIN}", COMPANY)

HERO = Contact("张伟", "zhang.wei@hongyun.example", "鸿运进出口有限公司", "zh", "html", "+86 139 1068 4729")
"""The customer whose story the demo tells."""

HERO_AT_HOME = Contact("Zhang Wei", "zw1988@qmail.example", HERO.company, "zh", phone=HERO.phone)
"""The same, under another address and spelling: known by the phone in the signature."""

CONTACTS = (
    HERO,
    Contact("Jane Smith", "jane.smith@brightwater.example", "Brightwater Gifts Ltd", style="html"),
    Contact("Oliver Grant", "oliver@brightwater.example", "Brightwater Gifts Ltd"),
    Contact("Marta Kowalska", "m.kowalska@dompol.example", "DomPol Sp. z o.o.", style="html"),
    Contact("Lukas Weber", "lukas.weber@lichthaus.example", "Lichthaus GmbH"),
    Contact("Sofia Rossi", "sofia@lumenitalia.example", "Lumen Italia Srl", style="html"),
    Contact("Carlos Méndez", "cmendez@farolesdelsur.example", "Faroles del Sur"),
    Contact("Aiko Tanaka", "a.tanaka@akarihome.example", "Akari Home KK"),
    Contact("Pierre Dubois", "pierre.dubois@luminaire.example", "Luminaire & Fils", style="html"),
    Contact("Emma Johansson", "emma@nordljus.example", "Nordljus AB"),
    Contact("Noah Peters", "noah.peters@harborhotels.example", "Harbor Hotels"),
    Contact("Priya Nair", "priya@festivalworks.example", "Festival Works Pvt Ltd", style="html"),
    Contact("Ahmed Hassan", "ahmed@cairolights.example", "Cairo Lights"),
    Contact("Grace Okafor", "grace.okafor@lagosdecor.example", "Lagos Decor"),
    Contact("Daniel Kim", "dkim@seoulstage.example", "Seoul Stage"),
    Contact("Hannah Cohen", "hannah@brightcraft.example", "BrightCraft"),
    Contact("Ben Walker", "ben.walker@northpoint.example", "Northpoint Retail", style="html"),
    Contact("Isla McLeod", "isla@highlandfairs.example", "Highland Fairs"),
    Contact("Jonas Eriksen", "jonas@fjordlys.example", "Fjordlys AS"),
    Contact("Laura Fischer", "laura.fischer@deko-fischer.example", "Deko Fischer KG"),
    Contact("王芳", "wangfang@xinghe.example", "星河礼品", "zh"),
    Contact("李娜", "lina@jinxiu.example", "锦绣文化传播", "zh", "gbk"),
    Contact("陈建国", "chenjg@guangming.example", "光明灯饰", "zh", "gbk"),
    Contact("刘洋", "liuyang@haiyuan.example", "海源贸易", "zh", "html"),
    Contact("欧阳倩", "ouyang.qian@yayuan.example", "雅苑酒店", "zh"),
    Contact("赵磊", "zhaolei@beidou.example", "北斗会展", "zh", "gbk"),
    Contact("孙丽", "sunli@meijia.example", "美佳家居", "zh", "html"),
    Contact("周杰", "zhoujie@tianhe.example", "天合节庆", "zh"),
    Contact("吴敏", "wumin@shengshi.example", "盛世商贸", "zh"),
    Contact("郑浩", "zhenghao@lvdao.example", "绿岛度假村", "zh", "html"),
    Contact("Harbor Hotels Purchasing", "purchasing@harborhotels.example", "Harbor Hotels"),
    Contact("Brightwater Accounts", "accounts@brightwater.example", "Brightwater Gifts Ltd"),
)

ALSO = (HERO_AT_HOME, Contact("Marta Kowalska", "marta@kowalska-studio.example", "Kowalska Studio"))
"""Second addresses of customers, who wrote once from there. Of Marta only the name says so: that is asked about."""

STRANGERS = (
    Contact("Kevin Moore", "kevin.moore@seo-rocket.example", "SEO Rocket"),
    Contact("Linda Park", "linda@factory-direct.example", "Factory Direct"),
    Contact("Victor Silva", "victor@eventosrio.example", "Eventos Rio"),
)
"""They wrote once and got no answer: leads, not customers."""
