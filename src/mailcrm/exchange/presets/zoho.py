"""Zoho CRM: contacts, leads and accounts."""

from mailcrm.exchange.presets.preset import Preset
from mailcrm.model.party import PartyKind

_PERSON = """
foreign_id = Record Id|Contact Id|Lead Id
salutation = Salutation
given_name = First Name
family_name = Last Name
title = Title|Designation
email = Email
email:secondary = Secondary Email
phone = Phone
mobile = Mobile
phone:home = Home Phone
phone:other = Other Phone
fax = Fax
skype = Skype ID
x = Twitter
opt_out = Email Opt Out|Unsubscribed Mode|Unsubscribed Time
origin = Lead Source
tags = Tag
note = Description
created = Created Time
ignore = Modified Time|Modified By|Created By|Last Activity Time|Full Name|Contact Name|Contact Owner Id|Lead Owner Id
|Account Name Id
"""
_CONTACT = """
owner = Contact Owner
company = Account Name
department = Department
birthday = Date of Birth
street = Mailing Street
city = Mailing City
region = Mailing State
postcode = Mailing Zip
country = Mailing Country
street:other = Other Street
city:other = Other City
region:other = Other State
postcode:other = Other Zip
country:other = Other Country
"""
_LEAD = """
owner = Lead Owner
company = Company
url = Website
industry = Industry
lifecycle = Lead Status
tier = Rating
street = Street
city = City
region = State
postcode = Zip Code
country = Country
"""
_ACCOUNT = """
foreign_id = Record Id|Account Id
name = Account Name
owner = Account Owner
phone = Phone
fax = Fax
url = Website
industry = Industry
tier = Rating
tags = Tag
note = Description
created = Created Time
street:billing = Billing Street
city:billing = Billing City
region:billing = Billing State
postcode:billing = Billing Code
country:billing = Billing Country
street:shipping = Shipping Street
city:shipping = Shipping City
region:shipping = Shipping State
postcode:shipping = Shipping Code
country:shipping = Shipping Country
ignore = Modified Time|Account Type|Account Number|Account Site|Parent Account|Employees|Annual Revenue|SIC Code
|Ticker Symbol
"""
_ID = "Record Id|Contact Id|Lead Id|Account Id"

PRESETS = (
    Preset("zoho-contacts", "Zoho CRM contacts", (_ID, "Contact Owner", "Last Name"), _PERSON + _CONTACT),
    Preset("zoho-leads", "Zoho CRM leads", (_ID, "Lead Owner", "Last Name"), _PERSON + _LEAD),
    Preset("zoho-accounts", "Zoho CRM accounts", (_ID, "Account Owner", "Account Name"), _ACCOUNT, PartyKind.ORGANISATION),
)  # fmt: skip
