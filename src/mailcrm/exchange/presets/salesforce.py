"""Salesforce: contacts, leads and accounts, by the names of the data export (LastName) and of reports (Last Name)."""

from mailcrm.exchange.presets.preset import Preset
from mailcrm.model.party import PartyKind

_PERSON = """
salutation = Salutation
name = Name
given_name = FirstName|First Name
middle_name = MiddleName|Middle Name
family_name = LastName|Last Name
title = Title
email = Email
phone = Phone|Business Phone
mobile = MobilePhone|Mobile|Mobile Phone
fax = Fax|Business Fax
origin = LeadSource|Lead Source
note = Description|Contact Description|Lead Description
opt_out = HasOptedOutOfEmail|Email Opt Out
bounced = EmailBouncedReason|EmailBouncedDate|Email Bounced Reason|IsEmailBounced
owner = Contact Owner|Lead Owner|Owner Full Name
created = CreatedDate|Created Date
ignore = OwnerId|CreatedById|LastModifiedDate|LastModifiedById|SystemModstamp|IsDeleted|MasterRecordId
|LastActivityDate|Last Activity|Last Modified Date|PhotoUrl|RecordTypeId|HasOptedOutOfFax|DoNotCall
|Jigsaw|JigsawContactId|CleanStatus|IndividualId|LastViewedDate|LastReferencedDate|IsPriorityRecord|ReportsToId
"""
_CONTACT = """
foreign_id = Id|Contact ID
ignore = AccountId|Account ID
company = Account Name
department = Department
birthday = Birthdate
phone:home = HomePhone|Home Phone
phone:other = OtherPhone|Other Phone
street = MailingStreet|Mailing Street|Mailing Address Line 1
city = MailingCity|Mailing City
region = MailingState|Mailing State/Province|Mailing State
postcode = MailingPostalCode|Mailing Zip/Postal Code|Mailing Zip
country = MailingCountry|Mailing Country
street:other = OtherStreet|Other Street
city:other = OtherCity|Other City
region:other = OtherState|Other State/Province
postcode:other = OtherPostalCode|Other Zip/Postal Code
country:other = OtherCountry|Other Country
"""
_LEAD = """
foreign_id = Id|Lead ID
company = Company|Company / Account
street = Street|Address Line 1
city = City
region = State|State/Province
postcode = PostalCode|Zip/Postal Code
country = Country
url = Website
industry = Industry
lifecycle = Status|Lead Status
tier = Rating
ignore = AnnualRevenue|NumberOfEmployees|IsConverted|ConvertedDate|ConvertedAccountId|ConvertedContactId
|ConvertedOpportunityId|IsUnreadByOwner
"""
_ACCOUNT = """
foreign_id = Id|Account ID
name = Name|Account Name
phone = Phone
fax = Fax
url = Website
industry = Industry
tier = Rating
origin = AccountSource|Account Source
owner = Account Owner
created = CreatedDate|Created Date
note = Description|Account Description
street:billing = BillingStreet|Billing Street|Billing Address Line 1
city:billing = BillingCity|Billing City
region:billing = BillingState|Billing State/Province
postcode:billing = BillingPostalCode|Billing Zip/Postal Code
country:billing = BillingCountry|Billing Country
street:shipping = ShippingStreet|Shipping Street
city:shipping = ShippingCity|Shipping City
region:shipping = ShippingState|Shipping State/Province
postcode:shipping = ShippingPostalCode|Shipping Zip/Postal Code
country:shipping = ShippingCountry|Shipping Country
ignore = OwnerId|ParentId|IsDeleted|MasterRecordId|CreatedById|LastModifiedDate|LastModifiedById|SystemModstamp
|LastActivityDate|PhotoUrl|AnnualRevenue|NumberOfEmployees|Type|AccountNumber|Jigsaw|CleanStatus
"""

PRESETS = (
    Preset(
        "salesforce-contacts",
        "Salesforce contacts",
        ("LastName|Last Name", "AccountId|Account Name", "MailingCity|Mailing City|Id|Contact ID"),
        _PERSON + _CONTACT,
    ),
    Preset(
        "salesforce-leads",
        "Salesforce leads",
        ("LastName|Last Name", "Company|Company / Account", "LeadSource|Lead Source|Lead ID", "Status|Lead Status"),
        _PERSON + _LEAD,
    ),
    Preset(
        "salesforce-accounts",
        "Salesforce accounts",
        ("Name|Account Name", "BillingCity|Billing City"),
        _ACCOUNT,
        PartyKind.ORGANISATION,
    ),
)
