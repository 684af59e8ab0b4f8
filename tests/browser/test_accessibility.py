"""axe-core finds nothing serious on what people use: form, dialogs, pairing page; light and dark."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

SERIOUS = ("serious", "critical")


def findings(page: Any, part: str) -> list[str]:
	"""Within `part` only: what the desk around it does is Frappe's."""
	answer = Axe().run(page, context={"include": [[part]]}, options={"resultTypes": ["violations"]})
	return [
		f"{found['impact']} {found['id']}: {node['html'][:160]}"
		for found in answer.response["violations"]
		if found["impact"] in SERIOUS
		for node in found["nodes"]
	]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_code_and_its_dialog_are_for_everybody(open_desk, sandbox, new_session, theme):
	desk = open_desk(theme=theme)
	desk.open_form(new_session())
	desk.button("View QR").click()
	desk.wait_for_phase("code")
	desk.page.wait_for_timeout(400)  # the dialog fades in, and half-transparent text has no contrast
	assert not findings(desk.page, ".modal.show")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_buttons_and_banner_of_the_form_are_for_everybody(open_desk, sandbox, new_session, theme):
	desk = open_desk(theme=theme)
	desk.open_form(new_session())
	assert not findings(desk.page, ".form-message")


def test_the_diagnosis_is_for_everybody(desk, sandbox):
	desk.open_settings()
	desk.button("Diagnosis").click()
	desk.dialog.locator("tbody tr").first.wait_for()
	desk.page.wait_for_timeout(400)
	assert not findings(desk.page, ".modal.show")


def test_the_pairing_page_is_for_everybody(browser, site, sandbox, new_session):
	url = site.call("pairing.create_link", session_id=new_session(), minutes=5, language="es")["url"]
	context = browser.new_context()
	page = context.new_page()
	page.goto(site.url + "/" + url.split("/", 3)[3])
	page.wait_for_selector(".whatsapp-qr[data-phase=code]")
	assert not findings(page, "body")
	context.close()
