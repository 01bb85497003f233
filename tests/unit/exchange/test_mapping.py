"""Mappings as people write and keep them, and what is said where they are wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import UserError
from mailcrm.exchange.days import DateOrder
from mailcrm.exchange.mapping import Mapping, Rule, column_names, from_toml, to_toml
from mailcrm.exchange.targets import KNOWN, Target
from mailcrm.model.party import PartyKind


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Mobile=phone:office", Rule("Mobile", Target("phone", "office"))),
        (" 姓名 = name ", Rule("姓名", Target("name"))),
        ("a=b=email", Rule("a=b", Target("email"))),
        (
            "News=consent:news; evidence=Signed = at the fair",
            Rule("News", Target("consent", "news"), "Signed = at the fair"),
        ),
        ("Budget=x.budget", Rule("Budget", Target("x.budget"))),
    ],
)
def test_rule_is_read_as_it_is_typed(text: str, rule: Rule) -> None:
    assert Rule.parse(text) == rule


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Mobile", "write the column"),
        ("=name", "write the column"),
        ("Mobile=fone", "did you mean phone"),
        ("Mobile=order_no:x", "nothing can stand behind order_no"),
        ("Mobile=x.Büro", "small letters"),
        ("Mobile=name; evidence=x", "evidence belongs to a consent"),
        ("News=consent:news; proof=x", "only evidence=TEXT"),
    ],
)
def test_rule_that_is_wrong_is_pointed_at(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        Rule.parse(text)


def test_columns_are_named_by_heading_count_and_letter() -> None:
    assert column_names(["Email", "", "Email"]) == ("Email", "B", "Email#2")
    mapping = Mapping((Rule("email#2", Target("email", "work")), Rule("B", Target("name"))))
    assert [(each.index, each.heading) for each in mapping.resolve(["Email", "", "Email"])] == [(1, "B"), (2, "Email")]


@pytest.mark.parametrize(
    ("columns", "said"),
    [(("Emial",), "did you mean Email"), (("Zzz",), "it has: Email, Name"), (("Email", "A"), "mapped twice")],
)
def test_column_that_is_not_there_or_twice_is_told(columns: tuple[str, ...], said: str) -> None:
    with pytest.raises(UserError, match=said):
        Mapping(tuple(Rule(column, Target("email")) for column in columns)).resolve(["Email", "Name"])


_text = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20)
_rules = st.builds(Rule, _text, st.sampled_from(KNOWN).map(Target))


@given(st.lists(_rules, max_size=5, unique_by=lambda rule: rule.column), st.sampled_from([None, *DateOrder]))
def test_mapping_that_is_kept_comes_back(rules: list[Rule], order: DateOrder | None) -> None:
    mapping = Mapping(tuple(rules), "CN", "CNY", "Asia/Shanghai", order, ",", PartyKind.ORGANISATION)
    assert from_toml(to_toml(mapping)) == mapping


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\n[columns]\nA = ?", r"cannot be read: .*line 3"),
        ('format = "x"', "this is no mapping"),
        ("columns = 1", "columns: expected a table"),
        ('[columns]\n"A" = "fone"', "columns, 'A': 'fone' is not a field"),
        ('zone = "Mars"', "zone: 'Mars' is not known"),
        ('zone = "../../etc/passwd"', "zone: "),
        ('colour = "red"', "colour: is not known"),
        ("region = 5", "region: expected a text"),
        ('region = "China"', "region: 'China' is not known"),
        ('date_order = "year"', "write day or month"),
        ('decimal = "x"', "decimal: write"),
        ('kind = "dog"', "write person or organisation"),
    ],
)
def test_kept_mapping_that_is_wrong_is_pointed_at(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        from_toml(text)


def test_new_rules_replace_those_of_their_columns() -> None:
    mapping = Mapping((Rule("A", Target("name")), Rule("B", Target("email")))).with_rules([Rule("a", Target("alias"))])
    assert [(rule.column, str(rule.target)) for rule in mapping.rules] == [("a", "alias"), ("B", "email")]
