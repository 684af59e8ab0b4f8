"""*Test Message*: one click, three steps with their times, and what is said when it does not arrive."""

from __future__ import annotations

from typing import Any

import pytest
from axe_page import findings
from desk_page import THEMES, eventually, exactly
from message_dialog import MessageDialog
from state_table import PHONE, connected, until

DEAD = "The server took the message, but it was not delivered within two minutes: this session may be dead."
FAILED = "The last test message did not get through: this session may be dead."
NOT_CONNECTED = "The session is not connected, so nothing was sent."
RESTRICTED = "WhatsApp has restricted this number until {0}: it may answer, but not begin conversations."
CONNECTED = "Connected with {0} since {1}."


@pytest.fixture
def linked(site: Any, start_sandbox: Any, session_id: str) -> Any:
	sandbox = start_sandbox(ack_delay=0.5)
	connected(site, sandbox, session_id)
	return sandbox


@pytest.fixture
def message_dialog(desk: Any, linked: Any, session_id: str) -> Any:
	yield MessageDialog(desk, session_id)
	assert desk.errors == []


def asked_for(linked: Any, route: str) -> int:
	return sum(request.path.endswith(f"/{route}") for request in linked.requests)


def test_sent_delivered_and_read_are_shown_with_their_times_without_a_mouse(message_dialog, linked):
	desk = message_dialog.desk
	desk.tab_to_button("Test Message")
	desk.page.keyboard.press("Enter")
	message_dialog.input.wait_for()
	desk.wait_for_focus_inside(".modal.show")
	assert message_dialog.input.input_value() == f"+{PHONE}"
	desk.tab_to("#whatsapp-test-number")
	desk.page.keyboard.press("Enter")
	message_dialog.wait_for_steps(3)
	message_dialog.wait_for("good", "The message has arrived: this session works.")
	desk.picture("test-message-light")
	assert [row["to"] for row in linked.messages()] == [f"{PHONE}@s.whatsapp.net"]
	desk.close_dialog()
	desk.wait_for_focus_on("Test Message")
	assert desk.page.evaluate("cur_frm.doc.proof_state") == "Read"


def test_the_last_one_is_shown_when_the_dialog_opens_again(message_dialog):
	message_dialog.open().send()
	message_dialog.wait_for_steps(3)
	message_dialog.desk.close_dialog()
	message_dialog.open().wait_for_steps(3)


def test_another_number_can_be_typed_and_one_that_is_none_is_told(message_dialog, linked):
	message_dialog.open().input.fill("no number")
	message_dialog.send()
	message_dialog.wait_for("trouble")
	assert linked.messages() == []
	message_dialog.input.fill("+34 600 000 022")
	message_dialog.send()
	message_dialog.wait_for_steps(3)
	assert [row["to"] for row in linked.messages()] == ["34600000022@s.whatsapp.net"]


def test_one_that_does_not_arrive_offers_to_restart(message_dialog, linked, site, session_id):
	message_dialog.open().proves()  # from here on this server is known to report
	linked.fault("send", "acks", numbers=[])
	with site.an_hour_ago():
		message_dialog.send()
		message_dialog.wait_for_steps(1)
	message_dialog.wait_for("trouble", DEAD)
	message_dialog.desk.picture("test-message-dead-light")
	message_dialog.button("Restart").click()
	message_dialog.page.wait_for_selector(".modal.show", state="detached")
	eventually(lambda: asked_for(linked, "restart") == 1, lambda: "the server is not told to restart")
	until(site, session_id, "Connected")
	message_dialog.open().proves()


def test_a_session_that_just_dropped_is_told_and_the_form_knows_it(message_dialog, linked, site, session_id):
	message_dialog.open()
	linked.drop(session_id, 401)
	message_dialog.send()
	message_dialog.wait_for("trouble", NOT_CONNECTED)
	message_dialog.desk.wait_for_banner("The session was logged out on the phone.")
	message_dialog.looks_again(lambda: site.call("session.connect_session", session_id=session_id))
	message_dialog.wait_for("trouble", NOT_CONNECTED)
	message_dialog.wait_for_steps(0)
	message_dialog.desk.close_dialog()
	until(site, session_id, "QR Code Required")
	linked.scan(session_id, PHONE)
	until(site, session_id, "Connected")
	message_dialog.open().proves()


