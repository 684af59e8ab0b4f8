"""The state machine on a clock that only the test moves."""

from __future__ import annotations

from typing import Any

import pytest

from xappiens_whatsapp.sandbox.registry import Registry, SessionExists, SessionUnknown
from xappiens_whatsapp.sandbox.state import ScanRefused, Session, Timing

TIMING = Timing(qr_delay=2, qr_lifetime=60, qr_rotation=20, qr_attempts=3, scan_delay=1)


class World:
	def __init__(self, timing: Timing = TIMING) -> None:
		self.now = 1_000_000.0
		self.events: list[tuple[str, str, float, dict[str, Any]]] = []
		self.registry = Registry(timing, lambda: self.now, self.hear)
		self.registry.changed.acquire()

	def hear(self, session: Session, event: str, payload: dict[str, Any], at: float) -> None:
		self.events.append((session.session_id, event, at - 1_000_000.0, payload))

	def after(self, seconds: float) -> None:
		self.now += seconds
		self.registry.advance(self.now)

	def create(self, session_id: str = "ventas_1", **fields: Any) -> Session:
		return self.registry.create(session_id, "Ventas", **fields)

	def waiting(self, session_id: str = "ventas_1") -> Session:
		session = self.create(session_id)
		session.connect(self.now)
		self.after(2)
		return session

	def connected(self, session_id: str = "ventas_1", phone_number: str = "34600000001") -> Session:
		session = self.waiting(session_id)
		session.scan(phone_number, self.now)
		self.after(1)
		return session


@pytest.fixture
def world() -> World:
	return World()


def test_a_new_session_is_disconnected_and_stays_so(world):
	session = world.create()
	world.after(3600)
	assert (session.status, session.code, world.events) == ("disconnected", None, [])


def test_the_qr_appears_after_the_delay_and_not_before(world):
	session = world.create()
	session.connect(world.now)
	world.after(1.9)
	assert (session.status, session.code) == ("connecting", None)
	world.after(0.1)
	assert session.status == "qr_code"
	assert session.code.expires_at == world.now + 60


def test_codes_rotate_and_an_unscanned_session_gives_up(world):
	session = world.waiting()
	texts = [session.code.text]
	for _rotation in range(2):
		world.after(20)
		texts.append(session.code.text)
	assert len(set(texts)) == 3
	world.after(20)
	assert (session.status, session.disconnect_code, session.code) == ("disconnected", 408, None)
	assert [event[1] for event in world.events] == ["session.qr"] * 3 + ["session.disconnected"]


def test_a_long_silence_is_caught_up_with_at_the_right_moments(world):
	world.create().connect(world.now)
	world.after(3600)
	assert [event[2] for event in world.events] == [2, 22, 42, 62]


def test_codes_rotate_at_the_latest_when_they_expire():
	world = World(Timing(qr_delay=0, qr_lifetime=5, qr_rotation=20))
	session = world.create()
	session.connect(world.now)
	world.after(0)
	first = session.code.text
	world.after(5)
	assert session.code.text != first


def test_an_earlier_code_can_be_scanned_until_its_own_expiry(world):
	session = world.waiting()
	first = session.code.text
	world.after(20)
	assert world.registry.scan(first, "34600000001", world.now) is session


def test_an_expired_code_is_refused_and_the_next_one_works():
	world = World(Timing(qr_delay=0, qr_lifetime=5, qr_rotation=5))
	session = world.create()
	session.connect(world.now)
	world.after(0)
	expired = session.code.text
	world.after(5)
	with pytest.raises(ScanRefused):
		world.registry.scan(expired, "34600000001", world.now)
	assert world.registry.scan(session.code.text, "34600000001", world.now) is session


def test_a_replaced_code_is_refused_once_it_has_expired():
	world = World(Timing(qr_delay=0, qr_lifetime=30, qr_rotation=20))
	session = world.create()
	session.connect(world.now)
	world.after(0)
	first = session.code.text
	world.after(29)
	assert session.accepts(first, world.now)
	world.after(1)
	assert not session.accepts(first, world.now)


def test_a_code_is_used_up_by_its_scan(world):
	session = world.waiting()
	text = session.code.text
	world.registry.scan(text, "34600000001", world.now)
	with pytest.raises(ScanRefused):
		world.registry.scan(text, "34600000002", world.now)
	world.after(1)
	assert session.linked_number == "34600000001"


def test_the_text_of_the_code_names_its_session(world):
	secret, session_id, nonce = world.waiting().code.text.split(",")
	assert secret.startswith("2@") and session_id == "ventas_1" and nonce


def test_a_scan_links_after_the_delay(world):
	session = world.waiting()
	session.scan("34600000001", world.now)
	assert (session.status, session.code, session.phone_number) == ("connecting", None, None)
	world.after(1)
	assert (session.status, session.phone_number) == ("connected", "34600000001")
	assert session.last_activity == world.now


