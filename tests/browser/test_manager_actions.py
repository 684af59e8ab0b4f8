"""What a manager starts from the menu of a session and from the settings."""

from __future__ import annotations


def test_a_pairing_link_is_made_shown_and_revoked(desk, sandbox, new_session, site):
	session = new_session()
	desk.open_form(session)
	desk.open_menu_item("Pairing Link")
	address = desk.dialog.get_by_label(desk.say("Pairing Link"), exact=True)
	address.wait_for()
	url = address.input_value()
	assert url.startswith(site.url.split("://")[0]) and "#" in url
	desk.picture("pairing-link-light")
	desk.dialog.get_by_role("button", name=desk.say("Revoke Link")).click()
	desk.page.get_by_text(desk.say("The link does not work any more.")).wait_for()


def test_the_webhook_is_registered_and_tested_from_the_settings(desk, sandbox, new_session):
	new_session()
	desk.open_settings()
	desk.press_in_group("Webhook", "Register Webhook")
	desk.page.get_by_text(
		desk.say("The webhook of every linked session is being registered anew.")
	).wait_for()
	desk.press_in_group("Webhook", "Test Webhook")
	desk.dialog.locator("tbody tr").first.wait_for()
	assert desk.dialog.locator(".modal-title").inner_text() == desk.say("Webhook Test")
	desk.picture("webhook-test-light")
