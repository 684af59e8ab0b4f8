"""The table of states: which button leads, which others there are, what the banner says; and for whom."""

from __future__ import annotations

import pytest


def ask(site, session):
	"""The state as the server has it, stored on the record; a failure is stored too."""
	return site.post("session.get_session_status", session_id=session).status_code


def test_new(desk, sandbox):
	desk.open_new()
	desk.button("Create Session").wait_for()
	how = "Create the session, then scan the QR code that appears with WhatsApp on the phone."
	assert desk.say(how) in desk.banner()
	assert desk.buttons() == []


def test_saved_but_not_on_the_server(desk, site, sandbox, session_id):
	site.resource("POST", "WhatsApp Session", session_id=session_id, session_name="Ventas Norte")
	desk.open_form(session_id)
	desk.wait_for_buttons("*Create Session", "Status")
	assert desk.say("This session is not on the server yet. Press Create Session.") in desk.banner()
	desk.picture("state-not-on-server-light")


def test_disconnected_says_since_when_and_why(desk, site, sandbox, new_session, session_id):
	session = new_session()
	sandbox.drop(session_id, 401)
	assert ask(site, session) == 200
	desk.open_form(session)
	desk.wait_for_buttons("*Connect", "View QR", "Status", "Disconnect")
	assert desk.say("The session was logged out on the phone.") in desk.banner()
	desk.picture("state-disconnected-light")


def test_connecting(desk, site, start_sandbox, new_session):
	start_sandbox(qr_delay=60)
	session = new_session()
	ask(site, session)
	desk.open_form(session)
	desk.wait_for_buttons("*View QR", "Status", "Disconnect")
	assert desk.say("The session is connecting. Press View QR to see the code.") in desk.banner()
	desk.picture("state-connecting-light")


def test_qr_code_required(desk, site, sandbox, new_session):
	session = new_session()
	desk.page.wait_for_timeout(500)
	ask(site, session)
	desk.open_form(session)
	desk.wait_for_buttons("*View QR", "Status", "Disconnect")
	assert desk.say("Press View QR and scan the QR code with the phone.") in desk.banner()
	desk.picture("state-qr-required-light")


def test_connected(desk, site, sandbox, new_session, session_id):
	session = new_session()
	desk.page.wait_for_timeout(500)
	sandbox.scan(session_id, "34600000021")
	desk.page.wait_for_timeout(500)
	ask(site, session)
	desk.open_form(session)
	desk.wait_for_buttons("*Status", "Disconnect", "Restart")
	assert "+34600000021" in desk.banner()


def test_error(desk, site, sandbox, new_session):
	session = new_session()
	sandbox.fault("status", "variant", name="unknown_word", word="error", times=None)
	ask(site, session)
	desk.open_form(session)
	desk.wait_for_buttons("*Connect", "View QR", "Status", "Disconnect")
	assert desk.say("The server had a problem with this session.") in desk.banner()
	desk.picture("state-error-light")


def test_cannot_be_checked_leads_with_status_and_keeps_the_rest(desk, site, sandbox, new_session):
	session = new_session()
	desk.page.wait_for_timeout(500)
	ask(site, session)
	sandbox.fault("status", "reset", times=None)
	assert ask(site, session) in (503, 504)
	desk.open_form(session)
	desk.wait_for_buttons("*Status", "View QR", "Disconnect")
	assert desk.say("QR Code Required") in desk.banner()
	desk.picture("state-unchecked-light")
	sandbox.clear_faults()
	desk.button("Status").click()
	desk.wait_for_buttons("*View QR", "Status", "Disconnect")


def test_a_change_on_the_server_reaches_the_open_form(desk, site, sandbox, new_session, session_id):
	session = new_session()
	desk.open_form(session)
	desk.button("View QR").wait_for()
	desk.page.wait_for_timeout(1500)
	sandbox.scan(session_id, "34600000022")
	desk.page.wait_for_timeout(500)
	ask(site, session)
	desk.wait_for_buttons("*Status", "Disconnect", "Restart")


@pytest.mark.parametrize(
	("role", "buttons"),
	[
		("Viewer", ["Status"]),
		("Agent", ["*View QR", "Status"]),
		("Manager", ["*View QR", "Status", "Disconnect"]),
	],
)
def test_only_buttons_that_the_person_may_use_are_shown(open_desk, site, sandbox, new_session, role, buttons):
	session = new_session()
	site.assign(session, agent=role)
	desk = open_desk("agent")
	desk.open_form(session)
	desk.wait_for_buttons(*buttons)
	assert desk.errors == []


def test_a_failing_action_says_what_happened_once_and_the_form_stays_usable(desk, sandbox, new_session):
	desk.open_form(new_session())
	desk.button("Status").wait_for()
	sandbox.fault("status", "html", status=502, times=None)
	desk.button("Status").click()
	message = desk.page.locator(".modal.show .msgprint")
	message.wait_for()
	assert desk.dialog.count() == 1
	assert "<" not in message.inner_text()
	desk.close_dialog()
	sandbox.clear_faults()
	desk.button("Status").click()
	desk.page.locator("#alert-container .alert").first.wait_for()


def test_deleting_asks_and_removes_both(desk, site, sandbox, new_session):
	session = new_session()
	desk.open_form(session)
	desk.page.evaluate("void cur_frm.savetrash()")
	assert desk.say("Record: it is deleted here and cannot be brought back.") in desk.dialog.inner_text()
	desk.answer("Yes")
	desk.page.wait_for_function("frappe.get_route()[0] === 'List'")
	assert sandbox.sessions() == []
	assert not site.has("WhatsApp Session", session)
