"""The unsubscribe page as a person meets it: in a browser, in two languages, on a wide screen and on a phone."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from mailcrm.model.consent import ConsentState
from mailcrm.store import Store, consents
from tests.browser.looking import PHONE, WIDE, Open, complaints, overflow
from tests.builders import Customer, a_person, a_purpose, a_running_campaign, a_store, a_web_server, a_write, an_account

pytestmark = pytest.mark.servers


@dataclass(frozen=True)
class Scene:
    """Zhang agreed to the newsletter and was mailed; `url` is the link in his mail."""

    store: Store
    zhang: Customer
    url: str

    def closed(self, purpose: str | None) -> bool:
        with self.store.read() as session:
            purpose_id = None if purpose is None else consents.get_purpose(session, purpose)
            return self.zhang.address_id in consents.suppressed(session, [self.zhang.address_id], purpose_id)

    def consent(self) -> ConsentState:
        with self.store.read() as session:
            purpose_id = consents.get_purpose(session, "newsletter")
            return consents.consent_states(session, [self.zhang.address_id], purpose_id)[self.zhang.address_id]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    company = {"name": "Own Ltd", "postal_address": "1 Main Street, London"}
    with a_store(tmp_path) as store:
        with a_write(store) as session:
            account_id = an_account(session)
            a_purpose(session, "newsletter", "Newsletter 新品通讯")
            zhang = a_person(session, "zhang@example.com", consents=("newsletter",))
            running = a_running_campaign(session, account_id, [zhang])
        with a_web_server(store, company=company) as base_url:
            yield Scene(store, zhang, f"{base_url}/u/{store.keys.links.unsubscribe_token(running.recipients[0])}")


def press(page: Chrome, button: str) -> None:
    """Click, and wait for the page that answers."""
    old = page.find_element(By.TAG_NAME, "h1")
    page.find_element(By.CSS_SELECTOR, f"button[value={button}]").click()
    WebDriverWait(page, 20).until(lambda _: page.find_element(By.TAG_NAME, "h1") != old)


def heading(page: Chrome) -> str:
    return page.find_element(By.TAG_NAME, "h1").text


WORDS = {
    "en": ("Unsubscribe", "You are unsubscribed", "No more marketing mail"),
    "zh-CN": ("退订邮件", "您已退订", "已停止全部营销邮件"),
}


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_person_reads_presses_and_is_unsubscribed(
    scene: Scene, open_browser: Open, language: str, size: tuple[int, int], tmp_path: Path
) -> None:
    page = open_browser(language, size)
    page.get(scene.url)
    asked, left, all_left = WORDS[language]
    assert heading(page) == asked
    assert page.find_element(By.TAG_NAME, "html").get_attribute("lang") == language
    assert "z***@example.com" in page.find_element(By.TAG_NAME, "main").text
    assert overflow(page) == 0
    page.save_screenshot(str(tmp_path / "1-open.png"))
    assert not scene.closed("newsletter")

    press(page, "purpose")
    assert left in heading(page)
    assert overflow(page) == 0
    page.save_screenshot(str(tmp_path / "2-left.png"))
    assert scene.closed("newsletter")
    assert not scene.closed(None)
    assert scene.consent() == ConsentState.WITHDRAWN

    press(page, "everything")
    assert all_left in heading(page)
    assert not page.find_elements(By.TAG_NAME, "button")
    page.save_screenshot(str(tmp_path / "3-all-left.png"))
    assert scene.closed(None)
    assert complaints(page) == []


def test_the_keyboard_is_enough_and_shows_where_it_is(scene: Scene, open_browser: Open, tmp_path: Path) -> None:
    page = open_browser("en", WIDE)
    page.get(scene.url)
    page.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    focused = page.switch_to.active_element
    assert focused.text == "Unsubscribe"
    assert focused.value_of_css_property("outline-style") == "solid"
    assert focused.value_of_css_property("outline-width") == "3px"
    page.save_screenshot(str(tmp_path / "focus.png"))
    focused.send_keys(Keys.ENTER)
    WebDriverWait(page, 20).until(lambda _: "You are" in page.title)
    assert scene.closed("newsletter")
    assert complaints(page) == []


def test_going_back_and_reloading_asks_nothing_twice(scene: Scene, open_browser: Open) -> None:
    page = open_browser("en", WIDE)
    page.get(scene.url)
    press(page, "purpose")
    page.get(scene.url)
    assert "You are unsubscribed" in heading(page)
    page.refresh()
    assert "You are unsubscribed" in heading(page)


def test_a_dark_screen_gets_a_dark_page(scene: Scene, open_browser: Open, tmp_path: Path) -> None:
    page = open_browser("zh-CN", PHONE, dark=True)
    page.get(scene.url)
    page.save_screenshot(str(tmp_path / "dark.png"))
    assert page.find_element(By.TAG_NAME, "body").value_of_css_property("background-color") == "rgba(20, 23, 28, 1)"
    assert complaints(page) == []


def test_a_broken_link_says_what_to_do(scene: Scene, open_browser: Open, tmp_path: Path) -> None:
    page = open_browser("en", PHONE)
    page.get(f"{scene.url}x")
    page.save_screenshot(str(tmp_path / "lost.png"))
    assert heading(page) == "This link does not work"
    assert "write to Own Ltd" in page.find_element(By.TAG_NAME, "main").text
    assert overflow(page) == 0
