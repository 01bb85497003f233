"""What accounts received, day by day."""

from datetime import date

from mailcrm.model.budget import DayTraffic
from mailcrm.store import Store, traffic
from tests.builders import a_write, an_account

MONDAY, TUESDAY = date(2025, 1, 6), date(2025, 1, 7)


def test_a_day_adds_up_for_each_account(store: Store) -> None:
    with a_write(store) as session:
        first, second = an_account(session, "first"), an_account(session, "second")
        traffic.add_traffic(session, first, DayTraffic(MONDAY, 3 * 10**9, 10, 0.5))
        traffic.add_traffic(session, first, DayTraffic(MONDAY, 4 * 10**9, 1, 1.25))
        traffic.add_traffic(session, first, DayTraffic(TUESDAY, 1))
        traffic.add_traffic(session, second, DayTraffic(TUESDAY, 2))
    with store.read() as session:
        assert traffic.traffic_since(session, [first, second], TUESDAY) == {
            first: [DayTraffic(TUESDAY, 1)],
            second: [DayTraffic(TUESDAY, 2)],
        }
        assert DayTraffic(MONDAY, 7 * 10**9, 11, 1.75) in traffic.traffic_since(session, [first], MONDAY)[first]
