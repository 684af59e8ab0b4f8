"""What breaks between site, gateway and WhatsApp: what the record says meanwhile, and how it is well again."""

from __future__ import annotations

from typing import Any

import pytest

from ..waiting import waited_for
from .conftest import AppSession, save_settings
from .processes import free_port

pytestmark = pytest.mark.needs_site

PASSES = [
	{"code": 428},
	{"code": 500},
	{"code": 503},
	{"code": 515},
	{"how": "cut"},
	{"how": "close"},
	{"how": "xmlstreamend"},
	{"how": "failure", "code": 503},
]
ENDS = {"403": {"code": 403}, "440": {"code": 440}, "411": {"how": "downgrade"}, "463": {"code": 463}}

HEALING = {
	"Create Session": lambda session: session.create(),
	"Create Again": lambda session: session.api.recreate_session(session.name),
}


@pytest.fixture
def linked(session: AppSession) -> AppSession:
	session.create()
	session.scan()
	return session


@pytest.mark.parametrize("drop", PASSES, ids=str)
def test_what_passes_needs_nobody(linked: AppSession, drop: dict[str, Any]) -> None:
	number = linked.record().session_db_id
	linked.drops_and_comes_back(**drop)
	record = linked.record()
	assert (record.error_code or "", record.phone_number) == ("", linked.phone)
	assert record.session_db_id == number


@pytest.mark.parametrize("code", ENDS)
def test_what_must_not_be_tried_again_says_why_and_needs_no_new_scan(linked: AppSession, code: str) -> None:
	linked.tell("drop", **ENDS[code])
	linked.becomes("Disconnected")
	record = linked.record()
	assert (record.error_code, record.phone_number) == (code, linked.phone)
	linked.api.connect_session(linked.name)
	linked.becomes("Connected")
	assert not linked.record().error_code


def test_an_outage_of_whatsapp_is_told_from_reconnecting_to_given_up_and_passes_by_itself(
	linked: AppSession,
) -> None:
	linked.whatsapp.let_in(False)
	linked.tell("drop", code=428)
	linked.becomes("Connecting")
	record = linked.record()
	assert record.phone_number == linked.phone
	assert record.error_message.endswith("It reconnects by itself; no code is needed.")
	linked.becomes("Disconnected")
	assert linked.record().error_code == "WHATSAPP_UNREACHABLE"
	linked.whatsapp.let_in(True)
	linked.becomes("Connected")
	record = linked.record()
	assert (record.error_code or "", record.phone_number) == ("", linked.phone)


def test_a_killed_gateway_changes_no_state_and_its_session_comes_back(linked: AppSession) -> None:
	from xappiens_whatsapp.server.exceptions import GatewayUnavailable

	number = linked.record().session_db_id
	linked.gateway.kill()
	with pytest.raises(GatewayUnavailable):
		linked.state()
	record = linked.record()
	assert (record.status, record.error_code) == ("Connected", "GATEWAY_UNAVAILABLE")
	linked.gateway.start()
	linked.becomes("Connected")
	record = linked.record()
	assert not record.error_code
	assert (record.session_db_id, record.phone_number) == (number, linked.phone)
	waited_for(linked.logins)


@pytest.mark.parametrize("heal", HEALING)
def test_a_gateway_without_its_database_is_told_as_missing_and_creating_again_heals(
	linked: AppSession, heal: str
) -> None:
	from xappiens_whatsapp.server.exceptions import SessionMissingOnServer

	number = linked.record().session_db_id
	linked.gateway.kill()
	linked.gateway.lose_database()
	linked.gateway.start()
	with pytest.raises(SessionMissingOnServer):
		linked.state()
	record = linked.record()
	assert (record.status, record.error_code) == ("Disconnected", "SESSION_MISSING_ON_SERVER")
	assert not record.is_connected and not record.phone_number and not record.session_db_id
	HEALING[heal](linked)
	linked.scan()
	assert linked.record().session_db_id != number
	assert not linked.record().error_code


def test_what_happens_while_the_site_is_down_is_told_when_it_is_back(session: AppSession) -> None:
	from xappiens_whatsapp.tests.webhooks import served_site, site_address
	from xappiens_whatsapp.tests.workers import run_jobs

	port = free_port()
	with site_address(f"http://127.0.0.1:{port}"):
		save_settings(webhook_enabled=1)
		with served_site(port):
			session.create()
			session.scan()
			waited_for(lambda: session.gateway.waiting_webhooks() == 0)
		run_jobs()
		session.tell("logout")
		waited_for(lambda: session.gateway.waiting_webhooks() == 1)
		session.gateway.kill()
		session.gateway.start()
		assert session.gateway.waiting_webhooks() == 1
		assert session.ask_gateway("GET", "status")["disconnectReason"] == "logged_out"
		with served_site(port):
			waited_for(lambda: (run_jobs(), session.record().status == "Disconnected")[1])
		assert session.record().error_code == "401"
