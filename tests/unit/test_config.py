"""The configuration: every problem at once by its key, secrets as references, and the file that is shipped."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from mailcrm.campaigns.content.templates import compile_template, parse_template, render
from mailcrm.config import Config, Secret, Section, ServiceSection, find_config, load_config, parse_config, search_path
from mailcrm.errors import ConfigError
from mailcrm.model.account import Capture, Visibility
from mailcrm.service.accounts import imap_login

SHIPPED = Path(__file__).parents[2] / "config"
ACCOUNT = {
    "name": "sales",
    "address": "sales@own.example",
    "secret": {"env": "SALES"},
    "imap": {"host": "imap.own.example", "port": 993},
}


def problems(data: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_config(data, "mailcrm.toml")
    assert caught.value.message == f"mailcrm.toml: {len(caught.value.problems)} problem(s)"
    return list(caught.value.problems)


def with_account(**changes: Any) -> dict[str, Any]:
    return {"accounts": [{**ACCOUNT, **changes}]}


# --- problems ----------------------------------------------------------------------------------------------------


def test_all_problems_are_told_at_once_by_their_keys() -> None:
    found = problems(
        {
            "langage": "en",
            "log": {"level": "loud"},
            "sync": {"poll_seconds": 0},
            "public": {"base_url": "http://mail.own.example", "port": 70000},
            "accounts": [{"name": "a b", "address": "nobody", "secret": {}, "imap": {"host": "", "port": "x"}}],
        }
    )
    keys = {problem.partition(": ")[0] for problem in found}
    assert keys == {
        *("langage", "log.level", "sync.poll_seconds", "public.base_url", "public.port"),
        *("accounts.0.name", "accounts.0.address", "accounts.0.secret", "accounts.0.imap.host", "accounts.0.imap.port"),
    }


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"langage": "en"}, "langage: unknown key; did you mean 'language'?"),
        ({"sync": {"pol_seconds": 1}}, "sync.pol_seconds: unknown key; did you mean 'poll_seconds'?"),
        (with_account(imap={"hosst": "x", "port": 1}), "accounts.0.imap.hosst: unknown key; did you mean 'host'?"),
        (with_account(initial={"captur": "all"}), "accounts.0.initial.captur: unknown key; did you mean 'capture'?"),
        (with_account(secret={"fiel": "x"}), "accounts.0.secret.fiel: unknown key; did you mean 'file'?"),
        ({"zzz": 1}, "zzz: unknown key"),
        ({"sync": {"zzz": {"deeper": 1}}}, "sync.zzz: unknown key"),
    ],
)
def test_unknown_key_is_an_error_with_a_suggestion(data: dict[str, Any], problem: str) -> None:
    assert problem in problems(data)


def test_missing_key_is_named() -> None:
    assert problems({"accounts": [{"name": "a", "address": "a@b.example"}]}) == [
        "accounts.0.secret: is missing; give it, or the table oauth",
        "accounts.0.imap: is missing",
    ]


def test_same_name_twice_is_refused() -> None:
    (problem,) = problems({"accounts": [ACCOUNT, ACCOUNT]})
    assert "sales is used twice" in problem


@pytest.mark.parametrize("domain", ["gmail.com", "QQ.com", " 163.com "])
def test_domain_of_free_mail_is_refused_as_company(domain: str) -> None:
    (problem,) = problems({"company": {"domains": ["own.example", domain]}})
    assert problem.startswith("company.domains:")
    assert "anybody" in problem
    assert "own.example" not in problem


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_plain_text_is_accepted_on_this_machine(host: str) -> None:
    parse_config(with_account(imap={"host": host, "port": 143, "security": "none"}), "x")


@pytest.mark.parametrize("server", ["imap", "smtp"])
def test_plain_text_is_refused_over_a_network(server: str) -> None:
    (problem,) = problems(with_account(**{server: {"host": "mail.own.example", "port": 143, "security": "none"}}))
    assert problem.startswith(f"accounts.0.{server}: security 'none'")


@pytest.mark.parametrize("key", ["since", "secret_expires"])
@pytest.mark.parametrize("day", ["2026-02-30", "2025-13-01", "31.12.2025", "soon"])
def test_day_that_is_not_in_the_calendar_is_refused(key: str, day: str) -> None:
    (problem,) = problems(with_account(**{key: day}))
    assert problem.startswith(f"accounts.0.{key}: ")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://mail.own.example/", "https://mail.own.example"),
        ("http://127.0.0.1:8025", "http://127.0.0.1:8025"),
        (None, None),
    ],
)
def test_public_address_is_https_or_this_machine(url: str | None, kept: str | None) -> None:
    assert parse_config({"public": {} if url is None else {"base_url": url}}, "x").public.base_url == kept


@pytest.mark.parametrize(
    "url", ["https://", "https://h/?x=1", "https://h x", "http://127.0.0.1.evil.example", "http://mail.own.example"]
)
def test_public_address_that_can_carry_no_link_is_refused_by_its_key(url: str) -> None:
    (problem,) = problems({"public": {"base_url": url}})
    assert problem.startswith("public.base_url: ")


@pytest.mark.parametrize(
    "text", ["", "nobody", "a@", "@own.example", "Sales <sales@own.example>", "a@b.example, c@d.example"]
)
def test_addresses_are_checked_by_their_keys(text: str) -> None:
    found = problems(with_account(aliases=["me@gmail.com", text], sending={"reply_to": text}))
    assert [problem.partition(": ")[0] for problem in found] == ["accounts.0.aliases.1", "accounts.0.sending.reply_to"]
    assert all("is not an e-mail address" in problem for problem in found)


def test_values_cannot_change() -> None:
    with pytest.raises(ValidationError):
        parse_config({}, "x").language = "en"


# --- files -------------------------------------------------------------------------------------------------------


def test_missing_file_and_bad_toml_are_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "mailcrm.toml"
    with pytest.raises(ConfigError, match="No such file"):
        load_config(path)
    path.write_text("state = \n")
    with pytest.raises(ConfigError, match=r"is not valid TOML: .*line 1"):
        load_config(path)


def test_file_that_is_not_utf8_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "mailcrm.toml"
    path.write_bytes('[company]\nname = "贸易"\n'.encode("gbk"))
    with pytest.raises(ConfigError, match="is not valid TOML"):
        load_config(path)


def test_file_is_looked_for_here_then_at_home_then_in_etc(tmp_path: Path) -> None:
    places = [str(path) for path in search_path({"XDG_CONFIG_HOME": str(tmp_path)})]
    assert places == ["mailcrm.toml", str(tmp_path / "mailcrm" / "mailcrm.toml"), "/etc/mailcrm/mailcrm.toml"]


def test_environment_names_the_only_place(tmp_path: Path) -> None:
    there = tmp_path / "other.toml"
    assert list(search_path({"MAILCRM_CONFIG": str(there)})) == [there]
    with pytest.raises(ConfigError, match=r"other\.toml.*mailcrm init"):
        find_config({"MAILCRM_CONFIG": str(there)})
    there.touch()
    assert find_config({"MAILCRM_CONFIG": str(there)}) == there


# --- secrets -----------------------------------------------------------------------------------------------------


def test_secret_comes_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("  pass word \r\n")
    assert Secret(file=tmp_path / "s").read("k") == "  pass word "


def test_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILCRM_TEST_SECRET", "hunter2")
    assert Secret(env="MAILCRM_TEST_SECRET").read("k") == "hunter2"


def test_secret_comes_from_a_command() -> None:
    assert Secret(command=(sys.executable, "-c", "print('hunter2')")).read("k") == "hunter2"


def test_secret_comes_from_a_credential_of_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sales").write_text("hunter2\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert Secret(credential="sales").read("k") == "hunter2"


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        (Secret(file=Path("/nowhere/secret")), "from file /nowhere/secret: No such file"),
        (Secret(env="MAILCRM_NOT_SET"), "MAILCRM_NOT_SET is not set in the environment"),
        (Secret(credential="sales"), "CREDENTIALS_DIRECTORY is not set in the environment"),
        (Secret(command=("false",)), "from command false: the command ended with code 1"),
        (Secret(command=("/nowhere/program",)), "No such file"),
        (Secret(command=("true",)), "from command true is empty"),
    ],
)
def test_secret_that_cannot_be_read_names_key_and_place(
    secret: Secret, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(ConfigError) as caught:
        secret.read("accounts.sales.secret")
    assert caught.value.message.startswith("accounts.sales.secret: ")
    assert reason in caught.value.message


def test_failing_command_does_not_show_what_it_printed() -> None:
    script = "import sys; print('hunter2'); sys.exit('hunter2')"
    with pytest.raises(ConfigError) as caught:
        Secret(command=(sys.executable, "-c", script)).read("k")
    assert "hunter2" not in f"{caught.value}"


@pytest.mark.parametrize("given", [{}, {"file": "a", "env": "b"}])
def test_secret_is_exactly_one_reference(given: dict[str, str]) -> None:
    (problem,) = problems(with_account(secret=given))
    assert problem == "accounts.0.secret: give exactly one of file, env, command, credential"


def test_database_password_is_filled_in_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILCRM_TEST_SECRET", "hunter2")
    url = "postgresql+psycopg://crm:{password}@db/crm"
    config = parse_config({"store": {"url": url, "password": {"env": "MAILCRM_TEST_SECRET"}}}, "x")
    assert config.database_url() == "postgresql+psycopg://crm:hunter2@db/crm"
    assert "hunter2" not in repr(config)


# --- values ------------------------------------------------------------------------------------------------------


def test_defaults_are_careful() -> None:
    config = parse_config(with_account(), "x")
    account = config.accounts[0]
    assert (account.initial.capture, account.initial.visibility) == (Capture.METADATA, Visibility.PRIVATE)
    assert (account.smtp, account.login_name, config.public.listen) == (None, "sales@own.example", "127.0.0.1")


def test_own_addresses_are_accounts_aliases_and_company_domains() -> None:
    config = parse_config({"company": {"domains": ["own.example"]}, **with_account(aliases=["Me@gmail.com"])}, "x")
    own = config.own_addresses()
    assert "anybody@dept.own.example" in own
    assert "me@gmail.com" in own
    assert "you@gmail.com" not in own


def test_account_is_found_by_name() -> None:
    config = parse_config(with_account(), "x")
    assert config.account("sales") is config.accounts[0]
    assert config.account("other") is None


# --- proxies -----------------------------------------------------------------------------------------------------


def with_proxy(**changes: Any) -> dict[str, Any]:
    return with_account(imap={**ACCOUNT["imap"], **changes})


def test_the_password_of_a_proxy_may_be_a_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXY", "p@ss/word")
    url = "socks5://me:{password}@proxy.example:1080"
    config = parse_config(with_proxy(proxy=url, proxy_password={"env": "PROXY"}), "mailcrm.toml")
    assert config.accounts[0].imap.proxy_url("key") == "socks5://me:p%40ss%2Fword@proxy.example:1080"
    assert parse_config(with_account(), "mailcrm.toml").accounts[0].imap.proxy_url("key") == ""
    assert "socks5" not in repr(config)
    monkeypatch.delenv("PROXY")
    with pytest.raises(ConfigError, match="key: cannot read the secret from env PROXY"):
        config.accounts[0].imap.proxy_url("key")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"proxy": "socks4://me:hunter2@proxy.example"}, "accounts.0.imap.proxy: is not the address of a proxy"),
        ({"proxy": "http://proxy.example", "proxy_password": {"env": "X"}}, "proxy_password belongs to {password}"),
        ({"proxy": "http://me:{password}@proxy.example"}, "proxy_password belongs to {password}"),
        ({"proxy_password": {"env": "X"}}, "proxy_password belongs to {password}"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_but_not_shown(changes: dict[str, Any], words: str) -> None:
    (problem,) = problems(with_proxy(**changes))
    assert words in problem
    assert "hunter2" not in problem


def test_the_login_to_a_mailbox_knows_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALES", "code")
    config = parse_config(with_proxy(proxy="http://proxy.example:3128"), "mailcrm.toml")
    assert imap_login(config, config.accounts[0]).proxy == "http://proxy.example:3128"


# --- OAuth -------------------------------------------------------------------------------------------------------

OAUTH = {"provider": "microsoft", "client_id": "me"}
ELSEWHERE = {"authorization_url": "https://a.example/auth", "token_url": "https://a.example/token", "scopes": ["mail"]}


def with_oauth(**section: Any) -> dict[str, Any]:
    return {"accounts": [{name: value for name, value in ACCOUNT.items() if name != "secret"} | {"oauth": section}]}


def oauth_of(**section: Any) -> Any:
    return parse_config(with_oauth(**section), "mailcrm.toml").accounts[0].oauth


def test_an_account_signs_in_by_its_secret_or_by_oauth() -> None:
    assert parse_config(with_oauth(**OAUTH), "x").accounts[0].password == ""
    (problem,) = problems(with_account(oauth=OAUTH))
    assert problem == "accounts.0.secret: belongs to accounts without the table oauth"


def test_a_provider_is_known_by_its_name() -> None:
    found = oauth_of(**OAUTH, tenant="my.example").client("key")
    assert found.endpoints.token_url == "https://login.microsoftonline.com/my.example/oauth2/v2.0/token"
    assert "offline_access" in found.endpoints.scopes
    assert found.secret == ""
    assert oauth_of(**{**OAUTH, "provider": "google"}).endpoints().device_url == ""


def test_addresses_replace_those_of_the_provider() -> None:
    found = oauth_of(**OAUTH, token_url="https://login.example/token", scopes=["offline_access"]).endpoints()
    assert found.token_url == "https://login.example/token"
    assert found.authorization_url == "https://login.microsoftonline.com/common/oauth2/v2.0/authorize"
    assert found.scopes == ("offline_access",)


def test_another_provider_is_known_by_its_addresses() -> None:
    found = oauth_of(client_id="me", **ELSEWHERE).endpoints()
    assert (found.authorization_url, found.token_url, found.scopes) == (*list(ELSEWHERE.values())[:2], ("mail",))


def test_the_secret_of_the_client_is_a_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    section = oauth_of(**OAUTH, client_secret={"env": "CLIENT"})
    with pytest.raises(ConfigError, match=r"key\.client_secret: cannot read the secret from env CLIENT"):
        section.client("key")
    monkeypatch.setenv("CLIENT", "hunter2")
    assert section.client("key").secret == "hunter2"
    assert "hunter2" not in repr(section.client("key"))


@pytest.mark.parametrize("missing", list(ELSEWHERE))
def test_without_a_provider_everything_has_to_be_said(missing: str) -> None:
    (problem,) = problems(with_oauth(client_id="me", **{key: ELSEWHERE[key] for key in ELSEWHERE if key != missing}))
    assert problem.startswith("accounts.0.oauth: give provider (google, microsoft), or authorization_url")


@pytest.mark.parametrize(
    "url",
    ["http://a.example/token", "ftp://a.example", "a.example", "https://", "https://a.example:0/", "https://a:x/"],
)
def test_tokens_go_over_protected_connections_only(url: str) -> None:
    (problem,) = problems(with_oauth(**OAUTH, token_url=url))
    assert problem.startswith("accounts.0.oauth.token_url: ")
    oauth_of(**OAUTH, token_url="http://127.0.0.1:8080/token")


# --- what is shipped ---------------------------------------------------------------------------------------------


def uncommented() -> dict[str, Any]:
    """The shipped file with every line that is a commented key or table taken for real."""
    return tomllib.loads(re.sub(r"(?m)^#(?=[A-Za-z\[])", "", (SHIPPED / "mailcrm.toml").read_text("utf-8")))


def keys_of(model: type[Section], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every key that the models know, with its default; lists of tables count once."""
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}", field.get_default(call_default_factory=True) if not field.is_required() else None
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, Section):
                yield from keys_of(inner, f"{prefix}{name}.")


