"""Which pages of the desk load scripts of the app, and what people read where these are missing."""

from __future__ import annotations

from typing import Any

import pytest

OURS = "/assets/xappiens_whatsapp/"
SCRIPT = "**/xappiens_whatsapp.bundle*.js*"


@pytest.fixture
def requested(desk: Any) -> list[str]:
	"""The files of the app that the desk asks for from now on."""
	urls: list[str] = []
	desk.page.on("request", lambda request: urls.append(request.url) if OURS in request.url else None)
	return urls


def open_page(desk: Any, slug: str) -> None:
	desk.page.goto(desk.list_url.replace("whatsapp-session", slug))
	desk.page.wait_for_selector(".page-container .page-head:visible")
	desk.page.wait_for_load_state("networkidle")


def test_a_page_without_whatsapp_loads_nothing_of_the_app(desk, requested):
	open_page(desk, "todo")
	assert requested == []
	assert not desk.page.evaluate("'xappiens_whatsapp' in window")


def test_the_scripts_come_once_with_the_first_page_that_needs_them(desk, requested, sandbox, new_session):
	session = new_session()
	open_page(desk, "todo")
	desk.open_form(session)
	desk.button("View QR").wait_for()
	first = [url for url in requested if "xappiens_whatsapp.bundle" in url]
	assert len(first) == 2
	requested.clear()
	desk.leave_the_form()
	desk.open_form(session)
	desk.button("View QR").wait_for()
	assert [url for url in requested if ".bundle." in url] == []
	assert desk.errors == []


def test_missing_scripts_are_said_and_a_reload_brings_them_back(desk, sandbox, new_session):
	session = new_session()
	desk.page.route(SCRIPT, lambda route: route.fulfill(status=404, body=""))
	open_page(desk, f"whatsapp-session/{session}")
	desk.dialog.get_by_text(
		desk.say(
			"The scripts of WhatsApp did not load. Reload the page; if that does not help, an administrator has to run bench build."
		)
	).wait_for()
	desk.page.unroute(SCRIPT)
	open_page(desk, f"whatsapp-session/{session}")
	desk.button("View QR").wait_for()
