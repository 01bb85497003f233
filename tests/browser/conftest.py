"""A real Chromium for the public pages, in a language and a size."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from tests.browser.looking import FLAGS, PHONE, Open
from tests.conftest import require
from tests.servers import browser
from tests.servers.server import find_program


@pytest.fixture
def open_browser(tmp_path: Path) -> Iterator[Open]:
    """Starts browsers: `open_browser("zh-CN", PHONE)`, with `dark=True` in the dark scheme."""
    require(browser)  # type: ignore[arg-type]  # a module that answers like a server class
    started: list[Chrome] = []

    def start(language: str, size: tuple[int, int], *, dark: bool = False) -> Chrome:
        options = ChromeOptions()
        for flag in (*FLAGS, f"--user-data-dir={tmp_path / f'profile{len(started)}'}", f"--lang={language}"):
            options.add_argument(flag)
        options.add_experimental_option("prefs", {"intl.accept_languages": language})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.binary_location = find_program("chromium") or ""
        started.append(Chrome(options, Service(find_program("chromedriver"))))
        shape = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
        started[-1].execute_cdp_cmd("Emulation.setDeviceMetricsOverride", shape)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        started[-1].execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        return started[-1]

    yield start
    for each in started:
        each.quit()
