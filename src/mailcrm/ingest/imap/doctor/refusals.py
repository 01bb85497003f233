"""What servers say when they refuse a login, and what they mean by it."""

import re
from dataclasses import dataclass

from mailcrm.ingest.imap.doctor.facts import Facts


@dataclass(frozen=True, slots=True)
class Refusal:
    """What it means, and the next step; '' where the provider's own way to its code is the step."""

    means: str
    next: str = ""


_WEB_MAIL = "sign in to the web mail with a browser once and confirm what it asks, or make a new code there"
# Texts as they were reported; the first that fits is meant. The last lines are the codes of RFC 5530.
_KNOWN: tuple[tuple[re.Pattern[str], Refusal], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), refusal)
    for pattern, refusal in (
        (  # Yandex (Mailspring#904, #2111)
            r"invalid credentials or imap is disabled",
            Refusal(
                "either the code is wrong, or IMAP is switched off for this mailbox; the server does not say which"
            ),
        ),
        (  # Gmail and Zoho in their help pages
            r"not enabled for imap|yet to enable imap|imap (access )?is (disabled|not enabled)",
            Refusal("IMAP is switched off for this mailbox", "switch IMAP on in the settings of the web mail"),
        ),
        (  # Gmail (imapsync#175, mutt-wizard#831), QQ (qqbot#139, yapi#2219), mail.ru
            r"application[- ]specific password|app(lication)? password|authori[sz](ed|ation) code|授权码|专用密码|安全密码",
            Refusal("this mailbox takes a code made for mail programs, not the password of the web mail"),
        ),
        (  # Gmail (php-imap#87, MailSystem.NET#17)
            r"web ?login required|log in via your web browser",
            Refusal("the provider found this login suspicious and wants to see a human first", _WEB_MAIL),
        ),
        (r"unsafe login", Refusal("the provider does not trust this login", _WEB_MAIL)),  # NetEase, imapclient#544
        (
            r"control character",
            Refusal(
                "the secret was not copied as it is", "write the secret into its file or variable anew, in one line"
            ),
        ),
        (
            r"takes no password on this connection",
            Refusal(
                "the server offers no way to log in with a password here",
                "set accounts.imap.security to 'tls' or 'starttls'; if it is, the provider wants OAuth: docs/oauth.md",
            ),
        ),
        (r"\[EXPIRED\]", Refusal("the password or code has expired")),
        (
            r"\[AUTHORIZATIONFAILED\]",
            Refusal(
                "the password is right, but this login may not open this mailbox",
                "is accounts.login the owner of the mailbox, and is IMAP allowed for it? Ask its administrator",
            ),
        ),
        (
            r"\[CONTACTADMIN\]",
            Refusal("the server wants its administrator to act", "ask the administrator of the server"),
        ),
    )
)


def explain(facts: Facts, said: str) -> Refusal:
    """The meaning of a refused login, by what was `said`, else by what is known of the provider."""
    known = next((refusal for pattern, refusal in _KNOWN if pattern.search(said)), None)
    if known is not None:
        return Refusal(known.means, " ".join(filter(None, [known.next, _where(facts) if not known.next else ""])))
    return Refusal(_guess(facts), _where(facts))


def _guess(facts: Facts) -> str:
    provider = facts.provider
    if facts.oauth:
        return "the sign-in does not hold: somebody else signed in, access to mail was not granted, or it was withdrawn"
    if provider is not None and provider.oauth_only:
        return f"{provider.title} no longer takes passwords"
    if provider is not None and provider.ambiguous_login:
        return f"{provider.title} gives this one answer for a wrong code, IMAP switched off, too many logins and a busy server"
    if provider is not None and provider.code_name:
        return (
            f"the login or the secret is wrong; {provider.title} wants its {provider.code_name}, "
            "not the password of the web mail, and IMAP switched on"
        )
    return "the login or the password is wrong, or IMAP is not allowed for this mailbox"


def _where(facts: Facts) -> str:
    """How to come to a secret that works, and what to do then."""
    then = f"then change the secret, and run: mailcrm accounts resume {facts.account}"
    if facts.oauth:
        return f"run: mailcrm accounts sign-in {facts.account}"
    where = facts.provider.code_where[0] if facts.provider is not None else ""
    if facts.provider is not None and facts.provider.oauth_only:
        return (
            f"give the account [accounts.oauth] instead of a secret; then run: mailcrm accounts sign-in {facts.account}"
        )
    return f"{where}; {then}" if where else f"try the same login in another mail program or the web mail; {then}"
