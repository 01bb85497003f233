"""Importing customers: the same file twice changes nothing, an undo restores, a no never becomes a yes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mailcrm.errors import NotFound
from mailcrm.model.activity import Activity
from mailcrm.model.consent import ConsentState
from mailcrm.model.important_date import Calendar, ImportantDate
from mailcrm.model.importing import Batch, BatchState, InputRow, RowOutcome
from mailcrm.model.interaction import InteractionKind
from mailcrm.model.order import Order, OrderLine, OrderStatus, Payment
from mailcrm.model.party import CustomerNumber, PartyKind, PartyState
from mailcrm.model.record import AffiliationEntry, Claim, CustomerRecord, EmailEntry, Said
from mailcrm.model.rights import Actor, Viewer
from mailcrm.service.app import App
from mailcrm.service.people_import import Source, import_people, preview_people, undo_import
from mailcrm.store import Store, claims, consents, dates, edits, messages, order_lists, parties, people, tags, timeline
from mailcrm.store.history import history_of
from mailcrm.store.imports import batches
from mailcrm.store.rows.party import EmailAddress, Party, PartyEmail
from tests.builders import NOW, a_config, a_person, a_write, an_address, an_app
from tests.store.builders import a_message, some_participants
from tests.store.test_facts import TITLE, told

ALL = Viewer.system()
ACTOR = Actor.cli("test")
LATER = NOW + timedelta(days=1)
ANN = CustomerRecord(
    fields={"name": "Ann Lee", "tier": "A"},
    emails=(EmailEntry("Ann@Acme.example"),),
    claims=(Claim("mobile", "+491711234567"), Claim("company", "Acme")),
    tags=(("", "vip"), ("interest", "tea")),
)
WANG = CustomerRecord(fields={"name": "王小明"}, claims=(Claim("wechat", "wxm_1988"),))
ACME = CustomerRecord(
    PartyKind.ORGANISATION,
    fields={"name": "宁波贸易有限公司"},
    foreign_id="hubspot:77",
    emails=(EmailEntry("info@nb.example"),),
)


@pytest.fixture
def app(store: Store, tmp_path: Path) -> App:
    return an_app(store, a_config(tmp_path), LATER)


def rows(*records: CustomerRecord) -> list[InputRow]:
    return [InputRow(number, record) for number, record in enumerate(records, 2)]


def imported(app: App, *records: CustomerRecord, name: str = "a.csv", **options: Any) -> Batch:
    source = Source(name, name.encode().hex().ljust(64, "0"), "csv")
    return import_people(app, ACTOR, source, rows(*records), lambda _: None, **options)


def counts(batch: Batch) -> tuple[int, int, int, int]:
    return batch.new, batch.changed, batch.same, batch.errors


def undone(app: App, batch: Batch) -> Sequence[tuple[int, str]]:
    after, conflicts = undo_import(app, ACTOR, batch.id, lambda _: None)
    assert after.state == BatchState.UNDONE
    return conflicts


def values(app: App, who: str) -> dict[str, str]:
    with app.store.read() as session:
        archive = people.get_archive(session, parties.get_party(session, who), ALL)
    return {"name": archive.line.name} | archive.fields | {f.field: f.value for f in archive.facts if f.is_current}


def test_rows_become_customers_with_all_that_they_say(app: App) -> None:
    batch = imported(app, ANN, WANG, ACME, CustomerRecord())
    assert counts(batch) == (3, 0, 0, 1)
    with app.store.read() as session:
        archive = people.get_archive(session, parties.get_party(session, "ann@acme.example"), ALL)
        assert batches.noted_rows(session, batch.id) == [
            (5, RowOutcome.ERROR, "no name, address, phone or number: nobody can be made of it")
        ]
        columns = select(Party.own_name, Party.name_source, Party.state).where(Party.kind == PartyKind.ORGANISATION)
        org = tuple(session.execute(columns).one())
    assert (archive.line.name, archive.line.number, archive.fields) == (
        "Ann Lee", CustomerNumber.of(1).text, {"given_name": "Ann", "family_name": "Lee"},
    )  # fmt: skip
    assert [(f.field, f.value, f.source, f.source_ref) for f in archive.facts] == [
        ("company", "Acme", "import", batch.id), ("tier", "A", "import", batch.id),
        ("mobile", "+491711234567", "import", batch.id),
    ]  # fmt: skip
    assert archive.line.tags == ("vip", "interest:tea")
    assert org == ("宁波贸易有限公司", "import", PartyState.ACTIVE)


def test_the_same_file_twice_changes_nothing(app: App) -> None:
    imported(app, ANN, WANG, ACME)
    again = imported(app, ANN, WANG, ACME)
    assert counts(again) == (0, 0, 3, 0)
    assert counts(imported(app, ACME, WANG, ANN, name="b.csv")) == (0, 0, 3, 0)
    with app.store.read() as session:
        assert len(people.list_people(session, ALL, NOW)) == 3
        assert history_of(session, parties.get_party(session, "ann@acme.example")) == []


def test_a_row_is_about_whom_its_number_foreign_id_address_or_phone_with_name_says(app: App) -> None:
    imported(app, ANN, WANG, ACME)
    with app.store.read() as session:
        number = people.get_archive(session, parties.get_party(session, "ann@acme.example"), ALL).line.number
    changed = imported(
        app,
        CustomerRecord(number=number, fields={"tier": "B"}),
        CustomerRecord(PartyKind.ORGANISATION, foreign_id="hubspot:77", fields={"industry": "tea"}),
        CustomerRecord(fields={"name": "王小明", "city": "宁波"}, claims=(Claim("wechat", "WXM_1988"),)),
        CustomerRecord(
            fields={"name": "王大明"}, claims=(Claim("wechat", "wxm_1988"),)
        ),  # the account of somebody else
        name="b.csv",
    )
    assert counts(changed) == (1, 3, 0, 0)
    assert values(app, number)["tier"] == "B"


def test_absent_columns_are_not_touched_and_humans_are_not_overwritten(app: App) -> None:
    with a_write(app.store) as session:
        who = a_person(session, "ann@acme.example", "Anna Lee").party_id
        edits.save_patch(session, who, {"name": "Anna Lee", "title": "Buyer", "tier": "C"}, None, NOW)
        told_by_mail = a_person(session, "bob@acme.example", "Bob")
        told(session, told_by_mail, TITLE)
    bob = CustomerRecord(fields={"title": "CEO"}, emails=(EmailEntry("bob@acme.example"),))
    assert counts(imported(app, ANN, bob)) == (0, 2, 0, 0)
    assert values(app, "ann@acme.example") == {
        "name": "Anna Lee", "tier": "C", "title": "Buyer", "company": "Acme", "mobile": "+491711234567",
    }  # fmt: skip
    with app.store.read() as session:
        archive = people.get_archive(session, who, ALL)
    assert [(f.field, f.value) for f in archive.facts if f.standing == "suggestion"] == [
        ("name", "Ann Lee"),
        ("tier", "A"),
    ]
    assert values(app, "bob@acme.example")["title"] == "CEO"


def test_an_undo_restores_created_and_overwritten_values(app: App) -> None:
    bob = CustomerRecord(
        fields={"name": "Robert Ray", "title": "Boss", "city": "Kiel"},
        emails=(EmailEntry("bob@x.example"), EmailEntry("rr@x.example")),
        tags=(("", "vip"),),
    )  # fmt: skip
    imported(
        app,
        CustomerRecord(fields={"name": "Bob Ray", "title": "Buyer"}, emails=(EmailEntry("bob@x.example"),)),
        name="0",
    )
    before = values(app, "bob@x.example")
    batch = imported(app, ANN, bob)
    assert counts(batch) == (1, 1, 0, 0)
    assert values(app, "bob@x.example") == {
        "name": "Robert Ray", "given_name": "Robert", "family_name": "Ray", "title": "Boss", "city": "Kiel",
    }  # fmt: skip
    assert undone(app, batch) == []
    assert values(app, "bob@x.example") == before
    with app.store.read() as session:
        [line] = people.list_people(session, ALL, NOW)
        assert (line.name, line.tags) == ("Bob Ray", ())
        ann = session.execute(select(Party).where(Party.own_name == "Ann Lee")).scalar_one()
        assert (ann.state, ann.customer_no) == (PartyState.ARCHIVED, CustomerNumber.of(2).text)  # its number stays used
        links = select(EmailAddress.address_norm, PartyEmail.valid_to, EmailAddress.match_party_id)
        ended = {
            row[0]: (row[1], row[2])
            for row in session.execute(links.join(PartyEmail, PartyEmail.email_id == EmailAddress.id))
        }
        assert ended["ann@acme.example"] == ended["rr@x.example"] == (LATER, None)  # only ended
        assert ended["bob@x.example"] == (None, line.id)
    assert counts(imported(app, ANN, bob)) == (1, 1, 0, 0)  # as if it had never been
    with app.store.read() as session:
        assert (
            people.get_archive(session, parties.get_party(session, "ann@acme.example"), ALL).line.number
            == CustomerNumber.of(3).text
        )


def test_an_undo_reports_what_was_changed_since_and_keeps_it(app: App) -> None:
    imported(app, CustomerRecord(fields={"name": "Bob Ray"}, emails=(EmailEntry("bob@x.example"),)), name="0")
    bob = CustomerRecord(fields={"name": "Robert Ray", "title": "Boss"}, emails=(EmailEntry("bob@x.example"),))
    batch = imported(app, bob, ANN, WANG)
    with a_write(app.store) as session:
        edits.save_patch(
            session, parties.get_party(session, "bob@x.example"), {"name": "Bobby", "title": "King"}, None, LATER
        )
        edits.save_patch(session, parties.get_party(session, "ann@acme.example"), {"city": "Kiel"}, None, LATER)
    assert undone(app, batch) == [
        (3, "the customer was kept: mail, edits or merges came after the import"),
        (2, "name was changed since to 'Bobby', and stays; before the import it was 'Bob Ray'"),
    ]
    assert values(app, "bob@x.example")["title"] == "King"
    assert values(app, "bob@x.example")["name"] == "Bobby"
    with app.store.read() as session:
        ann = session.execute(select(Party).where(Party.own_name == "Ann Lee")).scalar_one()
        assert ann.state == PartyState.ACTIVE
        assert [f.field for f in people.get_archive(session, ann.id, ALL).facts] == ["city"]
        assert batches.get_batch(session, batch.id).conflicts == 2


def test_a_no_holds_at_once_and_never_becomes_a_yes(app: App) -> None:
    no = EmailEntry(
        "ann@acme.example", consents=(Said("", ConsentState.WITHDRAWN), Said("news", ConsentState.WITHDRAWN))
    )
    yes = EmailEntry(
        "ann@acme.example", consents=(Said("news", ConsentState.GIVEN, at=LATER, evidence="column Opt-in"),)
    )
    bare = EmailEntry("bob@x.example", consents=(Said("news", ConsentState.GIVEN),))
    dead = EmailEntry("old@x.example", closed="hard bounce")
    first = imported(app, CustomerRecord(fields={"name": "Ann"}, emails=(no, dead)))
    second = imported(
        app, CustomerRecord(emails=(yes,)), CustomerRecord(fields={"name": "Bob"}, emails=(bare,)), name="b"
    )
    assert counts(second) == (1, 0, 1, 0)
    with app.store.read() as session:
        archive = people.get_archive(session, parties.get_party(session, "ann@acme.example"), ALL)
        assert [(a.address, a.suppressions, [(c.purpose, c.state) for c in a.consents]) for a in archive.addresses] == [
            ("ann@acme.example", ("unsubscribe (everything)",), [("news", ConsentState.WITHDRAWN)]),
            ("old@x.example", ("hard bounce (everything)",), []),
        ]
        assert [note for _, _, note in batches.noted_rows(session, second.id)] == [
            "ann@acme.example: the yes to news was left out, for they said no before",
            "bob@x.example: the yes to news was left out, for there is no proof of it",
        ]
    undone(app, first)
    with app.store.read() as session:
        address = session.execute(
            select(EmailAddress).where(EmailAddress.address_norm == "ann@acme.example")
        ).scalar_one()
        assert list(consents.suppressed(session, [address.id], None)) == [address.id]  # the no outlives the import


def test_a_yes_with_its_proof_counts_and_goes_with_its_import(app: App) -> None:
    yes = EmailEntry("ann@acme.example", consents=(Said("news", ConsentState.GIVEN, at=NOW, evidence="signed card"),))
    batch = imported(app, CustomerRecord(fields={"name": "Ann"}, emails=(yes,)))
    with app.store.read() as session:
        [said] = people.get_archive(session, parties.get_party(session, "ann@acme.example"), ALL).addresses[0].consents
        assert (said.state, said.since, said.evidence) == (ConsentState.GIVEN, NOW, "signed card")
    with a_write(app.store) as session:  # so that the customer is kept
        claims.set_by_hand(session, parties.get_party(session, "ann@acme.example"), {"city": "Kiel"}, LATER)
    undone(app, batch)
    with app.store.read() as session:
        address, purpose = session.execute(select(EmailAddress.id)).scalar_one(), consents.get_purpose(session, "news")
        assert consents.consent_states(session, [address], purpose) == {address: ConsentState.WITHDRAWN}


def test_a_preview_tells_what_an_import_does_and_does_nothing(app: App) -> None:
    imported(app, WANG)
    more = CustomerRecord(fields={"name": "王小明", "city": "宁波"}, claims=WANG.claims)
    those = [ANN, WANG, more, CustomerRecord(), CustomerRecord(fields={"tier": "B"}, emails=ANN.emails)]
    seen = preview_people(app, Source("b.csv", "0" * 64, "csv"), rows(*those), lambda _: None)
    assert seen.outcomes == {RowOutcome.NEW: 1, RowOutcome.SAME: 1, RowOutcome.CHANGED: 2, RowOutcome.ERROR: 1}
    assert seen.problems == [(5, "no name, address, phone or number: nobody can be made of it")]
    with app.store.read() as session:
        assert len(people.list_people(session, ALL, NOW)) == 1
    assert counts(imported(app, *those, name="b.csv")) == (1, 2, 1, 1)


def test_an_import_that_was_stopped_goes_on_with_the_same_file(app: App) -> None:
    source = Source("a.csv", "1" * 64, "csv")

    def stopping() -> Any:
        for number in range(1, 501):
            if number == 451:
                raise OSError("the disk is gone")
            yield InputRow(number, CustomerRecord(emails=(EmailEntry(f"p{number}@x.example"),)))

    with pytest.raises(OSError, match="the disk is gone"):
        import_people(app, ACTOR, source, stopping(), lambda _: None)
    whole = [InputRow(n, CustomerRecord(emails=(EmailEntry(f"p{n}@x.example"),))) for n in range(1, 501)]
    told: list[int] = []
    batch = import_people(app, ACTOR, source, whole, told.append)
    assert (batch.rows, batch.new, sum(told)) == (500, 500, 100)
    undo_import(app, ACTOR, batch.id, told.append)
    with app.store.read() as session:
        assert people.list_people(session, ALL, NOW) == []
    with pytest.raises(NotFound, match="no import 99; `mailcrm import list` shows them"):
        undo_import(app, ACTOR, 99, told.append)


def test_old_mail_of_an_address_that_was_nobodys_is_on_the_timeline_at_once(app: App) -> None:
    with a_write(app.store) as session:
        address = an_address(session, "ann@acme.example")
        mail = a_message(session)
        messages.add_participants(session, some_participants([address], mail.id))
    assert counts(imported(app, ANN)) == (1, 0, 0, 0)
    with app.store.read() as session:
        [line] = timeline.select_timeline(session, parties.get_party(session, "ann@acme.example"), ALL)
        assert line.message_id == mail.id


def test_our_own_addresses_are_left_out(store: Store, tmp_path: Path) -> None:
    ours = an_app(store, a_config(tmp_path, company={"domains": ["mytrade.example"]}), LATER)
    batch = imported(ours, CustomerRecord(fields={"name": "Me"}, emails=(EmailEntry("me@mytrade.example"),)))
    with store.read() as session:
        assert batches.noted_rows(session, batch.id) == [
            (2, RowOutcome.NEW, "me@mytrade.example is one of our own addresses, and was left out")
        ]
        assert session.execute(select(EmailAddress)).all() == []


ORDER = Order(
    "SO-1", NOW, "CNY", 129_900, OrderStatus.PAID, "", (OrderLine("茶", 2000, 60_000), OrderLine("Fracht")),
    (Payment(NOW, 129_900, "CNY", "T/T"),),
)  # fmt: skip
BUSY = replace(
    ANN,
    dates=(ImportantDate("birthday", Calendar.LUNAR, 8, 15, 1990),),
    orders=(ORDER,),
    activities=(Activity(InteractionKind.CALL, NOW, "asked for a quote", "two tons"),),
    affiliations=(AffiliationEntry("Acme 有限公司", kind="agent", title="Agent"),),
)


def business(app: App, who: str) -> tuple[object, ...]:
    with app.store.read() as session:
        root = parties.get_party(session, who)
        lines = timeline.select_timeline(session, root, ALL)
        ties = people.get_archive(session, root, ALL).affiliations
        held = dates.dates_of(session, [root]).get(root, [])
        totals = order_lists.totals_of(session, root, ALL)
    return sorted(line.kind.value for line in lines), [t.name for t in ties], len(held), list(totals)


def test_dates_orders_activities_and_ties_come_with_a_row_and_go_with_its_undo(app: App) -> None:
    imported(app, ANN, name="0")
    before = business(app, "ann@acme.example")
    batch = imported(app, BUSY)
    assert counts(batch) == (0, 1, 0, 0)
    after = business(app, "ann@acme.example")
    assert after[:3] == (["call", "order", "payment"], ["Acme 有限公司"], 1)
    assert counts(imported(app, BUSY, name="b")) == (0, 0, 1, 0)
    assert undone(app, batch) == []
    kinds, ties, held, totals = business(app, "ann@acme.example")
    assert (ties, held, totals) == (before[1], before[2], before[3])
    assert kinds == ["order", "payment"]  # archived: what was stays on the timeline
    assert counts(imported(app, BUSY, name="c")) == (0, 1, 0, 0)
    assert business(app, "ann@acme.example")[3] == after[3]


def test_a_customer_whose_orders_came_with_the_import_goes_with_it(app: App) -> None:
    batch = imported(app, BUSY)
    assert undone(app, batch) == []
    with app.store.read() as session:
        assert people.list_people(session, ALL, NOW) == []
    assert counts(imported(app, BUSY)) == (1, 0, 0, 0)


def test_what_of_a_row_cannot_be_kept_is_told_and_the_rest_is_kept(app: App) -> None:
    bad = replace(BUSY, orders=(replace(ORDER, currency="XXL"),), affiliations=())
    batch = imported(app, bad)
    with app.store.read() as session:
        [(row, outcome, note)] = batches.noted_rows(session, batch.id)
    assert (row, outcome) == (2, RowOutcome.NEW)
    assert note.startswith("order SO-1: ")
    assert business(app, "ann@acme.example")[0] == ["call"]


def test_a_number_that_an_archive_of_ours_gave_is_kept_and_others_find_their_customer(app: App) -> None:
    ours = CustomerNumber.of(17).text
    first = CustomerRecord(number=ours, former_numbers=("OLD-1",), foreign_id="sap:10017", fields={"name": "Ann Lee"})
    other = CustomerRecord(number="K 4711", fields={"name": "Bob Ray"})
    assert counts(imported(app, first, other)) == (2, 0, 0, 0)
    with app.store.read() as session:
        found = {text: parties.get_party(session, text) for text in (ours, "old 1", "sap:10017", "10017", "k4711")}
        assert len(set(found.values())) == 2
        lines = {line.name: line.number for line in people.list_people(session, ALL, NOW)}
    assert lines == {"Ann Lee": ours, "Bob Ray": CustomerNumber.of(1).text}
    assert counts(imported(app, first, other, name="b")) == (0, 0, 2, 0)


def test_a_tag_that_the_import_replaced_comes_back_with_its_undo(app: App) -> None:
    with a_write(app.store) as session:
        who = a_person(session, "ann@acme.example").party_id or 0
        tags.ensure_category(session, "stage").exclusive = True
        tags.add_tag(session, who, "stage:quoted", NOW)
    batch = imported(app, CustomerRecord(emails=(EmailEntry("ann@acme.example"),), tags=(("stage", "ordering"),)))
    with app.store.read() as session:
        assert tags.tags_of(session, [who]) == {who: ["stage:ordering"]}
    assert undone(app, batch) == []
    with app.store.read() as session:
        assert tags.tags_of(session, [who]) == {who: ["stage:quoted"]}
