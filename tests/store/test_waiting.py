"""What a pass asks before it ends: whether anything waits to be done."""

from datetime import timedelta

from mailcrm.model.filing import NewSighting
from mailcrm.model.interaction import Direction
from mailcrm.store import Store, quarantine, sightings, waiting
from tests.builders import NOW, a_person, a_write, an_account
from tests.store.builders import GENERATION, a_mailbox

SOON = NOW + timedelta(minutes=16)


def test_a_folder_waits_while_a_try_of_its_quarantine_is_due(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)

        def retries(at: timedelta) -> set[int]:
            return waiting.folders_with_retries(session, folder.account_id, NOW + at)

        quarantine.quarantine(session, folder, GENERATION, {7: "broken"}, NOW)
        assert retries(timedelta(minutes=14)) == set()
        assert retries(timedelta(minutes=16)) == {folder.id}
        assert waiting.folders_with_retries(session, folder.account_id + 1, SOON) == set()
        quarantine.quarantine(session, folder, GENERATION, {7: "broken"}, NOW)
        assert retries(timedelta(minutes=59)) == set()
        assert retries(timedelta(minutes=61)) == {folder.id}
        quarantine.quarantine(session, folder, GENERATION, {7: "broken"}, NOW)
        assert retries(timedelta(days=9)) == set()  # a human looks at it now
        quarantine.quarantine(session, folder, GENERATION - 1, {8: "of UIDs that are no more"}, NOW)
        assert retries(timedelta(minutes=16)) == set()


def test_observations_wait_until_they_are_resolved(store: Store) -> None:
    with a_write(store) as session:
        account_id, who = an_account(session), a_person(session)
        assert not waiting.anything_unresolved(session)
        seen = (
            NewSighting(n, 0, account_id, who.address_id, who.party_id, "", "from", Direction.IN, True, NOW)
            for n in range(2)
        )
        sightings.add_sightings(session, list(seen))
        ids = list(sightings.select_unresolved(session, 9))
        sightings.mark_resolved(session, ids[:1], NOW)
        assert waiting.anything_unresolved(session)
        sightings.mark_resolved(session, ids[1:], NOW)
        assert not waiting.anything_unresolved(session)
