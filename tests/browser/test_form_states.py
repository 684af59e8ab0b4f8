"""The table of states: which button leads, which others there are, what the banner says; and for whom."""

from __future__ import annotations

import pytest
import state_table
from desk_page import eventually
from state_table import HINTS, STATES

PICTURES = {
	"not on the server": "state-not-on-server-light",
	"Disconnected": "state-disconnected-light",
	"Connecting": "state-connecting-light",
	"QR Code Required": "state-qr-required-light",
	"Error": "state-error-light",
	"paired, Connecting": "state-reconnecting-light",
	"another phone": "state-wrong-phone-light",
	"unchecked, last QR Code Required": "state-unchecked-light",
}
FORBIDDEN = {
	"Viewer": ["get_qr_code", "connect_session", "restart_session", "disconnect_session", "delete_session"],
	"Agent": ["disconnect_session", "delete_session"],
}
REFUSAL = """([method, session_id]) => xappiens_whatsapp
	.request(`xappiens_whatsapp.api.session.${method}`, { session_id })
	.then(() => "done", (error) => error.exc_type)"""


def test_new(desk, sandbox):
	desk.open_new()
	desk.button("Create Session").wait_for()
	desk.wait_for_banner("Create the session, then scan the QR code that appears with WhatsApp on the phone.")
	assert desk.page.locator(".page-head:visible .primary-action:visible").count() == 1
	assert desk.buttons() == []


@pytest.mark.parametrize("name", STATES)
def test_every_state_has_its_buttons_and_its_banner(desk, site, start_sandbox, session_id, name):
	row = STATES[name]
	row.arrange(site, start_sandbox(**row.sandbox), session_id)
	desk.open_form(session_id)
	desk.wait_for_buttons(*row.buttons)
	desk.wait_for_banner(*row.banner)
	if name in PICTURES:
		desk.picture(PICTURES[name])
	assert desk.errors == []


@pytest.mark.parametrize("name", [name for name in STATES if "last Conn" not in name])
def test_only_buttons_that_the_person_may_use_are_shown(open_desk, site, start_sandbox, session_id, name):
	row = STATES[name]
	row.arrange(site, start_sandbox(**row.sandbox), session_id)
	site.assign(session_id, agent="Viewer")
	desk = open_desk("agent")
	desk.open_form(session_id)
	desk.wait_for_buttons(*row.buttons_for("Viewer"))
	banner = desk.page.locator(".form-message:visible").inner_text()
	assert not [hint for hint in HINTS if desk.say(hint) in banner]
	for role in ("Agent", "Manager"):
		site.assign(session_id, agent=role)
		desk.page.evaluate("cur_frm.reload_doc()")
		desk.wait_for_buttons(*row.buttons_for(role))
	desk.wait_for_banner(*row.banner)
	assert desk.errors == []


@pytest.mark.parametrize("role", FORBIDDEN)
def test_what_has_no_button_is_refused_by_the_server_as_well(open_desk, site, sandbox, session_id, role):
	state_table.with_code(site, sandbox, session_id)
	site.assign(session_id, agent=role)
	desk = open_desk("agent")
	desk.open_form(session_id)
	sandbox.clear_requests()
	for method in FORBIDDEN[role]:
		assert desk.page.evaluate(REFUSAL, [method, session_id]) == "PermissionError", method
	assert [request.method for request in sandbox.requests if request.method != "GET"] == []
	assert desk.page.evaluate(REFUSAL, ["get_session_status", session_id]) == "done"


def test_the_menu_offers_what_the_person_may_do(open_desk, site, sandbox, session_id):
	state_table.with_code(site, sandbox, session_id)
	site.assign(session_id, agent="Agent")
	manager, agent = open_desk("manager"), open_desk("agent")
	for desk in (manager, agent):
		desk.open_form(session_id)
		desk.button("View QR").wait_for()
		desk.page.locator(".menu-btn-group:visible > button").first.click()
	wanted = {manager.say(label) for label in ("Diagnosis", "Pairing Link", "Delete")}
	eventually(lambda: wanted <= set(manager.menu()), manager.menu)
	assert manager.menu().count(manager.say("Delete")) == 1
	eventually(lambda: agent.say("Diagnosis") in agent.menu(), agent.menu)
	assert not {agent.say(label) for label in ("Pairing Link", "Delete")} & set(agent.menu())


def test_who_is_not_assigned_sees_nothing_and_gets_nothing(open_desk, site, sandbox, session_id):
	state_table.with_code(site, sandbox, session_id)
	site.assign(session_id, agent="Viewer")
	desk = open_desk("viewer")
	desk.page.wait_for_timeout(1500)
	assert session_id not in desk.page.locator("body").inner_text()
	assert desk.page.locator(".page-head:visible .primary-action:visible").count() == 0
	assert desk.page.evaluate(REFUSAL, ["get_session_status", session_id]) == "PermissionError"


def test_a_state_that_could_not_be_checked_is_checked_by_status(desk, site, sandbox, session_id):
	row = STATES["unchecked, last QR Code Required"]
	row.arrange(site, sandbox, session_id)
	desk.open_form(session_id)
	desk.wait_for_buttons(*row.buttons)
	desk.wait_for_banner("Server unreachable.", "Wait a moment, then press Status.")
	sandbox.clear_faults()
	desk.button("Status").click()
	desk.wait_for_buttons(*state_table.LINKED["QR Code Required"].buttons)


def test_a_change_on_the_server_reaches_the_open_form(desk, site, sandbox, new_session, session_id):
	session = new_session()
	desk.open_form(session)
	desk.button("View QR").wait_for()
	desk.page.wait_for_timeout(1500)
	sandbox.scan(session_id, "34600000022")
	desk.page.wait_for_timeout(500)
	state_table.ask(site, session)
	desk.wait_for_buttons("*Status", "Test Message", "Disconnect", "Restart")


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


def test_a_session_that_connects_in_vain_is_created_again_after_a_question(desk, site, sandbox, session_id):
	state_table.connected(site, sandbox, session_id)
	sandbox.drop(session_id, 428)
	state_table.until(site, session_id, "Disconnected")
	sandbox.fault("connect", "http", times=None, status=500, code="CONNECTION_ERROR", error="no")
	for _click in range(2):
		site.post("session.connect_session", session_id=session_id)
	desk.open_form(session_id)
	desk.wait_for_buttons("*Create Again", "Connect", "View QR", "Status", "Disconnect")
	desk.wait_for_banner(
		"Press Create Again: the session is deleted on the server, created anew, and scanned once more."
	)
	desk.picture("state-connects-in-vain-light")
	before = sandbox.sessions()[0]["id"]
	desk.button("Create Again").click()
	assert desk.say("Server: it deletes the session and creates it anew.") in desk.dialog.inner_text()
	desk.answer("No")
	assert sandbox.sessions()[0]["id"] == before
	sandbox.clear_faults()
	desk.button("Create Again").click()
	desk.answer("Yes")
	desk.wait_for_phase("code")
	assert [row["id"] == before for row in sandbox.sessions()] == [False]
	assert desk.errors == []
