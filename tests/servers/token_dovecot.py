"""A Dovecot that takes OAuth tokens, and asks our authorization server what each is worth (RFC 7662)."""

from __future__ import annotations

import string

from tests.servers.authorization import AuthorizationServer
from tests.servers.dovecot import Dovecot

_EXTRA = string.Template("""
auth_mechanisms = plain login $mechanisms
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = $folder/oauth2.conf
}
""")
_OAUTH2 = string.Template("""
introspection_mode = post
introspection_url = $url
active_attribute = active
active_value = true
username_attribute = username
force_introspection = yes
""")


class TokenDovecot(Dovecot):
    """Also takes passwords. `mechanisms`: xoauth2, oauthbearer, or both."""

    def __init__(self, server: AuthorizationServer, mechanisms: str = "xoauth2 oauthbearer") -> None:
        super().__init__()
        self._server, self._mechanisms = server, mechanisms

    def _prepare(self) -> list[str]:
        (self.folder / "oauth2.conf").write_text(_OAUTH2.substitute(url=self._server.url("introspect")))
        self.extra = _EXTRA.substitute(folder=self.folder, mechanisms=self._mechanisms)
        return super()._prepare()