def test_a_session_that_waits_for_no_scan_refuses_one(world):
	world.create()
	with pytest.raises(ScanRefused, match="disconnected"):
		world.registry.scan("ventas_1", "34600000001", world.now)


def test_disconnecting_keeps_the_credentials_and_tells_no_drop(world):
	session = world.connected()
	session.disconnect(world.now)
	assert (session.status, session.disconnect_code) == ("disconnected", None)
	session.connect(world.now)
	world.after(2)
	assert (session.status, session.phone_number) == ("connected", "34600000001")


@pytest.mark.parametrize("code", [403, 428, 440, 500, 503, 515])
def test_a_drop_that_is_no_logout_reconnects_without_a_qr(world, code):
	session = world.connected()
	session.drop(code, world.now)
	assert (session.status, session.disconnect_code) == ("disconnected", code)
	session.connect(world.now)
	assert session.disconnect_code is None
	world.after(2)
	assert session.is_connected


def test_a_logout_on_the_phone_takes_the_credentials(world):
	session = world.connected()
	session.drop(401, world.now)
	assert (session.phone_number, session.disconnect_reason) == (None, "logout")
	session.connect(world.now)
	world.after(2)
	assert session.status == "qr_code"


def test_the_expected_number_stands_until_one_is_linked(world):
	session = world.create(phone_number="34600000009")
	assert session.phone_number == "34600000009"
	session.connect(world.now)
	world.after(2)
	session.scan("34600000001", world.now)
	world.after(1)
	assert session.phone_number == "34600000001"


def test_one_number_is_connected_in_one_session_only(world):
	first = world.connected("ventas_1", "34600000001")
	second = world.connected("ventas_2", "34600000001")
	assert (first.status, first.disconnect_code, second.status) == ("disconnected", 440, "connected")
	third = world.connected("ventas_3", "34600000002")
	assert second.is_connected and third.is_connected


def test_connecting_while_connecting_does_not_start_again(world):
	session = world.create()
	session.connect(world.now)
	world.after(1)
	session.connect(world.now)
	world.after(1)
	assert session.status == "qr_code"


def test_connecting_while_a_code_is_shown_makes_another(world):
	session = world.waiting()
	first = session.code.text
	session.connect(world.now)
	world.after(2)
	assert session.code.text != first
	assert not session.accepts(first, world.now)


def test_connecting_a_connected_session_leaves_it_connected(world):
	session = world.connected()
	session.connect(world.now)
	assert session.is_connected


def test_restart_goes_through_disconnected_and_back(world):
	session = world.connected()
	world.events.clear()
	session.restart(world.now)
	assert session.status == "connecting"
	world.after(2)
	assert session.is_connected
	assert [event[1] for event in world.events] == ["session.disconnected", "session.connected"]


def test_disconnecting_during_the_pairing_links_nothing(world):
	session = world.waiting()
	session.scan("34600000001", world.now)
	session.disconnect(world.now)
	world.after(60)
	assert (session.status, session.linked_number) == ("disconnected", None)


def test_a_postponed_qr_comes_late(world):
	session = world.waiting()
	session.postpone_qr(30, world.now)
	world.after(29)
	assert session.status == "connecting"
	world.after(1)
	assert session.status == "qr_code"


def test_postponing_does_not_touch_a_connected_session(world):
	session = world.connected()
	session.postpone_qr(30, world.now)
	assert session.is_connected


def test_events_carry_what_the_contract_names(world):
	session = world.connected()
	session.drop(401, world.now)
	payloads = [payload for _session, _event, _at, payload in world.events]
	assert payloads[0]["code"].text.startswith("2@")
	assert payloads[1:] == [{"phoneNumber": "34600000001"}, {"reason": "logout"}]


def test_a_taken_session_id_is_refused_and_free_again_after_deletion(world):
	session = world.create()
	with pytest.raises(SessionExists):
		world.create()
	world.registry.delete(session, world.now)
	assert world.create().id != session.id


def test_a_forgotten_session_is_unknown_and_its_timers_are_dead(world):
	session = world.create()
	session.connect(world.now)
	world.registry.forget(session)
	world.after(10)
	assert (session.status, world.events) == ("connecting", [])
	with pytest.raises(SessionUnknown, match="ventas_1"):
		world.registry.named("ventas_1")


def test_a_renumbered_session_goes_on_under_the_new_number(world):
	session = world.create()
	session.connect(world.now)
	old = session.id
	new = world.registry.renumber(session)
	assert new != old and world.registry.by_id(old) is None
	world.after(2)
	assert world.registry.by_id(new).status == "qr_code"
