"""What tests of public pages share: how large the windows are, and what a page must not do in them."""

from collections.abc import Callable

from selenium.webdriver import Chrome

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
).split()

WIDE, PHONE = (1280, 900), (360, 740)

Open = Callable[..., Chrome]


def complaints(page: Chrome) -> list[str]:
    return [entry["message"] for entry in page.get_log("browser")]  # type: ignore[no-untyped-call]


def overflow(page: Chrome) -> int:
    """By how many pixels the page is wider than the window."""
    script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(page.execute_script(script))
