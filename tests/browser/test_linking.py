"""The whole way, as a person goes it: what the phone pairs with is read off a screenshot."""

from __future__ import annotations

import pytest
import requests
import state_table
from code_tab import CodeTab
from state_table import EXPECTED


def scan(sandbox, text, phone_number):
	answer = requests.post(f"{sandbox.url}/sandbox/scan", json={"qr": text, "phoneNumber": phone_number})
	assert answer.ok, answer.text


@pytest.mark.parametrize(("theme", "phone_number"), [("light", "34600000011"), ("dark", "34600000012")])
def test_create_scan_the_screen_see_connected_ask_disconnect_and_create_again(
	open_desk, sandbox, session_id, theme, phone_number
):
	desk = open_desk(theme=theme)
	desk.create_session(session_id)
	desk.picture(f"qr-dialog-{theme}")
	scan(sandbox, desk.read_code(), phone_number)
	desk.wait_for_phase("connected")
	desk.picture(f"connected-{theme}")
	assert f"+{phone_number}" in desk.words()

	desk.page.wait_for_selector(".modal.show", state="detached")
	desk.wait_for_buttons("*Status", "Test Message", "Disconnect", "Restart")
	assert f"+{phone_number}" in desk.banner()
	desk.picture(f"form-connected-{theme}")

	desk.button("Status").click()
	desk.page.get_by_text(desk.say("The phone is linked.")).first.wait_for()

	desk.button("Disconnect").click()
	assert desk.say("Server: it deletes the session.") in desk.dialog.inner_text()
	desk.picture(f"disconnect-{theme}")
	desk.answer("Yes")
	desk.wait_for_buttons("*Create Session", "Status")
	desk.wait_for_banner("This session was disconnected here, and is not on the server any more.")
	assert sandbox.sessions() == []

	desk.button("Create Session").click()
	desk.wait_for_phase("code")
	assert session_id in desk.read_code()
	assert desk.errors == []


def test_the_expected_number_need_not_be_typed_again_for_a_code(desk, site, sandbox, session_id):
	state_table.create(site, session_id, EXPECTED)
	desk.open_form(session_id)
	desk.button("View QR").click()
	desk.wait_for_phase("code")
	tab = CodeTab(desk)
	tab.tab("With a code").click()
	assert tab.input.input_value() == f"+{EXPECTED}"
	tab.button("Get Code").click()
	tab.wait_for("code")
	assert sandbox.sessions()[0]["status"] == "qr_code"
	assert desk.errors == []


def test_the_spanish_desk_has_the_words_of_the_specification(open_desk, sandbox, session_id):
	desk = open_desk()
	if desk.page.evaluate("document.documentElement.lang") != "es":
		pytest.skip("this desk is not in Spanish")
	desk.open_new()
	desk.page.get_by_role("button", name="Crear Sesión", exact=True).wait_for()
	desk.create_session(session_id)
	desk.close_dialog()
	desk.wait_for_buttons("*View QR", "Status", "Disconnect")
	assert sorted(desk.buttons()) == ["*Ver QR", "Desconectar", "Estado"]


def test_what_was_typed_into_a_name_is_shown_as_text(desk, sandbox, session_id):
	name = "Ventas <b>Norte</b>"
	desk.create_session(session_id, name)
	assert name in desk.dialog.locator(".modal-title").inner_text()
	desk.close_dialog()
	desk.button("Disconnect").click()
	desk.dialog.wait_for()
	assert name in desk.dialog.inner_text()
	assert desk.dialog.locator("b").count() == 0
	desk.answer("No")
	assert desk.errors == []


def test_a_form_without_a_name_is_not_sent_and_can_be_completed(desk, sandbox, session_id):
	desk.open_new()
	desk.fill("session_id", session_id)
	desk.button("Create Session").click()
	desk.dialog.wait_for()
	assert sandbox.sessions() == []
	desk.close_dialog()
	desk.fill("session_name", "Ventas Norte")
	desk.button("Create Session").click()
	desk.wait_for_phase("code")


def test_a_create_that_the_server_refuses_leaves_the_record_and_works_the_second_time(
	desk, sandbox, session_id
):
	sandbox.fault("create", "http", status=401, code="INVALID_API_KEY", error="no")
	desk.open_new()
	desk.fill("session_id", session_id)
	desk.fill("session_name", "Ventas Norte")
	desk.button("Create Session").click()
	desk.page.locator(".modal.show .msgprint").wait_for()
	desk.close_dialog()
	desk.button("Create Session").click()
	desk.wait_for_phase("code")
	assert len(sandbox.sessions()) == 1
