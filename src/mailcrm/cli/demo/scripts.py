"""What people write in the sample mail: short conversations, English and Chinese, each line in turn."""

Script = tuple[str, tuple[tuple[str, str], ...]]
"""(subject, turns); a turn is who writes ("them" or "us") and what. {them} {us} {thing} {qty} {order} are filled in."""

ENGLISH: tuple[Script, ...] = (
    (
        "Inquiry: {qty} {thing}",
        (
            (
                "them",
                "Dear {us},\n\nwe saw your {thing} at the fair and need about {qty} pieces for spring. What is your best price, and how long does delivery take?\n\nKind regards\n{them}",
            ),
            (
                "us",
                "Hello {them},\n\nthank you for your interest. For {qty} pieces we can offer USD 4.20 each, FOB Ningbo, ready in 25 days after the deposit. Shall I send a sample?\n\nBest\n{us}",
            ),
            ("them", "Yes please, one sample in red and one in gold. Our address is on the card I gave you.\n\n{them}"),
            ("us", "Both left today by courier, you should have them on Thursday.\n\n{us}"),
            (
                "them",
                "They arrived and look great. Please prepare a proforma invoice for {qty} pieces, half red, half gold.\n\n{them}",
            ),
        ),
    ),
    (
        "Order {order}: shipping date?",
        (
            (
                "them",
                "Hi {us},\n\ncould you tell me when order {order} ships? Our warehouse needs to plan.\n\nThanks\n{them}",
            ),
            (
                "us",
                "Hi {them},\n\nthe {thing} are packed. The vessel leaves on Saturday, arrival in about four weeks. Documents follow by mail.\n\n{us}",
            ),
            ("them", "Perfect, thank you."),
        ),
    ),
    (
        "Damaged cartons, order {order}",
        (
            (
                "them",
                "Dear {us},\n\nthree cartons of {thing} arrived wet, 36 pieces cannot be sold. Photos are attached. What do you suggest?\n\n{them}",
            ),
            (
                "us",
                "Dear {them},\n\nI am sorry to see this. We will replace all 36 pieces with your next order, or refund them now, whichever you prefer.\n\n{us}",
            ),
            ("them", "Replacement with the next order is fine. Thanks for the quick answer."),
            ("us", "Noted on order {order}. Thank you for your patience.\n\n{us}"),
        ),
    ),
    (
        "Custom logo on {thing}",
        (
            ("them", "Hello,\n\ncan you print our logo on {qty} {thing}? One colour, about 6 cm.\n\n{them}"),
            (
                "us",
                "Yes, screen printing adds USD 0.18 per piece, film cost once USD 60. Could you send the logo as a vector file?\n\n{us}",
            ),
            ("them", "Attached. Please confirm that the deep blue is possible."),
            ("us", "Pantone 281 C is possible. A photo of the printed sample follows next week.\n\n{us}"),
        ),
    ),
    (
        "Invoice {order}",
        (
            (
                "us",
                "Dear {them},\n\nplease find our invoice for {qty} {thing}. Payment within 14 days, bank details as before.\n\nKind regards\n{us}",
            ),
            ("them", "Received, payment goes out on Friday."),
            ("us", "The payment arrived today. Thank you!\n\n{us}"),
        ),
    ),
    (
        "Visit next month",
        (
            (
                "them",
                "Hi {us},\n\nI will be in Ningbo in the second week of next month. Could we meet and see the new {thing}?\n\n{them}",
            ),
            ("us", "With pleasure. Wednesday at ten in our showroom? We will pick you up at the hotel.\n\n{us}"),
            ("them", "Wednesday at ten is perfect. See you then!"),
        ),
    ),
    (
        "Safety certificate for {thing}",
        (
            (
                "them",
                "Dear {us},\n\ncustoms asks for the CE declaration and the flame test of the {thing}. Can you send both today?\n\n{them}",
            ),
            ("us", "Both are attached, valid until the end of next year.\n\n{us}"),
        ),
    ),
)

