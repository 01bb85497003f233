"""A customer with everything that the formats differ in."""

from datetime import UTC, datetime

from mailcrm.model.activity import Activity
from mailcrm.model.consent import ConsentState
from mailcrm.model.important_date import Calendar, ImportantDate
from mailcrm.model.interaction import InteractionKind
from mailcrm.model.order import Order, OrderLine, Payment
from mailcrm.model.record import AffiliationEntry, Claim, CustomerRecord, EmailEntry, Said

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)

ZHANG = CustomerRecord(
    number="C000017Z",
    created_at=NOON,
    fields={"name": "张伟", "given_name": "伟", "family_name": "张", "tier": "007", "x.budget": "1E5"},
    emails=(
        EmailEntry("zw@hq.cn", "work"),
        EmailEntry("old@hq.cn", closed="hard bounce"),
        EmailEntry("no@hq.cn", consents=(Said("", ConsentState.WITHDRAWN),)),
        EmailEntry("gone@hq.cn", ended_at=NOON),
    ),
    claims=(
        Claim("company", "深圳华强; 有限公司"),
        Claim("title", '=HYPERLINK("http://x")'),
        Claim("mobile", "+8613800138000"),
        Claim("phone", "+862088888888", "work"),
        Claim("wechat", "zhang_wei"),
        Claim("qq", "0012345678901234567"),
        Claim("address", "广东深圳", "", {"country": "中国", "region": "广东", "city": "深圳", "street": "华强路1号, 2楼"}),
        Claim("url", "https://hq.cn/a,b"),
    ),
    tags=(("", "茶"), ("interest", "coffee")),
    affiliations=(AffiliationEntry("深圳华强; 有限公司"),),
    dates=(
        ImportantDate("birthday", Calendar.SOLAR, 3, 5),
        ImportantDate("birthday", Calendar.LUNAR, 8, 15, 1980, leap_month=True),
    ),
    orders=(
        Order(
            "0001", NOON, "CNY", 129950,
            lines=(OrderLine("Tea", 2500, 51980, "SKU-1"), OrderLine("=Cup")),
            payments=(Payment(NOON, -5, "JPY", "cash"),),
            note="two\nlines",
        ),
    ),
    activities=(Activity(InteractionKind.NOTE, NOON, "first"), Activity(InteractionKind.CALL, NOON.replace(day=6), "then")),
)  # fmt: skip
