"""How much each piece of evidence says, in bits: log2 of how much likelier it is seen of one person than of two.

Starting weights by measurement (docs/identity.md). How rare a name is comes from `names/rarity.py`, how names speak from
`names/compare.py`.
"""

AUTO, REVIEW = 7.0, 0.0
"""Bits from which two are one; from which a human is asked."""

CERTAIN = 8.5
"""What an identifier of one person leaves when the prior is paid."""

IMPLIED, IMPLIED_AGAINST = 0.8, -4.0
"""The share of a name that is taken from a mailbox, and the most that it says against: not all have their owner's name."""

PHONE, OTHER_PHONE = 13.0, -1.0
"""A number that one name has; two numbers, as about half of the people have."""

BORN, BORN_SLIP, OTHER_DATE, WRONG_DATE = 13.0, 4.0, -9.0, -5.0
"""One day of sixty years is 14.4. Of one in thirty, who is otherwise known, the date is wrong."""

LOCAL, PLACE = 9.0, 7.0
"""The most that one local part at two providers says; and one employer."""

RARE = 8.0
"""Bits of a word of a name that few have."""

NUMBER_SLIP, NEARLY = 4.0, 5.0
"""A customer number with a slip; a mailbox with one or two, of people born on one day."""

MEANT, SLIP, HOST_SLIP = 16.0, 9.0, 12.0
"""A mailbox at a provider that was mistyped; with a slip in the name of its owner; at a host that is another but for slips."""

SHARED_MAILBOX, MARRIED = 8.0, -1.0
"""A mailbox that several read, under one name; another family name at the same mailbox."""

NUMBERED, OTHER_DIGITS, TWO_SHARED = -14.0, -4.0, -14.0
"""gary@ and gary2@ of a company; of a free provider; info@ and sales@."""