CHINESE: tuple[Script, ...] = (
    (
        "询价：{thing} {qty} 个",
        (
            ("them", "{us}您好：\n\n我们春节活动需要{thing}大约{qty}个，请报最优惠的价格和交货期。\n\n谢谢！\n{them}"),
            ("us", "{them}您好：\n\n{qty}个的单价是28元，含税，交货期20天。需要先寄样品给您看吗？\n\n{us}"),
            ("them", "好的，麻烦寄红色和金色各一个，地址和上次一样。\n\n{them}"),
            ("us", "样品今天已寄出，顺丰，大约后天到。\n\n{us}"),
            ("them", "样品收到了，做工很好。请安排合同，红色金色各一半。\n\n{them}"),
            ("us", "合同已发，请查收盖章后回传。\n\n{us}"),
        ),
    ),
    (
        "订单 {order} 发货时间",
        (
            ("them", "{us}，订单{order}什么时候可以发货？客户在催了。\n\n{them}"),
            ("us", "{them}您好，{thing}已经包装好，周五发货，物流单号到时候发给您。\n\n{us}"),
            ("them", "收到，辛苦了！"),
        ),
    ),
    (
        "关于{thing}的质量反馈",
        (
            ("them", "{us}您好：\n\n这批{thing}有十几个灯罩有划痕，照片见附件，请看怎么处理。\n\n{them}"),
            ("us", "{them}您好，非常抱歉。有问题的我们全部补发，下周一寄出。\n\n{us}"),
            ("them", "好的，谢谢处理得这么快。"),
        ),
    ),
    (
        "开票信息",
        (
            ("us", "{them}您好：\n\n订单{order}的货款已收到，请提供开票信息。\n\n{us}"),
            ("them", "开票信息见附件，请开增值税专用发票，谢谢。\n\n{them}"),
            ("us", "发票已开，电子版请查收。\n\n{us}"),
        ),
    ),
    (
        "下个月来参观工厂",
        (
            ("them", "{us}您好，我们下个月中旬想到贵司参观，看看新款{thing}，方便安排吗？\n\n{them}"),
            ("us", "非常欢迎！您定好日期告诉我，我安排车去接。\n\n{us}"),
            ("them", "那就定在15号上午，到时候见。\n\n{them}"),
        ),
    ),
)

THINGS_EN = ("paper lanterns", "silk lanterns", "solar garden lights", "LED string lights", "bamboo lamps")
THINGS_ZH = ("纸灯笼", "丝绸灯笼", "太阳能庭院灯", "LED彩灯串", "竹编灯")

NEWSLETTERS = (
    (
        "Logistics Weekly <news@freightweekly.example>",
        "Freight rates fall for the third week",
        "Container rates from Asia to Europe fell again. Read more on our site.",
    ),
    (
        "Design Fair <newsletter@designfair.example>",
        "Early-bird booths until Friday",
        "Secure your booth in hall 4 before the prices rise.",
    ),
    ("跨境电商周报 <news@kuajing.example>", "本周跨境物流动态", "本周海运价格继续下降，详情请看网站。"),
)

ROBOTS = (
    (
        "Parcel Express <no-reply@parcelexpress.example>",
        "Your parcel {order} is on its way",
        "Tracking number {order}. Please do not answer this mail.",
    ),
    (
        "Bank of Ningbo <notifications@bon.example>",
        "Incoming payment",
        "A payment was credited to your account ending 4411.",
    ),
)

LIST_MAIL = (
    "lighting-trade",
    "lighting-trade.lists.example",
    "[lighting-trade] New EU rules for solar lights",
    "Has anybody read the new draft? It seems that small lamps are exempt.",
)

OUT_OF_OFFICE_EN = "Thank you for your mail. I am out of the office until Monday and will answer after that.\n\n{them}"
OUT_OF_OFFICE_ZH = "您好，我正在出差，下周一回来后会尽快回复您的邮件。\n\n{them}"

REPLY_EN = "Hello Mei,\n\nthe new catalogue looks wonderful. Please send me the price list for 500 pieces.\n\n{them}"
REPLY_ZH = "林经理您好，新目录很漂亮，请把500个的报价发给我。\n\n{them}"
