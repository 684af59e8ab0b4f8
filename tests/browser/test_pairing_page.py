"""The page of a pairing link, as the person who holds the phone goes through it, without an account."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest


@pytest.fixture
def link(site: Any, start_sandbox: Callable[..., Any], new_session: Callable[[], str]) -> Callable[..., str]:
	"""Makes a link to the session; `link.sandbox` is the server behind it."""
	sandbox = start_sandbox(qr_rotation=30.0)
	new_session_name: list[str] = []

	def make(**arguments: Any) -> str:
		new_session_name[:] = new_session_name or [new_session()]
		return site.call("pairing.create_link", session_id=new_session_name[0], **arguments)["url"]

	make.sandbox = sandbox  # type: ignore[attr-defined]
	return make


def test_a_person_without_an_account_links_the_phone_from_a_dark_screen(visit, link):
	visitor = visit(color_scheme="dark")
	visitor.open(link(language="en"))
	visitor.wait_for("code")
	link.sandbox.scan(visitor.read_code(), "34600000021")
	visitor.wait_for("connected")
	assert visitor.last_words() == "You can close this page now."
	assert visitor.page.evaluate("xappiens_whatsapp.live") == {"timers": 0, "listeners": 0}
	assert visitor.errors == []


def test_the_token_leaves_the_browser_only_inside_a_request(visit, link):
	visitor, target = visit(), link()
	visitor.open(target)
	visitor.wait_for("code")
	token = urlsplit(target).fragment
	assert [url for url, _referer in visitor.requests if "pairing_status" in url]
	for url, referer in visitor.requests:
		assert token not in url.split("#")[0]
		assert referer == ""
	assert "whatsapp_link" not in visitor.page.evaluate("document.cookie")


def test_a_forwarded_link_shows_nothing_and_the_first_browser_goes_on(visit, link):
	first, second, target = visit(), visit(), link(language="en")
	first.open(target)
	first.wait_for("code")
	second.open(target)
	assert "opened in another browser" in second.last_words()
	assert second.page.locator("img").count() == 0
	first.page.reload()
	first.press_the_button()
	first.wait_for("code")


def test_a_revoked_link_ends_in_front_of_the_person(visit, link, site, session_id):
	visitor = visit()
	visitor.open(link(language="en"))
	visitor.wait_for("code")
	site.call("pairing.revoke_links", session_id=session_id)
	assert "no longer valid" in visitor.last_words()
	assert visitor.page.locator("img").count() == 0
	assert visitor.page.evaluate("xappiens_whatsapp.live") == {"timers": 0, "listeners": 0}


def test_codes_that_ran_out_come_back_with_the_button(visit, link, session_id):
	visitor = visit()
	visitor.open(link(language="en"))
	visitor.wait_for("code")
	link.sandbox.drop(session_id, code=408)
	visitor.wait_for("expired")
	visitor.page.get_by_role("button", name="New QR").click()
	visitor.wait_for("code")
	link.sandbox.scan(visitor.read_code(), "34600000022")
	visitor.wait_for("connected")


def test_a_server_that_fails_is_told_without_its_address_and_the_code_comes_back(visit, link):
	visitor = visit()
	visitor.open(link(language="en"))
	visitor.wait_for("code")
	link.sandbox.fault("status", "http", times=None, status=500, code="INTERNAL_ERROR", error="Error interno")
	visitor.wait_for("trouble")
	assert "Server unreachable." in visitor.words()
	assert link.sandbox.url not in visitor.words() and "interno" not in visitor.words()
	link.sandbox.clear_faults()
	visitor.wait_for("code")


@pytest.mark.parametrize(("language", "title"), [("es", "Vincule su WhatsApp"), ("en", "Link your WhatsApp")])
def test_it_speaks_the_language_of_the_link(visit, link, language, title):
	visitor = visit(locale="de-DE")
	visitor.open(link(language=language))
	visitor.wait_for("code")
	assert visitor.page.locator("h1").inner_text() == title
	assert ("Abra WhatsApp" if language == "es" else "Open WhatsApp") in visitor.words()


@pytest.mark.skipif(
	not os.environ.get("DESK_URL"), reason="the development site speaks its own language to guests"
)
@pytest.mark.parametrize(
	("locale", "title"), [("es-ES", "Vincule su WhatsApp"), ("en-GB", "Link your WhatsApp")]
)
def test_without_a_choice_it_speaks_the_language_of_the_browser(visit, link, locale, title):
	visitor = visit(locale=locale)
	visitor.open(link())
	visitor.wait_for("code")
	assert visitor.page.locator("h1").inner_text() == title


def test_half_a_link_says_so(visit, site):
	visitor = visit()
	visitor.load("/whatsapp-link?_lang=en")
	assert "not complete" in visitor.last_words()


def test_a_scanner_that_runs_scripts_leaves_the_link_to_the_person(visit, link):
	scanner, person, target = visit(), visit(), link(language="en")
	scanner.load(target)
	scanner.page.locator(".whatsapp-link-open").wait_for()
	scanner.page.evaluate("document.querySelectorAll('button, a').forEach((each) => each.click())")
	scanner.page.wait_for_timeout(500)
	assert not [url for url, _referer in scanner.requests if "/api/" in url]
	assert scanner.page.locator("img").count() == 0
	person.open(target)
	person.wait_for("code")
	assert person.read_code()
	assert scanner.errors == person.errors == []
