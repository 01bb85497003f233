"""All words of the page in both languages: headings, and names of kinds, states, sources and fields."""

from enum import StrEnum


class PageLanguage(StrEnum):
    """What `--language` takes."""

    EN = "en"
    ZH = "zh-CN"


class Words:
    """The words of one language. What has no word of its own is shown as it is, without underscores."""

    def __init__(self, language: PageLanguage) -> None:
        self.language = language
        self._words = _CHINESE if language is PageLanguage.ZH else _ENGLISH

    def say(self, key: str, **values: object) -> str:
        """A text of the page, with its values filled in. Raises KeyError for none of ours."""
        return self._words[key].format(**values)

    def name(self, of: str, value: str) -> str:
        """What a value of a kind (`of`: state, source, field, ...) is called."""
        return self._words.get(f"{of}.{value}") or value.replace("_", " ")

    def label(self, of: str, value: str) -> str:
        """The same where a line begins with it."""
        called = self.name(of, value)
        return called[:1].upper() + called[1:]

    def colon(self, label: str, text: str) -> str:
        """`label: text`, as the language writes it."""
        return f"{label}：{text}" if self.language is PageLanguage.ZH else f"{label}: {text}"

    def listed(self, texts: list[str]) -> str:
        """Several things in one line."""
        return ("、" if self.language is PageLanguage.ZH else ", ").join(texts)


_ENGLISH = {
    "title": "Customer archive", "number": "Number", "no_number": "not a customer yet",
    "other_numbers": "Also found as", "kind": "Kind", "state": "State", "since": "Known since",
    "merged_from": "Merged from", "known_from": "Known from", "given_name": "Given name",
    "family_name": "Family name", "printed": "Printed by {who} on {at}. Times are local ({zone}).",
    "left_out": "{count} older lines of the timeline are not on this page.", "masked": "Sensitive values are masked.",
    "values": "Values", "suggestions": "Suggestions",
    "suggestions_hint": "What mail or files say, and nobody has confirmed or something stronger contradicts.",
    "former": "Former values", "emails": "E-mail addresses", "postal": "Postal addresses", "own": "Own fields",
    "ties": "People and organisations", "tags": "Tags", "no_category": "Without category", "dates": "Important dates",
    "next": "next on {day}", "ended": "until {day}", "not_in_use": "Until {day}", "holds": "In use",
    "orders": "Orders", "totals": "Totals", "payments": "Other payments", "cases": "Open cases",
    "pinned": "Pinned notes", "changes": "Changed values", "changes_hint": "The newest first.",
    "timeline": "Timeline", "timeline_hint": "The newest first; of a mail its beginning.",
    "consent": "{purpose}: {state} on {at}", "proof": "proof", "no_proof": "no proof recorded",
    "closed_all": "closed for everything ({reason})", "closed_for": "closed for {purpose}",
    "confidence": "{percent} sure", "mails": "in {count} mails", "confirmed": "confirmed by {who}",
    "total_line": "{amount} ordered, {paid} paid", "count": "{orders} orders", "count_one": "1 order",
    "paid": "paid {amount}", "item": "Item", "quantity": "Quantity", "unit_price": "Price of one", "amount": "Amount",
    "payment": "Payment", "reference": "Reference", "method": "Method", "day": "Day", "due": "due {day}",
    "owner": "owner {who}", "with_title": "as {title}", "from_to": "{first} to {last}",
    "seen_until": "last seen {day}", "attachments": "{count} attachments", "one_attachment": "1 attachment",
    "nothing": "(nothing)", "no_subject": "(no subject)", "sensitive": "{label} (sensitive)",
    "preferred": "preferred", "is_private": "private", "general": "General", "kind.person": "person",
    "state.active": "customer", "source.user": "entered by a user", "source.hand": "entered by hand",
    "source.header": "mail header", "source.vcard": "card in mail", "source.import": "import", "source.form": "form",
    "source.api": "API", "address.role": "shared mailbox", "address.noreply": "robot", "address.list": "mailing list",
    "address.own": "our own", "state.merged": "merged into another", "state.erased": "erased", "field.x": "X",
    "field.wechat": "WeChat", "field.qq": "QQ", "field.wecom": "WeCom", "field.url": "Web site",
    "field.alias": "also called", "field.tax_id": "Tax number", "tie.employee": "works for", "tie.agent": "agent of",
    "tie.end_customer": "end customer of", "tied.employee": "works here", "tied.agent": "agent",
    "tied.end_customer": "end customer", "what.email_in": "mail from the customer",
    "what.email_out": "mail to the customer", "what.email_internal": "internal mail", "what.sms": "text message",
    "what.social": "social network", "what.service": "service request", "what.field": "changed value",
}  # fmt: skip

