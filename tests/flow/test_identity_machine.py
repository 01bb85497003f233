"""Merges under anything that can happen, in any order: mail, edits, tags, verdicts, the resolver, and merges taken back.

What is one customer follows from the edges that hold, and from nothing else; and nothing but what says so ever changes:
every other table is compared row by row, by reflection, before and after each merge and un-merge.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from mailcrm.identity import verdicts
from mailcrm.model.account import AccountPolicy, Capture, CustomerWhen, Visibility
from mailcrm.model.activity import Activity
from mailcrm.model.consent import ConsentState
from mailcrm.model.interaction import InteractionKind
from mailcrm.model.order import Order, OrderLine, OrderStatus, Payment
from mailcrm.model.rights import Viewer
from mailcrm.service import rejudging
from mailcrm.service.consequences import draw_consequences
from mailcrm.store import Session, activities, edits, orders, parties, sync_state, tags
from mailcrm.store.packing import stage
from tests.builders import NOW, a_consent, a_store, a_write
from tests.flow.filing import Box, a_box

ADDRESSES = (
    "ann.lee@acme.example", "bob@globex.example", "radka.dvorakova@acme.example", "rd@initech.example",
    "janesmith@gmail.com", "jane.smith@gmail.com", "j.a.n.e.smith@googlemail.com", "li.wei@acme.example",
)  # fmt: skip
NAMES = ("Ann Lee", "Bob Ray", "Radka Dvorakova", "Radka Dvorakova", "Jane Smith", "Jane Smith", "Jane Smith", "李伟")
PAID = Payment(NOW, 100, "CNY", reference="T-1")
ALL = Viewer.system()
WHO = st.integers(0, len(ADDRESSES) - 1)

DERIVED = {"root_id", "cluster_size", "named_by", "display_name", "sort_key"}
"""Columns of a party that say with whom it is one."""

OF_IDENTITY = {"merge_record", "match_candidate", "identity_profile", "sighting_key", "key_count"}
LOGS = {"audit_entry", "audit_head"}
NUMBERING = {"number_sequence", "number_alias", "party"}
"""A cluster that does together what makes a customer gets a number, and who loses it by an un-merge may get one."""


class Identity(RuleBasedStateMachine):
    """Edges and verdicts are kept here, beside the store."""

    def __init__(self, box: Box, raw: sqlite3.Connection) -> None:
        super().__init__()
        self.box, self.store, self.raw = box, box.store, raw
        self.mails = 0
        self.edges: dict[int, tuple[int, int]] = {}  # those that hold, by merge id
        self.ended: list[int] = []
        self.minted: dict[str, int] = {}  # number -> the leaf that got it

    @initialize()
    def everybody_writes(self) -> None:
        for who in range(len(ADDRESSES)):
            self.mail(who, "in")
        self.resolve()

    # --- what happens --------------------------------------------------------------------------------------------

    @rule(who=WHO, direction=st.sampled_from(["in", "out"]))
    def mail(self, who: int, direction: str) -> None:
        self.mails += 1
        them = f"{NAMES[who]} <{ADDRESSES[who]}>"
        sender, to = (them, "team@own.example") if direction == "in" else ("team@own.example", them)
        self.box.gets(
            f"From: {sender}\nTo: {to}\nSubject: {self.mails}\nMessage-ID: <{self.mails}@machine.example>\n\nHi\n"
        )

    @rule()
    def resolve(self) -> None:
        draw_consequences(self.store, lambda: NOW)
        known = {
            row[0]: (row[1], row[2]) for row in self.raw.execute("SELECT id, party_lo, party_hi FROM merge_record")
        }
        self.edges |= {each: pair for each, pair in known.items() if each not in self.ended}

    @rule()
    def night(self) -> None:
        rejudging.rescore(self.store, lambda: NOW)
        self.resolve()

    @rule(who=WHO, name=st.sampled_from(["Jane Doe", "Ann Smith", "王芳", "X"]))
    def rename(self, who: int, name: str) -> None:
        with a_write(self.store) as session:
            edits.save_patch(session, parties.get_party(session, ADDRESSES[who]), {"name": name}, None, NOW)

    @rule(who=WHO)
    def tag(self, who: int) -> None:
        with a_write(self.store) as session:
            tags.add_tag(session, parties.get_party(session, ADDRESSES[who]), "vip", NOW)

    @rule(who=WHO, state=st.sampled_from([ConsentState.GIVEN, ConsentState.WITHDRAWN]))
    def consent(self, who: int, state: ConsentState) -> None:
        with a_write(self.store) as session:
            address_id = session.connection().exec_driver_sql(
                "SELECT id FROM email_address WHERE address_norm = ?", (ADDRESSES[who],)
            ).scalar_one()  # fmt: skip
            a_consent(session, address_id, action=state)

    @rule(who=WHO, status=st.sampled_from(OrderStatus))
    def order(self, who: int, status: OrderStatus) -> None:
        told = Order(f"W-{who}", NOW, "CNY", 100, status, lines=(OrderLine("Widget"),), payments=(PAID,))
        with a_write(self.store) as session:
            orders.record_order(session, self.leaf(who), told, f"shop:{who}", NOW)

    @rule(one=WHO, other=WHO)
    def case(self, one: int, other: int) -> None:
        self.mails += 1
        told = Activity(InteractionKind.COMPLAINT, NOW, f"broke {self.mails}", pinned=True)
        with a_write(self.store) as session:
            done = activities.log_activity(session, [self.leaf(one), self.leaf(other)], told, NOW)
            activities.attach_file(session, done, stage(self.store.blob_dir, b"x"), "x.txt", "text/plain", NOW, ALL)

    # --- merging and back ----------------------------------------------------------------------------------------

    @rule(one=WHO, other=WHO)
    def merge(self, one: int, other: int) -> None:
        left, right = self.leaf(one), self.leaf(other)
        if self.root(left) == self.root(right):
            return
        merge_id = self.unmoved(lambda s: verdicts.merge(s, left, right, NOW))
        pair = self.raw.execute("SELECT party_lo, party_hi FROM merge_record WHERE id = ?", (merge_id,)).fetchone()
        assert {self.root_before[each] for each in pair} == {self.root_before[left], self.root_before[right]}
        self.edges[merge_id] = pair

    @rule(one=WHO, other=WHO)
    def unmerge(self, one: int, other: int) -> None:
        left, right = self.leaf(one), self.leaf(other)
        if left == right or self.root(left) != self.root(right):
            return
        [line] = self.unmoved(lambda s: verdicts.unmerge(s, left, right, NOW))
        self.end(line.id)
        assert self.root(left) != self.root(right)

    @rule(data=st.data())
    def undo_any(self, data: st.DataObject) -> None:
        """In any order, whatever came after it."""
        if self.edges:
            merge_id = data.draw(st.sampled_from(sorted(self.edges)))
            self.unmoved(lambda s: verdicts.undo_merge(s, merge_id, NOW))
            self.end(merge_id)

    @rule(who=WHO)
    def undo_all(self, who: int) -> None:
        leaf = self.leaf(who)
        if len(self.group(leaf)) > 1:
            for line in self.unmoved(lambda s: verdicts.unmerge_all(s, leaf, NOW)):
                self.end(line.id)
            assert self.group(leaf) == {leaf}

    @rule(one=WHO, other=WHO)
    def reject(self, one: int, other: int) -> None:
        left, right = self.leaf(one), self.leaf(other)
        if self.root(left) != self.root(right):
            self.unmoved(lambda s: verdicts.reject(s, left, right, NOW))

    def end(self, merge_id: int) -> None:
        del self.edges[merge_id]
        self.ended.append(merge_id)

    def unmoved(self, act: Callable[[Session], Any]) -> Any:
        """Do it, and see that no row of any other table changed."""
        self.root_before = dict(self.raw.execute("SELECT id, root_id FROM party").fetchall())
        before = dict(self.everything())
        with a_write(self.store) as session:
            found = act(session)
        after = dict(self.everything())
        assert before.keys() == after.keys()
        for table in before:
            assert before[table] == after[table], f"{table} changed"
        return found

    def everything(self) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
        """All rows of all tables but those that say who is one."""
        names = [
            row[0] for row in self.raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        assert len(names) > 40
        for name in names:
            if name in OF_IDENTITY | LOGS | NUMBERING or name.startswith(("sqlite_", "message_words")):
                continue
            yield name, sorted(self.raw.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)  # noqa: S608
        columns = [row[1] for row in self.raw.execute("PRAGMA table_info(party)")]
        kept = [column for column in columns if column not in DERIVED | {"state", "customer_no", "updated_at"}]
        yield "party", self.raw.execute(f"SELECT {', '.join(kept)} FROM party ORDER BY id").fetchall()  # noqa: S608

    # --- what must hold ------------------------------------------------------------------------------------------

    def leaf(self, who: int) -> int:
        query = "SELECT match_party_id FROM email_address WHERE address_norm = ?"
        return int(self.raw.execute(query, (ADDRESSES[who],)).fetchone()[0])

    def root(self, leaf: int) -> int:
        return int(self.raw.execute("SELECT root_id FROM party WHERE id = ?", (leaf,)).fetchone()[0])

    def group(self, leaf: int) -> set[int]:
        """By the edges that hold: all that can be reached."""
        found, waiting = {leaf}, [leaf]
        while waiting:
            at = waiting.pop()
            beside = {each for pair in self.edges.values() if at in pair for each in pair} - found
            found |= beside
            waiting += beside
        return found

    @invariant()
    def customers_are_what_the_edges_say(self) -> None:
        rows = self.raw.execute(
            "SELECT id, root_id, cluster_size, state, customer_no, own_name, display_name, name_source FROM party"
        ).fetchall()
        by_id = {row[0]: row for row in rows}
        for party, root, size, _, _, own, shown, _ in rows:
            members = self.group(party)
            assert size == len(members)
            first = min(members, key=lambda m: (by_id[m][3] != "active", by_id[m][4] is None, by_id[m][4] or "", m))
            assert root == first
            names = {by_id[m][5] for m in members}
            by_hand = {by_id[m][5] for m in members if by_id[m][7] == "user"}
            assert shown in (by_hand or names) if party == root else shown == own

    @invariant()
    def what_a_human_told_apart_is_two(self) -> None:
        said = "SELECT party_lo, party_hi FROM match_candidate WHERE state = 'rejected'"
        for lo, hi in self.raw.execute(said):
            assert self.root(lo) != self.root(hi)

    @invariant()
    def every_number_ever_given_finds_its_customer(self) -> None:
        self.minted |= dict(self.raw.execute("SELECT customer_no, id FROM party WHERE customer_no IS NOT NULL"))
        with self.store.read() as session:
            for number, leaf in self.minted.items():
                assert parties.get_leaf(session, number) == leaf
                assert parties.get_party(session, number) == self.root(leaf)

    @invariant()
    def nothing_is_to_be_sent(self) -> None:
        assert self.raw.execute("SELECT count(*) FROM recipient").fetchone() == (0,)


def test_any_merges_undone_in_any_order(tmp_path: Path) -> None:
    chosen = settings(max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
    with a_store(tmp_path) as store:
        policy = AccountPolicy(Capture.ALL, Visibility.TEAM, CustomerWhen.REPLIED)
        with a_write(store) as session:
            sync_state.upsert_account(session, "team", "team@own.example", policy, NOW)
        box = a_box(store)
        with closing(sqlite3.connect(tmp_path / "mailcrm.db")) as raw, closing(sqlite3.connect(":memory:")) as start:
            raw.backup(start)

            def begin() -> Identity:
                start.backup(raw)
                return Identity(Box(store, box.folder, box.capture), raw)

            run_state_machine_as_test(begin, settings=chosen)
