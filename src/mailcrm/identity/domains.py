"""Which part of a host name somebody registered; owner of publicsuffixlist (the list comes with it, nothing is fetched)."""

from functools import lru_cache
from typing import Any

from mailcrm.identity.score import is_slip
from mailcrm.model.address import is_free_mail

_LARGE = ("gmail.com", "hotmail.com", "outlook.com", "yahoo.com", "icloud.com", "foxmail.com", "googlemail.com")
"""Providers whose names are long enough that a neighbour is a slip; 163.com has the neighbours 126.com and 263.com."""

_NEAR, _FAR = min(map(len, _LARGE)) - 1, max(map(len, _LARGE)) + 1


@lru_cache(maxsize=1 << 17)
def organisation_domain(domain: str) -> str:
    """The registered domain of an organisation (`mail.acme.co.uk` is acme.co.uk); '' for a free-mail provider and for none."""
    if "." not in domain or is_free_mail(domain):
        return ""
    registered = _suffixes().privatesuffix(domain) or ""
    return "" if is_free_mail(registered) else str(registered)


@lru_cache(maxsize=1 << 17)
def provider_meant(domain: str) -> str:
    """The large free-mail provider of which a domain is a slip of the finger (gmail.con, outlok.com); '' for all others."""
    if is_free_mail(domain) or not _NEAR <= len(domain) <= _FAR:
        return ""
    return next((provider for provider in _LARGE if is_slip(domain, provider)), "")


@lru_cache(maxsize=1)
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=True, only_icann=True)
