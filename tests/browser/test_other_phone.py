"""Another phone than the expected one: dialog, form, list and pairing page say so, and two buttons decide."""

from __future__ import annotations

import json
from typing import Any

import pytest
import state_table
from axe_page import findings
from desk_page import THEMES, eventually
from state_table import EXPECTED, PHONE

RED = "(element) => getComputedStyle(element).color"
WORDS = "Another phone is linked: {0} instead of {1}."
UNLINKED = "The other phone was unlinked. Scan the new QR code with {0}."


def said(desk: Any) -> str:
	return desk.say(WORDS, f"+{PHONE}", f"+{EXPECTED}")


def open_dialog_with_another_phone(desk: Any, site: Any, sandbox: Any, session: str) -> None:
	state_table.create(site, session, EXPECTED)
	desk.open_form(session)
	desk.button("View QR").click()
	desk.wait_for_phase("code")
	sandbox.scan(session, PHONE)
	desk.wait_for_phase("wrong")


def fill_new(desk: Any, session_id: str, expected_number: str) -> None:
	"""The last one first: Frappe's table below it adds a row on Tab."""
	desk.fill("session_name", "Ventas Norte")
	field = desk.page.locator(".frappe-control[data-fieldname=expected_number] input:visible")
	field.fill(expected_number)
	field.press("Shift+Tab")
	desk.fill("session_id", session_id)


def is_red(place: Any) -> bool:
	red, green, blue = map(int, place.evaluate(RED).strip("rgb()").split(","))
	return red > 150 and red > green + 60 and red > blue + 60


def test_it_is_expected_from_the_new_form_on_and_unlinked_in_the_dialog_without_a_mouse(
	desk, sandbox, session_id
):
	desk.open_new()
	fill_new(desk, session_id, f"+{EXPECTED}")
	desk.button("Create Session").click()
	desk.wait_for_phase("code")
	sandbox.scan(desk.read_code(), PHONE)
	desk.wait_for_phase("wrong")
	assert desk.words() == said(desk)
	assert is_red(desk.page.locator(".modal.show .whatsapp-qr-message"))
	desk.picture("wrong-phone-dialog-light")
	eventually(lambda: desk.live()["timers"] == 0, lambda: "it asks on, or is about to close by itself")
	desk.tab_to(".modal.show button", desk.say("Unlink It"))
	desk.page.keyboard.press("Enter")
	desk.page.get_by_text(desk.say("Server: it deletes the session and creates it anew.")).wait_for()
	desk.wait_for_stillness()
	desk.tab_to(".modal.show .btn-modal-primary")
	desk.page.keyboard.press("Enter")
	desk.wait_for_phase("code")
	desk.wait_for_focus_inside(".modal.show")
	sandbox.scan(desk.read_code(), EXPECTED)
	desk.wait_for_phase("connected")
	desk.wait_for_buttons("*Status", "Test Message", "Disconnect", "Restart")
	desk.wait_for_banner("Connected with {0} since {1}.", f"+{EXPECTED}")
	desk.wait_for_live({"timers": 0, "listeners": 1})
	assert desk.errors == []


def test_a_national_number_that_is_none_is_refused_before_anything_is_made(desk, sandbox, session_id):
	desk.open_new()
	fill_new(desk, session_id, "12")
	desk.button("Create Session").click()
	desk.page.locator(".modal.show .msgprint").wait_for()
	assert sandbox.sessions() == []
	desk.close_dialog()
	fill_new(desk, session_id, f"+{EXPECTED}")
	desk.button("Create Session").click()
	desk.wait_for_phase("code")
	assert sandbox.sessions()[0]["expectedNumber"] == EXPECTED


def test_it_is_kept_in_the_dialog_and_the_form_knows(desk, site, sandbox, session_id):
	open_dialog_with_another_phone(desk, site, sandbox, session_id)
	desk.dialog_button("Keep This Phone").click()
	desk.page.wait_for_selector(".modal.show", state="detached")
	desk.wait_for_buttons("*Status", "Test Message", "Disconnect", "Restart")
	desk.wait_for_banner("Connected with {0} since {1}.", f"+{PHONE}")
	assert site.resource("GET", f"WhatsApp Session/{session_id}")["expected_number"] == f"+{PHONE}"
	assert desk.errors == []


def test_it_is_kept_from_the_form_and_unlinked_from_the_form_after_a_question(
	desk, site, sandbox, session_id
):
	state_table.with_another_phone(site, sandbox, session_id)
	desk.open_form(session_id)
	assert desk.page.locator(".form-message.red:visible").count() == 1
	desk.button("Unlink It").click()
	desk.dialog.locator("li").first.wait_for()
	desk.picture("unlink-phone-light")
	desk.answer("No")
	assert sandbox.sessions()[0]["isConnected"]
	desk.button("Status").click()
	desk.page.locator("#alert-container .alert").filter(has_text=said(desk)).wait_for()
	desk.button("Keep This Phone").click()
	desk.wait_for_buttons("*Status", "Test Message", "Disconnect", "Restart")
	desk.wait_for_focus_on("Status")
	site.resource("PUT", f"WhatsApp Session/{session_id}", expected_number=f"+{EXPECTED}")
	desk.page.evaluate("cur_frm.reload_doc()")
	desk.button("Unlink It").click()
	desk.answer("Yes")
	desk.wait_for_phase("code")
	assert [row["isConnected"] for row in sandbox.sessions()] == [False]
	assert desk.errors == []