_CHINESE = {
    "title": "客户档案", "number": "客户编号", "no_number": "尚不是客户", "other_numbers": "其他编号", "kind": "类型",
    "state": "状态", "since": "建档时间", "merged_from": "由以下档案合并", "known_from": "来源", "given_name": "名",
    "family_name": "姓", "printed": "{who} 于 {at} 打印。时间为当地时间（{zone}）。",
    "left_out": "时间线上还有 {count} 条更早的记录未打印。", "masked": "敏感信息已隐藏。", "values": "资料",
    "suggestions": "待确认的资料", "suggestions_hint": "来自邮件或文件，尚无人确认，或与更可靠的资料不一致。",
    "former": "以前的资料", "emails": "电子邮箱", "postal": "邮寄地址", "own": "自定义字段", "ties": "相关的人和单位",
    "tags": "标签", "no_category": "未分类", "dates": "重要日子", "next": "下一次：{day}", "ended": "至 {day}",
    "not_in_use": "已停用（{day}）", "holds": "在用", "orders": "订单", "totals": "合计", "payments": "其他收付款",
    "cases": "待处理事项", "pinned": "置顶备注", "changes": "修改记录", "changes_hint": "最新的在前。",
    "timeline": "时间线", "timeline_hint": "最新的在前；邮件只列出开头。", "consent": "{purpose}：{state}（{at}）",
    "proof": "凭据", "no_proof": "没有凭据", "closed_all": "已停止一切邮件（{reason}）",
    "closed_for": "已停止“{purpose}”邮件", "confidence": "可信度 {percent}", "mails": "见于 {count} 封邮件",
    "confirmed": "由 {who} 确认", "total_line": "订购 {amount}，已付 {paid}", "count": "{orders} 个订单",
    "count_one": "1 个订单", "paid": "已付 {amount}", "item": "项目", "quantity": "数量", "unit_price": "单价",
    "amount": "金额", "payment": "付款", "reference": "流水号", "method": "方式", "day": "日期", "due": "{day} 到期",
    "owner": "负责人 {who}", "with_title": "职务：{title}", "from_to": "{first} 至 {last}",
    "seen_until": "最近见于 {day}", "attachments": "{count} 个附件", "one_attachment": "1 个附件",
    "nothing": "（空）", "no_subject": "（无主题）", "sensitive": "{label}（敏感）", "preferred": "首选",
    "is_private": "私人", "general": "一般", "kind.person": "个人", "kind.organisation": "单位",
    "state.candidate": "待定", "state.active": "客户", "state.archived": "已归档", "state.merged": "已并入其他档案",
    "state.erased": "已删除", "source.user": "人工填写", "source.hand": "手工录入", "source.header": "邮件头",
    "source.signature": "邮件签名", "source.vcard": "邮件名片", "source.import": "导入", "source.form": "表单",
    "source.api": "接口", "address.personal": "个人邮箱", "address.role": "公用邮箱", "address.noreply": "自动邮箱",
    "address.list": "邮件列表", "address.own": "本公司", "said.given": "同意", "said.withdrawn": "已撤回",
    "said.none": "无", "tie.employee": "任职于", "tie.agent": "代理", "tie.end_customer": "最终客户属于",
    "tied.employee": "在此任职", "tied.agent": "代理商", "tied.end_customer": "最终客户", "date.birthday": "生日",
    "date.anniversary": "纪念日", "date.contract_expiry": "合同到期", "date.name_day": "命名日",
    "date.founding": "成立日", "date.first_order": "首次下单", "date.other": "其他", "order.quoted": "已报价",
    "order.open": "未完成", "order.paid": "已付款", "order.shipped": "已发货", "order.completed": "已完成",
    "order.cancelled": "已取消", "order.refunded": "已退款", "case.open": "未处理", "case.working": "处理中",
    "case.waiting": "等待中", "case.solved": "已解决", "case.closed": "已关闭", "what.email_in": "来信",
    "what.email_out": "去信", "what.email_internal": "内部邮件", "what.campaign": "群发邮件", "what.consent": "同意",
    "what.field": "资料修改", "what.meeting": "会议", "what.call": "电话", "what.visit": "拜访", "what.chat": "聊天",
    "what.sms": "短信", "what.social": "社交网络", "what.letter": "信函", "what.feedback": "反馈",
    "what.note": "备注", "what.complaint": "投诉", "what.inquiry": "询价", "what.service": "售后",
    "what.order": "订单", "what.payment": "付款", "what.form": "表单", "what.import": "导入", "field.name": "姓名",
    "field.given_name": "名", "field.family_name": "姓", "field.alias": "别名", "field.salutation": "称呼",
    "field.gender": "性别", "field.language": "语言", "field.title": "职务", "field.department": "部门",
    "field.company": "公司", "field.legal_name": "法定名称", "field.tax_id": "税号", "field.industry": "行业",
    "field.country": "国家", "field.region": "省份", "field.city": "城市", "field.timezone": "时区",
    "field.lifecycle": "阶段", "field.tier": "等级", "field.owner": "负责人", "field.origin": "渠道",
    "field.phone": "电话", "field.mobile": "手机", "field.fax": "传真", "field.url": "网址", "field.address": "地址",
    "field.wechat": "微信", "field.qq": "QQ", "field.wecom": "企业微信", "field.dingtalk": "钉钉",
    "field.weibo": "微博", "field.whatsapp": "WhatsApp", "field.telegram": "Telegram", "field.line": "LINE",
    "field.kakaotalk": "KakaoTalk", "field.linkedin": "领英", "field.x": "X", "field.youtube": "YouTube",
    "field.tiktok": "TikTok", "field.preference": "偏好", "closed.unsubscribe": "退订", "closed.complaint": "投诉",
    "closed.hard bounce": "退信", "closed.manual": "人工停止", "closed.erased": "已删除", "closed.legal": "法律要求",
}  # fmt: skip
