"""HubSpot: contacts, companies, and the list of unsubscribes and bounces."""

from mailcrm.exchange.presets.preset import Preset
from mailcrm.model.party import PartyKind

_MAIL = """
opt_out = Unsubscribed from all email|Opted out of email: Marketing Information|Opted out of email: One to One
|Opted out of email: Customer Service Communication|Portal Unsubscribe|Marketing Information
bounced = Email hard bounce reason|Invalid email address|Portal Bounce|Global Bounce
complained = Portal Spam Report
"""
_CONTACT = """
foreign_id = Record ID|Contact ID|Record ID - Contact
given_name = First Name
family_name = Last Name
salutation = Salutation
email = Email
email:additional = Additional email addresses|Work email
phone = Phone Number
mobile = Mobile Phone Number
whatsapp = WhatsApp Phone Number
fax = Fax Number
title = Job Title
company = Company Name|Associated Company|Primary Associated Company
industry = Industry
street = Street Address
city = City
region = State/Region
postcode = Postal Code
country = Country/Region
url = Website URL
linkedin = LinkedIn URL|LinkedIn Bio
x = Twitter Username
gender = Gender
birthday = Date of birth
language = Preferred language
timezone = Time Zone
lifecycle = Lifecycle Stage
owner = Contact owner
origin = Original Source|Original Traffic Source
created = Create Date
note = Message|Notes
ignore = Last Activity Date|Last Modified Date|Associated Company IDs|Associated Contact IDs|Lead Status
|Marketing contact status|Number of times contacted|Next Activity Date
"""
_COMPANY = """
foreign_id = Record ID|Company ID
name = Company name
url = Company Domain Name|Website URL
phone = Phone Number
industry = Industry
street = Street Address
city = City
region = State/Region
postcode = Postal Code
country = Country/Region
lifecycle = Lifecycle Stage
owner = Company owner
linkedin = LinkedIn Company Page
note = Description|About Us
created = Create Date
ignore = Last Activity Date|Associated Contact IDs|Last Modified Date
"""

PRESETS = (
    Preset(
        "hubspot-contacts",
        "HubSpot contacts",
        ("Record ID|Contact ID|Record ID - Contact", "First Name", "Email"),
        _CONTACT + _MAIL,
    ),
    Preset(
        "hubspot-companies",
        "HubSpot companies",
        ("Record ID|Company ID", "Company name", "Company owner|Company Domain Name"),
        _COMPANY,
        PartyKind.ORGANISATION,
    ),
    Preset(
        "hubspot-opt-outs",
        "HubSpot unsubscribes and bounces",
        ("Portal Unsubscribe", "Portal Bounce"),
        "email = Email|Recipient|Email Address" + _MAIL,
    ),
)
