"""A public form as a visitor meets it: filled in, corrected and sent, in two languages, on a wide screen and on a phone."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from mailcrm.model.form import Judged, SubmissionState
from mailcrm.service.daemon import free_port
from mailcrm.service.form_embedding import framed
from tests.browser.looking import PHONE, WIDE, Open, complaints, overflow
from tests.builders import a_web_server
from tests.flow.asking import ANNA, Asking, an_asking

pytestmark = pytest.mark.servers

COMPANY = {"name": "Own Ltd", "postal_address": "1 Main Street, London"}


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Asking]:
    with an_asking(tmp_path) as found:
        yield found


@pytest.fixture
def url(asking: Asking) -> Iterator[str]:
    with a_web_server(asking.store, company=COMPANY) as base_url:
        yield f"{base_url}/f/contact"


def fill(page: Chrome, **answers: str) -> None:
    for key, text in answers.items():
        field = page.find_element(By.ID, f"f-{key}")
        if field.tag_name == "select":
            Select(field).select_by_value(text)
        else:
            field.clear()
            field.send_keys(text)


def press(page: Chrome) -> None:
    """Send, and wait for the page that answers."""
    old = page.find_element(By.TAG_NAME, "h1")
    page.find_element(By.TAG_NAME, "button").click()
    WebDriverWait(page, 20).until(lambda _: page.find_element(By.TAG_NAME, "h1") != old)


def wait_a_moment(page: Chrome) -> None:
    """Longer than a machine that is too quick."""
    script = "const done = arguments[0]; setTimeout(done, 2100 - performance.now())"
    page.execute_async_script(script)


def heading(page: Chrome) -> str:
    return page.find_element(By.TAG_NAME, "h1").text


WORDS = {
    "en": ("Contact us", "Please check: ", "Thank you"),
    "zh-CN": ("联系我们", "请检查：", "谢谢"),
}


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_visitor_fills_in_corrects_and_is_thanked(
    asking: Asking, url: str, open_browser: Open, language: str, size: tuple[int, int], tmp_path: Path
) -> None:
    page = open_browser(language, size)
    page.get(url)
    asked, wrong, thanked = WORDS[language]
    assert heading(page) == asked
    assert page.find_element(By.TAG_NAME, "html").get_attribute("lang") == language
    assert overflow(page) == 0
    page.save_screenshot(str(tmp_path / "1-open.png"))

    fill(page, **ANNA | {"email": "anna@", "message": ""})
    page.find_element(By.NAME, "_newsletter").click()
    press(page)
    assert page.title.startswith(wrong)
    assert overflow(page) == 0
    assert page.find_element(By.ID, "f-email").get_attribute("aria-invalid") == "true"
    assert page.find_element(By.ID, "f-name").get_attribute("value") == "Anna Li"
    assert Select(page.find_element(By.ID, "f-industry")).first_selected_option.get_attribute("value") == "Retail"
    assert page.find_element(By.NAME, "_newsletter").is_selected()
    assert page.switch_to.active_element.get_attribute("role") == "alert"
    page.save_screenshot(str(tmp_path / "2-wrong.png"))
    assert asking.kept() == []

    fill(page, email=ANNA["email"], message=ANNA["message"])
    wait_a_moment(page)
    press(page)
    assert heading(page).endswith(thanked)
    assert overflow(page) == 0
    page.save_screenshot(str(tmp_path / "3-thanks.png"))
    [found] = asking.kept()
    assert (found.judged, found.state, found.reasons) == (Judged.OK, SubmissionState.FILED, "")
    assert (found.language, bool(found.asked)) == (language, True)
    page.refresh()
    assert len(asking.kept()) == 1
    refused = [
        each for each in complaints(page) if "422" not in each
    ]  # Chromium notes the status of the corrected page
    assert refused == []


def test_the_whole_page_fits_and_the_trap_is_unseen(url: str, open_browser: Open, tmp_path: Path) -> None:
    page = open_browser("en", PHONE)
    page.get(url)
    trap = page.find_element(By.CLASS_NAME, "unseen")
    assert (trap.rect["width"], trap.rect["height"]) == (1, 1)
    assert trap.value_of_css_property("clip-path") == "inset(50%)"
    page.execute_script("window.scrollTo(0, document.body.scrollHeight)")
    page.save_screenshot(str(tmp_path / "end.png"))
    assert complaints(page) == []


def test_the_keyboard_is_enough(asking: Asking, url: str, open_browser: Open) -> None:
    page = open_browser("en", WIDE)
    page.get(url)
    for _, text in zip(range(4), (ANNA["name"], ANNA["email"], ANNA["company"], ANNA["phone"]), strict=True):
        page.switch_to.active_element.send_keys(Keys.TAB)
        page.switch_to.active_element.send_keys(text)
    page.switch_to.active_element.send_keys(Keys.TAB + "R")
    page.switch_to.active_element.send_keys(Keys.TAB)
    page.switch_to.active_element.send_keys(ANNA["message"])
    page.switch_to.active_element.send_keys(Keys.TAB)
    assert page.switch_to.active_element.get_attribute("name") == "_newsletter"  # the trap is not on the way
    page.switch_to.active_element.send_keys(Keys.TAB)
    assert page.switch_to.active_element.text == "Send"
    wait_a_moment(page)
    page.switch_to.active_element.send_keys(Keys.ENTER)
    WebDriverWait(page, 20).until(lambda _: "Thank you" in page.title)
    [found] = asking.kept()
    assert (found.state, found.answers["industry"]) == (SubmissionState.FILED, "Retail")


def test_without_javascript_it_arrives_and_waits_for_a_human(
    asking: Asking, url: str, open_browser: Open, tmp_path: Path
) -> None:
    page = open_browser("en", WIDE)
    page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    page.get(url)
    fill(page, **ANNA)
    page.find_element(By.TAG_NAME, "button").click()
    WebDriverWait(page, 20).until(lambda _: "Thank you" in page.title)
    page.save_screenshot(str(tmp_path / "thanks.png"))
    [found] = asking.kept()
    assert found.judged is Judged.HELD
    assert "no proof of work" in found.reasons


def test_a_dark_screen_gets_a_dark_form(url: str, open_browser: Open, tmp_path: Path) -> None:
    page = open_browser("zh-CN", PHONE, dark=True)
    page.get(url)
    press(page)
    page.save_screenshot(str(tmp_path / "dark.png"))
    assert page.find_element(By.TAG_NAME, "body").value_of_css_property("background-color") == "rgba(20, 23, 28, 1)"


# --- in a frame of another site ----------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address under which it is a site of its own."""
    folder = tmp_path / "site"
    folder.mkdir()
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", free_port("127.0.0.1")), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://localhost:{server.server_address[1]}"
        server.shutdown()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Nobody reads it."""


@pytest.mark.parametrize("allowed", [True, False], ids=["named", "not named"])
def test_only_a_site_that_the_form_names_can_frame_it(
    tmp_path: Path, site: tuple[Path, str], open_browser: Open, allowed: bool
) -> None:
    folder, origin = site
    with (
        an_asking(tmp_path, origins=(origin,) if allowed else ()) as asking,
        a_web_server(asking.store, company=COMPANY) as base_url,
    ):
        snippet = framed(asking.spec, f"{base_url}/f/contact")
        (folder / "index.html").write_text(f"<!doctype html><title>Shop</title><h1>Shop</h1>{snippet}", "utf-8")
        page = open_browser("en", WIDE)
        page.get(f"{origin}/index.html")
        page.switch_to.frame(page.find_element(By.TAG_NAME, "iframe"))
        if not allowed:
            assert page.find_elements(By.TAG_NAME, "form") == []
            return
        shown = page.execute_script("return [document.documentElement.scrollHeight, window.innerHeight]")
        fill(page, **ANNA)
        wait_a_moment(page)
        press(page)
        assert "Thank you" in heading(page)
        page.switch_to.default_content()
        page.save_screenshot(str(tmp_path / "framed.png"))
        [found] = asking.kept()
        assert (found.judged, found.reasons) == (Judged.OK, "")
        assert shown[0] <= shown[1]


def test_a_form_may_lead_on_to_a_page_of_its_authors(
    tmp_path: Path, site: tuple[Path, str], open_browser: Open
) -> None:
    """Chromium asks the policy of the form for the place that it is led on to, too."""
    folder, origin = site
    (folder / "thanks.html").write_text("<!doctype html><title>Shop</title><h1>We thank you</h1>", "utf-8")
    with (
        an_asking(tmp_path, redirect_url=f"{origin}/thanks.html") as asking,
        a_web_server(asking.store, company=COMPANY) as base_url,
    ):
        page = open_browser("en", WIDE)
        page.get(f"{base_url}/f/contact")
        fill(page, **ANNA)
        wait_a_moment(page)
        press(page)
        assert heading(page) == "We thank you"
        [found] = asking.kept()
        assert found.judged is Judged.OK
