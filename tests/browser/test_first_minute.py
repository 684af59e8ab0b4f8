"""The settings of a site on which address or key are missing."""

from __future__ import annotations

SETTINGS = "WhatsApp Settings/WhatsApp Settings"
PILL = ".page-head:visible .indicator-pill:visible"


def test_without_a_key_the_settings_greet_with_three_steps_and_do_not_look_enabled(desk, sandbox, site):
	desk.open_settings()
	desk.page.locator(PILL).filter(has_text=desk.say("Enabled")).first.wait_for()
	site.resource("PUT", SETTINGS, enabled=1, api_key="")
	try:
		desk.load()
		desk.open_settings()
		greeting = desk.page.locator(".form-message:visible")
		greeting.locator("li").first.wait_for()
		assert greeting.locator("li").all_inner_texts() == [
			"✓ " + desk.say("Enter the server address."),
			desk.say("Enter the API key and save."),
			desk.say("Press Test Connection."),
		]
		assert desk.page.locator(PILL).all_inner_texts() == [desk.say("Not set up")]
		desk.picture("greeting-light")
	finally:
		site.point_settings_to(sandbox)
	desk.load()
	desk.open_settings()
	desk.page.locator(PILL).filter(has_text=desk.say("Enabled")).first.wait_for()
	assert not desk.page.locator(".form-message:visible li").count()
