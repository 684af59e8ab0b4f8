"""The story on the form: what happened, newest first, who did it, and how much of the time it was connected."""

from __future__ import annotations

import state_table


def test_the_form_tells_what_became_of_the_session(desk, sandbox, new_session, site):
	session = new_session()
	state_table.connected(site, sandbox, session)
	site.call("session.restart_session", session_id=session)
	sandbox.drop(session, 440)
	site.call("session.get_session_status", session_id=session)
	desk.open_form(session)
	story = desk.page.locator(".whatsapp-story:visible")
	told = story.locator("li").all_inner_texts()
	assert desk.say("Linked with {0}.", f"+{state_table.PHONE}") in " ".join(told)
	(restarted,) = (line for line in told if desk.say("Restarted.") in line)
	assert "Administrator" in restarted
	assert desk.page.locator(".whatsapp-uptime:visible dd").count() >= 3
	story.scroll_into_view_if_needed()
	desk.picture("story-light")


def test_older_events_come_by_keyboard_and_take_the_focus(desk, sandbox, new_session, site):
	session = new_session()
	for number in range(22):
		site.resource("PUT", f"WhatsApp Session/{session}", session_name=f"Ventas {number}")
	desk.open_form(session)
	lines = desk.page.locator(".whatsapp-story:visible li")
	assert lines.count() == 20
	more = desk.page.get_by_role("button", name=desk.say("Show Older"))
	more.focus()
	desk.page.keyboard.press("Enter")
	lines.nth(20).wait_for()
	assert desk.page.evaluate("document.activeElement.matches('.whatsapp-story li:nth-child(21)')")
