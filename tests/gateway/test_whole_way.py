"""From the first code to the last goodbye."""

from __future__ import annotations

import pytest

from ..waiting import waited_for
from .conftest import AppSession

pytestmark = pytest.mark.needs_site


def test_a_number_is_linked_by_a_scan_drops_comes_back_and_is_logged_out_on_the_phone(
	session: AppSession,
) -> None:
	created = session.create()
	assert created["session_db_id"]
	session.scan()
	assert session.record().phone_number == session.phone
	session.drops_and_comes_back(code=428)
	session.gateway.stop()
	session.gateway.start()
	session.becomes("Connected")
	assert session.record().session_db_id == created["session_db_id"]
	session.tell("logout")
	session.becomes("Disconnected")
	assert (session.record().error_code, session.record().phone_number) == ("401", None)


def test_it_is_linked_by_a_typed_code_and_deleted_on_both_sides(session: AppSession) -> None:
	import frappe

	session.create()
	waited_for(lambda: session.api.get_qr_code(session.name)["ready"])
	code = session.api.get_pairing_code(session.name, f"+{session.phone}")["code"]
	session.tell("code", code=code)
	session.becomes("Connected")
	session.api.delete_session(session.name)
	assert not frappe.db.exists("WhatsApp Session", session.name)
	assert session.api.list_sessions()["sessions"] == []
	assert session.devices() == []


def test_without_whatsapp_it_is_said_what_is_missing_and_afterwards_it_links(session: AppSession) -> None:
	session.whatsapp.let_in(False)
	session.create()
	session.becomes("Disconnected")
	waited_for(
		lambda: session.state() == "Disconnected" and session.record().error_code == "WHATSAPP_UNREACHABLE"
	)
	assert "does not reach WhatsApp" in session.record().error_message
	session.whatsapp.let_in(True)
	session.api.connect_session(session.name)
	session.scan()