def written(data: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        yield f"{prefix}{name}", value
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                yield from written(inner, f"{prefix}{name}.")


def test_shipped_file_is_valid_and_changes_nothing() -> None:
    assert load_config(SHIPPED / "mailcrm.toml") == Config()


def test_shipped_file_names_every_key_and_no_other() -> None:
    data = uncommented()
    parse_config(data, "mailcrm.toml")
    known = dict(keys_of(Config))
    secrets = {f"{key}.{kind}" for key, _ in known.items() for kind in Secret.model_fields if f"{key}.{kind}" in known}
    found = {key for key, _ in written(data)}
    assert found <= set(known)
    assert set(known) - found <= secrets
    assert {key.rpartition(".")[2] for key in found & secrets} == set(Secret.model_fields)


def test_shipped_file_shows_the_defaults() -> None:
    defaults = {key: value for key, value in keys_of(Config) if isinstance(value, str | int | float | bool | Path)}
    shown = {key: value for key, value in written(uncommented()) if key in defaults}
    wrong = {key: value for key, value in shown.items() if str(value) != str(defaults[key])}
    assert not wrong
    assert set(shown) == set(defaults)


@pytest.mark.parametrize("path", sorted((SHIPPED / "templates").iterdir()), ids=lambda path: path.name)
def test_sample_template_compiles_and_lets_people_unsubscribe(path: Path) -> None:
    compiled = compile_template(parse_template(path.read_text("utf-8"), path.name))
    assert "unsubscribe_url" in compiled.variables
    empty = dict.fromkeys(compiled.variables, "")
    ours = {
        "unsubscribe_url": "https://own.example/u/1",
        "company": "Own Ltd",
        "from_name": "Ann",
        "campaign": "Spring",
    }
    rendered = render(compiled, {**empty, **ours})
    for text in (rendered.text, rendered.html or rendered.text):
        assert "https://own.example/u/1" in text
        assert " ," not in text
    assert "Own Ltd" in rendered.subject


def test_there_are_sample_templates_in_both_languages_and_forms() -> None:
    names = {path.name for path in (SHIPPED / "templates").iterdir()}
    assert {"newsletter.html", "newsletter.txt", "newsletter.zh-CN.html"} <= names


def unit() -> dict[str, str]:
    lines = (SHIPPED / "mailcrm.service").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def test_unit_waits_longer_than_the_service_needs_to_stop() -> None:
    settings = unit()
    assert settings["Type"] == "notify"
    assert int(settings["TimeoutStopSec"]) > ServiceSection().grace_seconds + 6
    assert settings["StateDirectory"] == "mailcrm"
    assert "LoadCredential=" in (SHIPPED / "mailcrm.service").read_text("utf-8")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_unit_is_accepted_by_systemd_and_hardened(tmp_path: Path) -> None:
    path = tmp_path / "mailcrm.service"
    path.write_text(
        re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", (SHIPPED / "mailcrm.service").read_text("utf-8"))
    )
    environment = {**os.environ, "SYSTEMD_LOG_LEVEL": "warning"}
    verified = subprocess.run(
        ["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False, env=environment
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert exposure is not None
    assert float(exposure[1]) < 2


# --- customer numbers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"pattern": "C{check}"}, "numbers: .*has no {seq}"),
        ({"pattern": "{seq:06}"}, "numbers: .*must begin with a capital"),
        ({"pattern": "C{seq}", "restart": "year"}, "numbers: .*needs {yy}"),
        ({"restart": "daily"}, r"numbers\.restart: "),
    ],
)
def test_a_pattern_of_numbers_is_looked_at_when_the_file_is_read(table: dict[str, str], words: str) -> None:
    [problem] = problems({"numbers": table})
    assert re.match(words, problem)


def test_numbers_are_made_as_configured() -> None:
    config = parse_config({"numbers": {"pattern": "{kind}{yy}{seq:04}", "organisation": "F", "restart": "year"}}, "x")
    pattern = config.numbers.parsed()
    assert (pattern.organisation, pattern.restart.value, pattern.example) == ("F", "year", "P260017")
    assert parse_config({}, "x").numbers.parsed().example == "C000017Z"
