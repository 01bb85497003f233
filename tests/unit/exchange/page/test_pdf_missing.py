"""Where reportlab is not installed, somebody is told what to do."""

import sys

import pytest

from mailcrm.errors import UserError
from mailcrm.exchange.page.build import build_page
from mailcrm.exchange.page.pdf import pdf_page
from mailcrm.exchange.page.texts import PageLanguage
from tests.unit.exchange.page.sample import content, local


def test_user_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "reportlab.platypus", None)
    with pytest.raises(UserError, match=r"pip install 'mailcrm\[pdf\]', or choose html"):
        pdf_page(build_page(content(), PageLanguage.EN, local))