def test_who_may_not_decide_is_told_whom_to_tell(open_desk, site, sandbox, session_id):
	state_table.create(site, session_id, EXPECTED)
	site.assign(session_id, agent="Agent")
	desk = open_desk("agent")
	desk.open_form(session_id)
	desk.button("View QR").click()
	desk.wait_for_phase("code")
	sandbox.scan(session_id, PHONE)
	desk.wait_for_phase("wrong")
	assert desk.words() == said(desk)
	assert not desk.dialog_button("Keep This Phone").count() and not desk.dialog_button("Unlink It").count()
	desk.close_dialog()
	desk.wait_for_banner(WORDS, "Tell whoever manages this session.")
	site.call("phone.keep_phone", session_id=session_id)
	desk.wait_for_buttons("*Status", "Test Message", "Restart")
	desk.wait_for_banner("Connected with {0} since {1}.", f"+{PHONE}")


def test_a_decision_about_a_phone_that_is_gone_changes_nothing_and_is_told(desk, site, sandbox, session_id):
	open_dialog_with_another_phone(desk, site, sandbox, session_id)
	site.call("phone.unlink_phone", session_id=session_id)
	desk.dialog_button("Keep This Phone").click()
	desk.dialog.locator(".whatsapp-failed").wait_for()
	desk.wait_for_focus_on("Keep This Phone")
	assert site.resource("GET", f"WhatsApp Session/{session_id}")["expected_number"] == f"+{EXPECTED}"
	desk.close_dialog()
	desk.button("View QR").click()
	desk.wait_for_phase("code")
	sandbox.scan(desk.read_code(), EXPECTED)
	desk.wait_for_phase("connected")


def test_a_dialog_that_is_closed_while_it_unlinks_leaves_nothing_running(desk, site, sandbox, session_id):
	open_dialog_with_another_phone(desk, site, sandbox, session_id)
	site.set_up(api_timeout=30)
	sandbox.fault("delete", "slow", seconds=15)
	desk.dialog_button("Unlink It").click()
	desk.page.get_by_text(desk.say("Server: it deletes the session and creates it anew.")).wait_for()
	desk.answer("Yes")
	desk.wait_for_stillness()
	desk.dialog.locator(".btn-modal-close").click()
	desk.page.wait_for_selector(".modal.show", state="detached")
	assert sandbox.sessions() == []  # deleted, and not yet created anew
	asked: list[str] = []
	desk.page.on("request", lambda sent: asked.append(sent.url.rpartition(".")[2]))
	eventually(lambda: [row["isConnected"] for row in sandbox.sessions()] == [False], sandbox.sessions, 30)
	alerts = desk.page.locator("#alert-container .alert")
	alerts.filter(has_text=desk.say(UNLINKED, f"+{EXPECTED}")).wait_for()
	desk.button("Status").click()
	eventually(lambda: "get_session_status" in asked, lambda: f"{asked} and no status")
	assert "get_qr_code" not in asked
	assert desk.live()["timers"] == 0
	assert desk.errors == []


def test_the_list_does_not_call_it_connected(desk, site, sandbox, session_id):
	state_table.with_another_phone(site, sandbox, session_id)
	desk.open_list()
	row = desk.page.locator(".list-row-container:visible").filter(has_text="Ventas Norte").first
	pill = row.locator(".indicator-pill").filter(has_text=desk.say("Wrong Phone")).first
	pill.wait_for()
	assert "red" in pill.get_attribute("class")
	desk.picture("list-wrong-phone-light")


def test_dialog_and_list_are_for_everybody(desk, site, sandbox, session_id):
	open_dialog_with_another_phone(desk, site, sandbox, session_id)
	desk.dialog_button("Unlink It").wait_for()
	for theme in THEMES:
		desk.use_theme(theme)
		desk.wait_for_stillness()
		assert not findings(desk.page, ".modal.show"), theme
	desk.close_dialog()
	desk.open_list()
	part = desk.mark_page()
	for theme in THEMES:
		desk.use_theme(theme)
		desk.wait_for_stillness()
		assert not findings(desk.page, part), theme


@pytest.mark.parametrize(
	("language", "words"), [("en", "Another phone is linked"), ("es", "Está vinculado otro teléfono")]
)
def test_the_person_behind_a_pairing_link_sees_the_ends_of_both_numbers(
	visit, site, sandbox, session_id, language, words
):
	state_table.create(site, session_id, EXPECTED)
	url = site.call("pairing.create_link", session_id=session_id, language=language)["url"]
	guest = visit()
	guest.open(url)
	guest.wait_for("code")
	sandbox.scan(session_id, PHONE)
	guest.wait_for("wrong")
	message = guest.page.locator(".whatsapp-qr-message")
	assert words in message.inner_text()
	assert f"…{PHONE[-3:]}" in message.inner_text() and f"…{EXPECTED[-3:]}" in message.inner_text()
	assert is_red(message)
	answers = guest.answers()
	assert any(
		f"…{EXPECTED[-3:]}" in json.loads(answer)["message"].get("instead_of", "") for answer in answers
	)
	everything = guest.page.locator("body").inner_text() + "".join(answers)
	assert PHONE not in everything and EXPECTED not in everything
	guest.page.locator(".whatsapp-link-end").wait_for()
	eventually(lambda: guest.page.evaluate("xappiens_whatsapp.live.timers") == 0, lambda: "timers run on")
