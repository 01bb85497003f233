"""Pairs found by Splink (MIT) in DuckDB: for sheets of hundreds of thousands; owner of both libraries (`mailcrm[splink]`).

They give pairs and weights only: all that share a key are weighed there, in SQL and roughly, by weights that are set (nothing
is learnt from the sheet: EM learns households, and fails on identifiers that never differ, Splink#1817, #2333) and never lower
than ours, but for the rarest cases. What is left is weighed by `evidence` as ever, and grouped by `groups`.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from tempfile import TemporaryDirectory
from typing import Any

from mailcrm.errors import UserError
from mailcrm.identity import weights
from mailcrm.identity.features import Features
from mailcrm.identity.keys import CAPS, keys_of
from mailcrm.identity.names.compare import most_bits
from mailcrm.identity.names.form import NameForm
from mailcrm.identity.names.korean import is_hangul
from mailcrm.identity.names.nicknames import stands_for
from mailcrm.identity.names.sounds import loose_sound, sound
from mailcrm.identity.pairs import Found, largest_first
from mailcrm.identity.world import World
from mailcrm.model.identity import Key

_SURE = 30.0
"""Bits of what is weighed again in any case: the same mailbox, number or birth date."""

_MARGIN = 0.01
"""Bits that SQL's arithmetic may be off."""

_NO_NAME, _OTHER_NAME = 9.0, -2.0
"""Where one has no name; where names disagree. Both rather too much."""

_COMMON = 8.0
"""Bits of the most frequent name; Splink wants one to which the others are adjusted."""


def pairs_by_splink(features: Sequence[Features], world: World, alone: Collection[int]) -> Found:
    """Those that share a key and are not hopeless. Raises UserError if the libraries are missing."""
    duckdb = _duckdb()
    rows = [number for number in range(len(features)) if number not in alone]
    with TemporaryDirectory(prefix="mailcrm-splink-") as spilled, duckdb.connect() as database:
        database.execute("SET enable_progress_bar = false")
        database.execute("SET temp_directory = ?", [spilled])
        capped = _load(database, features, rows, world)
        found = _weighed(database, world) if rows else []
    return Found(_later_ones(len(features), found), capped)


def _duckdb() -> Any:
    try:
        import duckdb
        import pyarrow  # noqa: F401
        import splink  # noqa: F401
    except ImportError as exc:
        raise UserError(
            f"the Splink back end is not installed ({exc.name}); run: pip install 'mailcrm[splink]'"
        ) from exc
    return duckdb


