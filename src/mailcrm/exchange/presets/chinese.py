"""Programs and sheets from China: 纷享销客, 小满 OKKI, and how people head a list of customers.

The headings of 纷享销客 and 小满 are those of their screens; no export of theirs was at hand (`sure` is False).
"""

from mailcrm.exchange.presets.preset import Preset
from mailcrm.model.party import PartyKind

_FXIAOKE_CUSTOMER = """
name = 客户名称
foreign_id = 客户编号|唯一性ID
tier = 客户级别
lifecycle = 成交状态|生命状态|客户状态
industry = 行业|一级行业
origin = 来源|客户来源
phone = 电话
fax = 传真
url = 网址
email = 邮件
country = 国家
region = 省
city = 市
district = 区
street = 详细地址
owner = 负责人
note = 备注
created = 创建时间
tags = 标签
ignore = 归属部门|负责人主属部门|最后跟进时间|最后修改时间|最后修改人|创建人|锁定状态|上级客户|合作伙伴|外部负责人
|定位
"""
_FXIAOKE_CONTACT = """
name = 姓名
company = 客户名称
department = 部门
title = 职务
phone = 电话|电话#
mobile = 手机|手机#
email = 邮件|邮箱
gender = 性别
birthday = 生日
wechat = 微信
qq = QQ
street = 地址
tags = 标签
note = 备注|介绍
owner = 负责人
created = 创建时间
ignore = 负责人主属部门|最后修改时间|最后修改人|创建人|锁定状态|关键决策人|归属部门|直属上级|名片照片|生命状态
"""
_OKKI = """
foreign_id = 客户编号
company = 公司名称
alias = 公司简称
country = 国家地区|国家/地区
region = 省份
city = 城市
url = 公司网址|公司主页
phone:company = 座机|公司座机|公司电话
fax = 传真
street = 详细地址|公司地址
origin = 客户来源
tags:group = 客户分组
tags = 客户标签
lifecycle = 客户阶段|客户状态
tier = 客户星级|客户等级
owner = 跟进人
note = 公司备注|备注
created = 创建时间
name = 联系人|联系人昵称|联系人姓名|主要联系人
email = 邮箱|联系人邮箱|主要联系人邮箱
mobile = 联系电话|联系人电话
title = 职位|联系人职位
gender = 性别
birthday = 生日
whatsapp = WhatsApp
linkedin = LinkedIn
facebook = Facebook
wechat = 微信|WeChat
skype = Skype
industry = 主营产品|行业
ignore = 最近联系时间|最近跟进时间|更新时间|公海分组|客户类型|规模|时区|客户评分|头像
"""

PRESETS = (
    Preset(
        "fxiaoke-customers",
        "纷享销客 客户",
        ("客户名称", "客户级别", "成交状态|生命状态|负责人主属部门"),
        _FXIAOKE_CUSTOMER,
        PartyKind.ORGANISATION,
        sure=False,
    ),
    Preset(
        "fxiaoke-contacts",
        "纷享销客 联系人",
        ("姓名", "客户名称", "职务", "负责人主属部门|关键决策人|负责人"),
        _FXIAOKE_CONTACT,
        sure=False,
    ),
    Preset(
        "okki",
        "小满 OKKI",
        ("公司名称", "客户阶段|客户星级|客户分组|公海分组", "跟进人|联系人昵称|联系人邮箱|主要联系人邮箱|邮箱"),
        _OKKI,
        sure=False,
    ),
)
