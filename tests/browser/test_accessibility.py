"""axe-core finds nothing serious on what people see: form in every state, lists, settings, dialogs, pairing page; light and dark."""

from __future__ import annotations

from typing import Any

import pytest
import state_table
from axe_page import findings
from desk_page import THEMES
from state_table import STATES

ROWS = [*(name for name in STATES if "unchecked" not in name), "unchecked, last Connected"]

# beside the form's own buttons, which are drawn anew whenever the record changes
NAMELESS_BUTTON = (
	"part => document.querySelector(`${part} .page-head`).append(document.createElement('button'))"
)


def assert_clean(desk: Any, part: str) -> None:
	for theme in THEMES:
		desk.use_theme(theme)
		desk.wait_for_stillness()
		assert not findings(desk.page, part), theme


def test_a_button_without_a_name_is_found(desk, sandbox, new_session):
	desk.open_form(new_session())
	part = desk.mark_page()
	desk.page.evaluate(NAMELESS_BUTTON, part)
	assert any("button-name" in found for found in findings(desk.page, part))


def test_a_new_form_is_for_everybody(desk, sandbox):
	desk.open_new()
	assert_clean(desk, desk.mark_page())


@pytest.mark.parametrize("name", ROWS)
def test_the_form_is_for_everybody_in_every_state(desk, site, start_sandbox, session_id, name):
	row = STATES[name]
	row.arrange(site, start_sandbox(**row.sandbox), session_id)
	desk.open_form(session_id)
	desk.wait_for_buttons(*row.buttons)
	assert_clean(desk, desk.mark_page())


def test_the_settings_are_for_everybody(desk, sandbox):
	desk.open_settings()
	assert_clean(desk, desk.mark_page())


def test_the_list_with_every_indicator_is_for_everybody(desk, site, start_sandbox, session_id):
	for number, row in enumerate(state_table.LINKED.values()):
		row.arrange(site, start_sandbox(**row.sandbox), f"{session_id}_{number}")
	desk.open_list()
	for status in state_table.LINKED:
		desk.page.locator(".list-row-container .indicator-pill").filter(
			has_text=desk.say(status)
		).first.wait_for()
	assert_clean(desk, desk.mark_page())


def test_the_code_and_its_dialog_are_for_everybody(desk, sandbox, new_session):
	desk.open_form(new_session())
	desk.button("View QR").click()
	desk.wait_for_phase("code")
	assert_clean(desk, ".modal.show")


@pytest.mark.parametrize("phase", ["expired", "trouble", "connected"])
def test_the_dialog_is_for_everybody_when_the_code_is_gone(desk, start_sandbox, site, session_id, phase):
	sandbox = start_sandbox(**({"qr_lifetime": 10, "qr_attempts": 1} if phase == "expired" else {}))
	state_table.with_code(site, sandbox, session_id)
	desk.open_form(session_id)
	if phase == "trouble":
		sandbox.fault("qr", "html", status=502, times=None)
	desk.button("View QR").click()
	if phase == "connected":
		desk.page.evaluate("() => { frappe.ui.Dialog.prototype.hide = () => {} }")  # it would close by itself
		desk.wait_for_phase("code")
		sandbox.scan(session_id, state_table.PHONE)
	desk.wait_for_phase(phase)
	assert_clean(desk, ".modal.show")


@pytest.mark.parametrize("action", ["disconnect", "delete"])
def test_the_questions_are_for_everybody(desk, sandbox, new_session, action):
	desk.open_form(new_session())
	if action == "disconnect":
		desk.button("Disconnect").click()
	else:
		desk.page.evaluate("void cur_frm.savetrash()")
	desk.dialog.locator("li").first.wait_for()
	assert desk.page.locator(".modal.show[role=dialog][aria-modal=true]").count() == 1
	assert_clean(desk, ".modal.show")


def test_the_diagnosis_of_the_site_is_for_everybody(desk, site, sandbox, session_id):
	sandbox.add(f"{session_id}_there")
	desk.open_settings()
	desk.button("Diagnosis").click()
	desk.dialog.locator("tr").filter(has_text=f"{session_id}_there").wait_for()
	assert_clean(desk, ".modal.show")


def test_a_diagnosis_that_failed_is_for_everybody(desk, sandbox, new_session):
	desk.open_form(new_session())
	sandbox.fault("*", "html", status=502, times=None)
	desk.open_menu_item("Diagnosis")
	desk.dialog.locator(".whatsapp-failed").first.wait_for()
	assert_clean(desk, ".modal.show")


def test_the_dialog_with_a_pairing_link_is_for_everybody(desk, sandbox, new_session):
	desk.open_form(new_session())
	desk.open_menu_item("Pairing Link")
	desk.dialog.locator("input").wait_for()
	assert_clean(desk, ".modal.show")


def test_the_import_is_for_everybody(desk, site, sandbox, session_id):
	sandbox.add(session_id, session_name="Ventas Sur", phone_number="34600000041")
	site.resource("POST", "WhatsApp Session", session_id=f"{session_id}_x", session_name="x")
	desk.open_list()
	desk.open_menu_item("Import from Server")
	desk.dialog.locator("tr").filter(has_text=session_id).wait_for()
	assert_clean(desk, ".modal.show")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("phase", ["closed", "code", "expired", "trouble", "connected", "wrong", "revoked"])
def test_the_pairing_page_is_for_everybody(browser, site, sandbox, new_session, session_id, phase, theme):
	url = site.call("pairing.create_link", session_id=new_session(), minutes=5, language="es")["url"]
	context = browser.new_context(color_scheme=theme)
	page = context.new_page()
	page.set_default_timeout(40_000)
	page.goto(site.url + "/" + url.split("/", 3)[3])
	page.wait_for_selector(".whatsapp-link-open")
	if phase != "closed":
		page.locator(".whatsapp-link-open").click()
		page.wait_for_selector(".whatsapp-qr[data-phase=code]")
		happen(phase, site, sandbox, session_id)
		page.wait_for_selector(
			".whatsapp-link-end" if phase == "revoked" else f".whatsapp-qr[data-phase={phase}]"
		)
	assert not findings(page, "body")
	context.close()


def happen(phase: str, site: Any, sandbox: Any, session_id: str) -> None:
	if phase == "expired":
		sandbox.drop(session_id, code=408)
	if phase == "trouble":
		sandbox.fault("status", "http", times=None, status=500, code="INTERNAL_ERROR", error="Error interno")
	if phase == "wrong":
		path = f"WhatsApp Session/{session_id}"
		site.resource("PUT", path, expected_number=f"+{state_table.EXPECTED}")
	if phase in ("connected", "wrong"):
		sandbox.scan(session_id, state_table.PHONE)
	if phase == "revoked":
		site.call("pairing.revoke_links", session_id=session_id)
