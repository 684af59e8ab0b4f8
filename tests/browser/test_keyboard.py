"""Without a mouse, and for ears: every action by Tab, Enter and Escape, the focus never lost, changes read out."""

from __future__ import annotations

from typing import Any

import pytest
import state_table
from desk_page import eventually


def assert_focus_stays_inside(desk: Any) -> None:
	desk.wait_for_stillness()
	desk.wait_for_focus_inside(".modal.show")
	stops = set()
	for key in ["Tab"] * 5 + ["Shift+Tab"] * 5:
		desk.page.keyboard.press(key)
		assert desk.focus_is_inside(".modal.show"), key
		stops.add(desk.page.evaluate("document.activeElement.className"))
	assert len(stops) > 1 or desk.dialog.locator("button:visible").count() == 1


def test_a_session_is_created_and_its_code_shown_without_a_mouse(desk, sandbox, session_id):
	desk.open_new()
	desk.tab_to("[data-fieldname=session_id] input")
	desk.page.keyboard.type(session_id)
	desk.tab_to("[data-fieldname=session_name] input")
	desk.page.keyboard.type("Ventas Norte")
	desk.tab_to_button("Create Session", "Shift+Tab")  # backwards: Frappe's table below adds rows on Tab
	desk.page.keyboard.press("Enter")
	desk.wait_for_phase("code")
	assert_focus_stays_inside(desk)
	desk.close_dialog()
	desk.wait_for_buttons("*View QR", "Status", "Disconnect")
	desk.wait_for_focus_on("View QR")
	assert desk.errors == []


@pytest.mark.parametrize("button", ["View QR", "Disconnect"])
def test_escape_leaves_a_dialog_and_the_focus_is_where_it_was(desk, site, sandbox, session_id, button):
	state_table.with_code(site, sandbox, session_id)
	desk.open_form(session_id)
	desk.button(button).wait_for()
	desk.tab_to_button(button)
	desk.page.keyboard.press("Enter")
	desk.dialog.wait_for()
	assert_focus_stays_inside(desk)
	desk.close_dialog()
	desk.wait_for_focus_on(button)
	assert len(sandbox.sessions()) == 1


def test_disconnecting_by_keyboard_leaves_the_focus_on_what_comes_next(desk, site, sandbox, session_id):
	state_table.with_code(site, sandbox, session_id)
	desk.open_form(session_id)
	desk.tab_to_button("Disconnect")
	desk.page.keyboard.press("Enter")
	desk.dialog.wait_for()
	desk.wait_for_stillness()
	desk.tab_to(".modal.show .btn-modal-primary")
	desk.page.keyboard.press("Enter")
	desk.wait_for_buttons("*Create Session", "Status")
	desk.wait_for_focus_on("Create Session")


def test_an_action_that_redraws_the_buttons_keeps_the_focus(desk, site, sandbox, session_id):
	state_table.connected(site, sandbox, session_id)
	desk.open_form(session_id)
	desk.tab_to_button("Status")
	desk.page.keyboard.press("Enter")
	desk.page.locator("#alert-container .alert").first.wait_for()
	desk.wait_for_focus_on("Status")


def test_a_failure_is_told_and_the_focus_comes_back(desk, site, sandbox, session_id):
	state_table.with_code(site, sandbox, session_id)
	desk.open_form(session_id)
	desk.tab_to_button("Status")
	sandbox.fault("status", "html", status=502, times=None)
	desk.page.keyboard.press("Enter")
	desk.page.locator(".modal.show .msgprint").wait_for()
	desk.close_dialog()
	desk.wait_for_focus_on("Status")


def test_a_change_of_state_is_read_out(desk, site, sandbox, session_id):
	state_table.with_code(site, sandbox, session_id)
	desk.open_form(session_id)
	desk.button("View QR").wait_for()
	desk.page.wait_for_timeout(1500)
	region = desk.page.locator(".whatsapp-live[role=status][aria-live=polite]")
	assert region.text_content() == ""
	sandbox.scan(session_id, state_table.PHONE)
	state_table.until(site, session_id, "Connected")
	eventually(lambda: f"+{state_table.PHONE}" in region.text_content(), region.text_content)
	assert region.text_content() in desk.banner()


def test_the_dialog_reads_out_that_the_phone_is_linked(desk, site, sandbox, session_id):
	state_table.with_code(site, sandbox, session_id)
	desk.open_form(session_id)
	desk.button("View QR").click()
	desk.wait_for_phase("code")
	region = desk.page.locator(".modal.show .whatsapp-qr-message[role=status][aria-live=polite]")
	assert region.inner_text() == desk.say("Scan the code with the phone.")
	sandbox.scan(session_id, state_table.PHONE)
	desk.wait_for_phase("connected")
	assert region.inner_text() == desk.say("Connected with {0}.", f"+{state_table.PHONE}")


def test_another_form_does_not_get_the_focus_that_was_lost_on_this_one(desk, site, sandbox, session_id):
	state_table.with_code(site, sandbox, session_id)
	state_table.not_on_the_server(site, sandbox, f"{session_id}_other")
	desk.open_form(session_id)
	desk.tab_to_button("View QR")
	desk.page.keyboard.press("Enter")
	desk.wait_for_phase("code")
	desk.close_dialog()
	desk.wait_for_focus_on("View QR")
	desk.open_form(f"{session_id}_other")
	desk.wait_for_buttons("*Create Session", "Status")
	desk.page.wait_for_timeout(1500)
	assert not desk.focus_is_inside(".custom-actions")
