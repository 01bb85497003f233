"""Finds Debian's Chromium and its driver, for tests of web pages with Selenium."""

from __future__ import annotations

from pathlib import Path

from tests.servers.server import find_program, lacks

TITLE = "Chromium"
PACKAGES = ("chromium", "chromium-driver", "fonts-wqy-zenhei")

_CHINESE_FONT = Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc")


def available() -> str | None:
    """None if a browser, its driver and a Chinese font are there, else what is missing."""
    font = str(_CHINESE_FONT) if _CHINESE_FONT.exists() else None
    return lacks(TITLE, PACKAGES, find_program("chromium"), find_program("chromedriver"), font)