def _later_ones(size: int, pairs: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    at = 0
    for one in range(size):
        later = []
        while at < len(pairs) and pairs[at][0] == one:
            later.append(pairs[at][1])
            at += 1
        yield later


# --- the sheet in DuckDB -----------------------------------------------------------------------------------------


def _load(database: Any, features: Sequence[Features], rows: Sequence[int], world: World) -> list[tuple[Key, int]]:
    """Tables `sightings` and `keyed`, which Splink reads as one; the keys that too many share."""
    import pyarrow

    numbers: dict[Key, int] = {}
    keys = [[numbers.setdefault(key, len(numbers)) for key in set(keys_of(features[row]))] for row in rows]
    names: dict[NameForm | None, int] = {None: 0}
    columns = {
        "unique_id": pyarrow.array(rows, pyarrow.int32()),
        "name_id": pyarrow.array([names.setdefault(features[row].name, len(names)) for row in rows], pyarrow.int32()),
        "born": pyarrow.array([each and f"{each:%Y%m%d}" for each in (features[row].born for row in rows)], pyarrow.string()),
        "all_keys": pyarrow.array(keys, pyarrow.list_(pyarrow.int32())),
    }  # fmt: skip
    for column in ("meant", "local", "host", "domain", "phone", "company", "customer_no"):
        values = [getattr(features[row], column) or None for row in rows]
        columns[column] = pyarrow.array(values, pyarrow.string())
    caps = [CAPS.get(key[0]) for key in numbers]
    database.register("given", pyarrow.table(columns))
    database.register("names", _names(names, world))
    database.register("caps", pyarrow.table({"key": pyarrow.array(range(len(caps)), pyarrow.int32()), "cap": caps}))
    database.execute("CREATE TABLE keyed AS SELECT unique_id, unnest(all_keys) AS key FROM given")
    database.execute(
        "CREATE TABLE shared AS SELECT key, n, n > coalesce(cap, n) AS capped"
        " FROM (SELECT key, count(*) AS n FROM keyed GROUP BY key HAVING n > 1) JOIN caps USING (key)"
    )
    database.execute(
        "CREATE TABLE sightings AS SELECT given.* EXCLUDE (all_keys, name_id), names.* EXCLUDE (name_id), k.keys"
        " FROM given JOIN names USING (name_id) JOIN (SELECT unique_id, list(key) AS keys FROM keyed"
        " JOIN shared USING (key) WHERE NOT capped GROUP BY unique_id) k USING (unique_id)"
    )
    by_number = list(numbers)
    too_many = database.execute("SELECT key, n FROM shared WHERE capped").fetchall()
    return largest_first({by_number[number]: size for number, size in too_many})


def _names(names: Collection[NameForm | None], world: World) -> Any:
    """A row for each name. `tf_name` is how frequent it is, at the least (Splink calls it so); `items` are its words, each with
    the forms that other words may share with it; `script`: 0 letters, 1 Chinese characters, 2 others."""
    import pyarrow

    words = pyarrow.list_(pyarrow.string())
    items = pyarrow.list_(pyarrow.struct({"word": pyarrow.string(), "forms": words}))
    forms = [each for each in names if each is not None]
    said = [(each.han or " ".join(sorted(each.plain))) + each.initials for each in forms]
    columns = {
        "name": pyarrow.array([None, *said], pyarrow.string()),
        "tf_name": pyarrow.array([None, *(2.0 ** -most_bits(each, world.rarity) for each in forms)], pyarrow.float64()),
        "words": pyarrow.array([[], *(each.plain for each in forms)], words),
        "items": pyarrow.array([[], *(list(map(_item, each.plain, each.words)) for each in forms)], items),
        "initials": ["", *(each.initials for each in forms)],
        "joined": pyarrow.array([[], *(sorted(each.joined) for each in forms)], words),
        "chinese": pyarrow.array([False, *(each.chinese for each in forms)]),
        "script": pyarrow.array([0, *map(_script, forms)], pyarrow.int8()),
    }
    return pyarrow.table({"name_id": pyarrow.array(range(len(names)), pyarrow.int32()), **columns})


@lru_cache(maxsize=1 << 16)
def _item(plain: str, word: str) -> dict[str, Any]:
    forms = {sound(word), loose_sound(word), *(f"for {each}" for each in (word, *stands_for(word)))}
    return {"word": plain, "forms": sorted(forms - {""})}


def _script(form: NameForm) -> int:
    return 2 if form.unvowelled or is_hangul(form.han) else int(bool(form.han))


# --- its weights -------------------------------------------------------------------------------------------------

_LEFT = "list_filter(items_l, lambda each: NOT list_contains(words_r, each.word))"
_RIGHT = "list_filter(items_r, lambda each: NOT list_contains(words_l, each.word))"
_ALIKE = 0.87
"""By Jaro and Winkler, of words that may be one, mistyped."""

_MAY_AGREE = f"""
list_has_any(joined_l, joined_r)
OR (script_l + script_r > 0 AND (list_has_any(words_l, words_r) OR 2 IN (script_l, script_r)
    OR 1 IN (len(words_l), len(words_r))))
OR (script_l + script_r = 0 AND (initials_l <> '' OR initials_r <> ''
    OR (chinese_l <> chinese_r AND list_has_any(words_l, words_r))
    OR list_has_all(words_l, words_r) OR list_has_all(words_r, words_l)
    OR list_has_any(flatten(list_transform({_LEFT}, lambda each: each.forms)),
                    flatten(list_transform({_RIGHT}, lambda each: each.forms)))
    OR jaro_winkler_similarity({_LEFT}[1].word, {_RIGHT}[1].word) > {_ALIKE}
    OR jaro_winkler_similarity({_LEFT}[-1].word, {_RIGHT}[-1].word) > {_ALIKE}))
"""
"""Whether two names may be one person's: rather too often than too seldom."""

_EVIDENCE: dict[str, list[tuple[str, float]]] = {
    "mailbox": [
        ("meant_l = meant_r", _SURE),
        ("local_l = local_r", weights.LOCAL),
        (f"host_l = host_r AND jaro_winkler_similarity(local_l, local_r) > {_ALIKE}", weights.SLIP),
        ("domain_l <> domain_r AND damerau_levenshtein(domain_l, domain_r) <= 3", weights.HOST_SLIP),
    ],
    "number": [("customer_no_l = customer_no_r", _SURE)],
    "phone": [("phone_l = phone_r", weights.PHONE)],
    "birth": [
        ("born_l = born_r", _SURE),
        ("born_l IS NULL OR born_r IS NULL", 0.0),
        ("damerau_levenshtein(born_l, born_r) <= 2", weights.BORN_SLIP),
        ("ELSE", weights.WRONG_DATE),
    ],
    "place": [("domain_l = domain_r OR company_l = company_r", weights.PLACE)],
}
"""Of each kind the first that is so, and its bits; what is not listed says nothing."""


def _weighed(database: Any, world: World) -> list[tuple[int, int]]:
    """The pairs that Splink gives no less than we ask a human about, in order."""
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(database)
    linker = Linker(api.register(database.table("sightings")), _settings(world.prior), log_level=logging.ERROR)
    found = linker.inference.predict(threshold_match_weight=weights.REVIEW - _MARGIN, warning_mode="never")
    pairs: list[tuple[int, int]] = (
        database.table(found.physical_name)
        .project("least(unique_id_l, unique_id_r) AS one, greatest(unique_id_l, unique_id_r) AS other")
        .order("one, other")
        .fetchall()
    )
    return pairs


def _settings(prior: float) -> Any:
    """What Splink calls a model: fit for DuckDB, and for Spark, if it is told its dialect."""
    import splink.comparison_level_library as levels
    from splink import SettingsCreator, block_on
    from splink.comparison_library import CustomComparison

    def level(condition: str, bits: float) -> Any:
        likely, unlikely = (0.5, 0.5 / 2**bits) if bits > 0 else (0.5 * 2**bits, 0.5)
        return levels.CustomLevel(condition, condition[:20]).configure(m_probability=likely, u_probability=unlikely)

    def kind(name: str, found: list[Any]) -> Any:
        null = levels.CustomLevel("false", "null").configure(is_null_level=True)  # nulls fall through to ELSE
        return CustomComparison(output_column_name=name, comparison_levels=[null, *found])

    same = levels.ExactMatchLevel("name").configure(
        m_probability=0.99, u_probability=2**-_COMMON, tf_adjustment_column="name"
    )
    alike = levels.CustomLevel(_MAY_AGREE, "may agree").configure(
        m_probability=0.5, u_probability=0.5 / 2**_COMMON, tf_adjustment_column="name"
    )
    name = [
        level("name_l IS NULL OR name_r IS NULL", _NO_NAME), same, alike, level("ELSE", _OTHER_NAME),
    ]  # fmt: skip
    odds = 2**prior
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="unique_id",
        probability_two_random_records_match=odds / (1 + odds),
        blocking_rules_to_generate_predictions=[block_on("keys", arrays_to_explode=["keys"])],
        comparisons=[kind("name", name), *(kind(each, _levels(level, found)) for each, found in _EVIDENCE.items())],
        retain_matching_columns=False,
    )


def _levels(level: Any, found: list[tuple[str, float]]) -> list[Any]:
    listed = [level(condition, bits) for condition, bits in found]
    return listed if found[-1][0] == "ELSE" else [*listed, level("ELSE", 0.0)]
