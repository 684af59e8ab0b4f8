"""The banner of a copied site, in the list and in the settings. No site can be told over HTTP that it is a copy, so the
answer to the banner's question is put in at the browser's edge; whatever is pressed reaches the site."""

from __future__ import annotations

import json
from typing import Any

import pytest

SENTENCE = "This looks like a copy of <b>crm.example</b>."


@pytest.fixture
def copied(desk: Any) -> Any:
	notice = {"success": True, "sentence": SENTENCE, "is_quiet": False, "may_decide": True}
	body = json.dumps({"message": notice})
	desk.page.route(
		"**/*.copy_notice*", lambda route: route.fulfill(body=body, content_type="application/json")
	)
	return desk


def test_it_stands_above_list_and_settings_as_plain_text(copied, sandbox, new_session):
	new_session()
	copied.open_list()
	for opened in (lambda: None, copied.open_settings):
		opened()
		banner = copied.page.locator(".whatsapp-copy:visible")
		banner.wait_for()
		assert banner.locator("p").inner_text() == SENTENCE
		assert banner.get_by_role("button").all_inner_texts() == [
			copied.say("This is the real site now"),
			copied.say("Keep this copy quiet"),
		]
	copied.picture("copy-banner")


def test_the_buttons_ask_the_site_which_obeys_administrators_only(copied, sandbox, new_session):
	new_session()
	copied.open_settings()
	copied.page.locator(".whatsapp-copy:visible").get_by_role("button").first.click()
	copied.page.get_by_text(copied.say("Only a System Manager may do this.")).first.wait_for()


def test_the_real_site_has_none(desk, sandbox, new_session):
	new_session()
	with desk.page.expect_response("**/*.copy_notice*") as asked:
		desk.open_list()
	assert asked.value.json()["message"]["sentence"] == ""
	assert desk.page.locator(".whatsapp-copy").count() == 0