def test_what_nobody_knows_is_said(message_dialog, linked):
	linked.fault("send", "http", status=500, performed=True)
	message_dialog.open().send()
	message_dialog.wait_for(
		"trouble",
		"The server did not say whether the message went out. Look at the phone before you send another.",
	)
	message_dialog.proves()


def test_the_server_s_own_limit_is_said_and_the_button_waits(message_dialog, linked):
	usual, linked.message_limiter.limit = linked.message_limiter.limit, 0
	message_dialog.open().send()
	message_dialog.wait_for(
		"trouble", "The server sends ten messages a minute for a session, and this one has sent as many."
	)
	assert message_dialog.button("Send").get_attribute("aria-disabled") == "true"
	message_dialog.input.press("Enter")
	message_dialog.desk.close_dialog()
	linked.message_limiter.limit = usual
	message_dialog.open().proves()
	assert asked_for(linked, "send") == 2


def test_nothing_goes_on_after_the_dialog(message_dialog):
	before = message_dialog.desk.live()
	message_dialog.open().send()
	message_dialog.desk.close_dialog()
	message_dialog.desk.wait_for_live(before)


def test_a_failed_one_stands_on_the_form(message_dialog, linked, session_id):
	desk = message_dialog.desk
	linked.fault("send", "acks", numbers=[-1])
	message_dialog.open().send()
	message_dialog.wait_for("trouble", "WhatsApp did not take the message.")
	desk.load()
	desk.open_form(session_id)
	desk.wait_for_banner(FAILED)
	message_dialog.open().proves()
	desk.close_dialog()
	desk.wait_for_banner(CONNECTED)
	assert desk.say(FAILED) not in desk.banner()


def test_viewers_see_no_such_button(open_desk, linked, site, session_id):
	site.assign(session_id, viewer="Viewer")
	desk = open_desk("viewer")
	desk.open_form(session_id)
	desk.wait_for_buttons("*Status")


def test_the_dialog_is_for_everybody(message_dialog):
	message_dialog.open().send()
	message_dialog.wait_for_steps(3)
	for theme in THEMES:
		message_dialog.desk.use_theme(theme)
		message_dialog.desk.wait_for_stillness()
		assert not findings(message_dialog.page, ".modal.show .modal-content"), theme


def test_a_restricted_account_says_until_when_on_the_form_and_in_the_dialog(
	message_dialog, linked, session_id
):
	desk = message_dialog.desk
	linked.restrict(session_id, 3600)
	message_dialog.open().input.fill("+34 600 000 022")
	message_dialog.send()
	until_when = desk.say(RESTRICTED, "X").partition("X")[0]
	message_dialog.page.locator(".whatsapp-test-message[data-phase=trouble]", has_text=until_when).wait_for()
	desk.close_dialog()
	desk.button("Status").click()
	desk.wait_for_banner(CONNECTED, RESTRICTED)
	desk.picture("state-restricted-light")
	linked.restrict(session_id, lifted=True)
	message_dialog.open().proves()
	desk.close_dialog()
	desk.button("Status").click()
	eventually(lambda: until_when not in desk.banner(), desk.banner)


def test_a_failed_one_stands_in_the_list(message_dialog, linked, session_id):
	linked.restrict(session_id)
	desk = message_dialog.desk
	message_dialog.open().send()
	message_dialog.wait_for("trouble")
	desk.close_dialog()
	wait_for_pill(desk, session_id, "Connected, not proved")
	linked.restrict(session_id, lifted=True)
	desk.open_form(session_id)
	message_dialog.open().proves()
	desk.close_dialog()
	wait_for_pill(desk, session_id, "Connected")


def wait_for_pill(desk: Any, session_id: str, words: str) -> None:
	desk.open_list()
	name = desk.page.locator(f"[data-name='{session_id}']")
	row = desk.page.locator(".list-row-container:visible").filter(has=name)
	row.locator(".indicator-pill").filter(has_text=exactly(desk.say(words))).first.wait_for()
