"""From the first code to the last goodbye."""

from __future__ import annotations

from typing import Any

import pytest

from .waiting import waited_for

pytestmark = pytest.mark.needs_site


def test_a_number_is_linked_by_a_scan_drops_comes_back_and_is_logged_out_on_the_phone(way: Any) -> None:
	created = way.create()
	assert created["session_db_id"]
	way.scan()
	assert way.record().phone_number == way.phone
	way.tell("drop", code=428)
	way.becomes("Connected")
	way.gateway.stop()
	way.gateway.start()
	way.becomes("Connected")
	assert way.record().session_db_id == created["session_db_id"]
	way.tell("logout")
	way.becomes("Disconnected")
	assert (way.record().error_code, way.record().phone_number) == ("401", None)


def test_it_is_linked_again_by_a_code_and_deleted_on_both_sides(way: Any) -> None:
	import frappe

	way.create()
	waited_for(lambda: way.api.get_qr_code(way.name)["ready"])
	code = way.api.get_pairing_code(way.name, f"+{way.phone}")["code"]
	way.tell("code", code=code)
	way.becomes("Connected")
	way.api.delete_session(way.name)
	assert not frappe.db.exists("WhatsApp Session", way.name)
	assert way.api.list_sessions()["sessions"] == []
	assert way.devices() == []


def test_without_whatsapp_it_is_said_what_is_missing_and_afterwards_it_links(way: Any) -> None:
	way.whatsapp.let_in(False)
	way.create()
	way.becomes("Disconnected")
	waited_for(lambda: way.state() == "Disconnected" and way.record().error_code == "WHATSAPP_UNREACHABLE")
	assert "does not reach WhatsApp" in way.record().error_message
	way.whatsapp.let_in(True)
	way.api.connect_session(way.name)
	way.scan()
