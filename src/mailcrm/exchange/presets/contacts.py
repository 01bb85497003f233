"""Address books: Google Contacts (the names of before 2024, too) and Outlook."""

from mailcrm.exchange.presets.preset import Preset

_GOOGLE = """
given_name = First Name|Given Name
middle_name = Middle Name|Additional Name
family_name = Last Name|Family Name
salutation = Name Prefix
alias = Nickname
company = Organization Name|Organization # - Name
title = Organization Title|Organization # - Title
department = Organization Department|Organization # - Department
birthday = Birthday
gender = Gender
note = Notes
tags = Labels|Group Membership
label = E-mail # - Label|E-mail # - Type|Phone # - Label|Phone # - Type|Website # - Label|Website # - Type
email = E-mail # - Value
phone = Phone # - Value
url = Website # - Value
address:# = Address # - Formatted
street:# = Address # - Street
city:# = Address # - City
region:# = Address # - Region
postcode:# = Address # - Postal Code
country:# = Address # - Country
name = Name
ignore = File As|Photo|Name Suffix|Phonetic First Name|Phonetic Middle Name|Phonetic Last Name|Yomi Name
|Given Name Yomi|Additional Name Yomi|Family Name Yomi|Address # - Label|Address # - Type|Address # - PO Box
|Address # - Extended Address|Organization # - Type|Organization # - Yomi Name|Organization # - Symbol
|Organization # - Location|Organization # - Job Description|Initials|Short Name|Maiden Name|Location
|Billing Information|Directory Server|Mileage|Occupation|Hobby|Sensitivity|Priority|Subject
"""
_OUTLOOK = """
salutation = Title
given_name = First Name
middle_name = Middle Name
family_name = Last Name
alias = Nickname
email = E-mail Address|E-mail # Address
company = Company
department = Department
title = Job Title
phone:office = Business Phone|Business Phone #
phone:company = Company Main Phone
phone:home = Home Phone|Home Phone #
phone:other = Other Phone
phone = Primary Phone
mobile = Mobile Phone
phone:assistant = Assistant's Phone
phone:car = Car Phone
fax:office = Business Fax
fax:home = Home Fax
fax:other = Other Fax
street:office = Business Street
city:office = Business City
region:office = Business State
postcode:office = Business Postal Code
country:office = Business Country/Region|Business Country
street:home = Home Street
city:home = Home City
region:home = Home State
postcode:home = Home Postal Code
country:home = Home Country/Region|Home Country
street:other = Other Street
city:other = Other City
region:other = Other State
postcode:other = Other Postal Code
country:other = Other Country/Region|Other Country
url = Web Page|Personal Web Page|Business Web Page
birthday = Birthday
anniversary = Anniversary
gender = Gender
language = Language
note = Notes
tags = Categories
ignore = Suffix|E-mail Type|E-mail Display Name|E-mail # Type|E-mail # Display Name|Initials|Private|Sensitivity
|Priority|Callback|ISDN|Pager|Radio Phone|Telex|TTY/TDD Phone|Account|Billing Information|Directory Server
|Government ID Number|Location|Mileage|Organizational ID Number|Office Location|Profession|Referred By|Manager's Name
|Assistant's Name|Spouse|Children|Schools|Hobby|PO Box|Business Address PO Box|Home Address PO Box
|Other Address PO Box|Business Street #|Home Street #|Other Street #|Given Yomi|Surname Yomi|Company Yomi|Keywords
|Internet Free Busy|User #|Business Address|Home Address|Other Address
"""

PRESETS = (
    Preset("google", "Google Contacts", ("E-mail # - Value|Phone # - Value", "First Name|Given Name"), _GOOGLE),
    Preset("outlook", "Outlook", ("E-mail Address", "First Name", "Business Phone|Mobile Phone|Home Phone"), _OUTLOOK),
)
