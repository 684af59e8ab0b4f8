"""*Test Message*: one click, three steps with their times, and what is said when it does not arrive."""

from __future__ import annotations

import json
from typing import Any

import pytest
from axe_page import findings
from message_dialog import LOOK, MessageDialog
from state_table import connected, until

PHONE = "34600000021"


@pytest.fixture
def linked(site: Any, start_sandbox: Any, session_id: str) -> Any:
	sandbox = start_sandbox(ack_delay=0.5)
	connected(site, sandbox, session_id)
	return sandbox


@pytest.fixture
def test_message(desk: Any, linked: Any, session_id: str) -> Any:
	yield MessageDialog(desk, session_id)
	desk.page.unroute_all(behavior="ignoreErrors")
	assert desk.errors == []


def test_sent_delivered_and_read_are_shown_with_their_times_without_a_mouse(test_message, linked):
	desk = test_message.desk
	desk.tab_to_button("Test Message")
	desk.page.keyboard.press("Enter")
	test_message.input.wait_for()
	desk.wait_for_focus_inside(".modal.show")
	assert test_message.input.input_value() == f"+{PHONE}"
	desk.tab_to("#whatsapp-test-number")
	desk.page.keyboard.press("Enter")
	test_message.wait_for_steps(3)
	test_message.wait_for("good", "The message has arrived: this session works.")
	desk.picture("test-message-light")
	assert [row["to"] for row in linked.messages()] == [f"{PHONE}@s.whatsapp.net"]
	desk.close_dialog()
	desk.wait_for_focus_on("Test Message")
	assert desk.page.evaluate("cur_frm.doc.proof_state") == "Read"


def test_the_last_one_is_shown_when_the_dialog_opens_again(test_message):
	test_message.open().send()
	test_message.wait_for_steps(3)
	test_message.desk.close_dialog()
	test_message.open().wait_for_steps(3)


def test_another_number_can_be_typed_and_one_that_is_none_is_told(test_message, linked):
	test_message.open().input.fill("no number")
	test_message.send()
	test_message.wait_for("trouble")
	assert linked.messages() == []
	test_message.input.fill("+34 600 000 022")
	test_message.send()
	test_message.wait_for_steps(3)
	assert [row["to"] for row in linked.messages()] == ["34600000022@s.whatsapp.net"]


def test_one_that_does_not_arrive_offers_to_restart(test_message, linked, site, session_id):
	linked.fault("send", "acks", times=None, numbers=[])
	words = (
		"The server took the message, but it was not delivered within two minutes: this session may be dead."
	)
	sentence = f"{test_message.desk.say(words)}"
	test_message.is_told(state="Failed", may_be_dead=True, message=sentence, retry_after=None)
	test_message.open().send()
	test_message.wait_for("trouble", words)
	test_message.desk.picture("test-message-dead-light")
	linked.clear_requests()
	test_message.button("Restart").click()
	test_message.page.wait_for_selector(".modal.show", state="detached")
	until(site, session_id, "Connected")
	assert any(request.path.endswith("/restart") for request in linked.requests)


def test_a_session_that_just_dropped_is_told_and_the_form_knows_it(test_message, linked, session_id):
	test_message.open()
	linked.drop(session_id, 401)
	test_message.send()
	test_message.wait_for("trouble", "The session is not connected, so nothing was sent.")
	test_message.page.wait_for_timeout(2000)
	test_message.wait_for("trouble", "The session is not connected, so nothing was sent.")
	test_message.wait_for_steps(0)
	test_message.desk.close_dialog()
	test_message.desk.wait_for_banner("The session was logged out on the phone.")


def test_what_nobody_knows_is_said(test_message, linked):
	linked.fault("send", "http", status=500, performed=True)
	test_message.open().send()
	test_message.wait_for(
		"trouble",
		"The server did not say whether the message went out. Look at the phone before you send another.",
	)
	test_message.send()
	test_message.wait_for_steps(3)


def test_the_server_s_own_limit_is_said_and_the_button_waits(test_message, linked):
	linked.message_limiter.limit = 0
	test_message.open().send()
	test_message.wait_for(
		"trouble", "The server sends ten messages a minute for a session, and this one has sent as many."
	)
	before = len(linked.requests)
	assert test_message.button("Send").get_attribute("aria-disabled") == "true"
	test_message.input.press("Enter")
	test_message.page.wait_for_timeout(300)
	assert len(linked.requests) == before


def test_nothing_goes_on_after_the_dialog(test_message):
	before = test_message.desk.live()
	test_message.open().send()
	test_message.desk.close_dialog()
	test_message.desk.wait_for_live(before)


def test_a_failed_one_stands_on_the_form(test_message, linked, session_id):
	page = test_message.page
	page.evaluate("cur_frm.doc.proof_state = 'Failed'; cur_frm.refresh()")
	test_message.desk.wait_for_banner("The last test message did not get through: this session may be dead.")


def test_viewers_see_no_such_button(open_desk, linked, site, session_id):
	site.assign(session_id, viewer="Viewer")
	desk = open_desk("viewer")
	desk.open_form(session_id)
	desk.wait_for_buttons("*Status")


def test_the_dialog_is_for_everybody(test_message):
	test_message.open().send()
	test_message.wait_for_steps(3)
	for theme in ("light", "dark"):
		test_message.desk.use_theme(theme)
		test_message.desk.wait_for_stillness()
		assert not findings(test_message.page, ".modal.show .modal-content"), theme


def test_a_restricted_account_says_until_when_on_the_form_and_in_the_dialog(
	test_message, linked, site, session_id
):
	linked.restrict(session_id, 3600)
	test_message.open().input.fill("+34 600 000 022")
	test_message.send()
	until_when = test_message.desk.say(
		"WhatsApp has restricted this number until {0}: it may answer, but not begin conversations.", "X"
	).partition("X")[0]
	test_message.page.locator(".whatsapp-test-message[data-phase=trouble]", has_text=until_when).wait_for()
	test_message.desk.close_dialog()
	test_message.desk.button("Status").click()
	test_message.desk.wait_for_banner(
		"Connected with {0} since {1}.",
		"WhatsApp has restricted this number until {0}: it may answer, but not begin conversations.",
	)
	test_message.desk.picture("state-restricted-light")


def test_a_failed_one_stands_in_the_list(test_message, linked, session_id):
	linked.restrict(session_id)
	test_message.open().send()
	test_message.wait_for("trouble")
	test_message.desk.close_dialog()
	test_message.desk.open_list()
	doubted = test_message.desk.say("Connected, not proved")
	row = test_message.page.locator(".list-row-container:visible").filter(
		has=test_message.page.locator(f"[data-name='{session_id}']")
	)
	row.locator(".indicator-pill").filter(has_text=doubted).first.wait_for()
