"""The story on the form: what happened, newest first, who did it, and how much of the time it was connected."""

from __future__ import annotations

from typing import Any

import state_table
from desk_page import exactly

LOST = "Connection lost after {0}."
SECOND_SERVER = "The same pairing was opened by a second server."


def test_the_form_tells_what_became_of_the_session(desk, sandbox, new_session, site):
	session = new_session()
	state_table.connected(site, sandbox, session)
	site.call("session.restart_session", session_id=session)
	sandbox.drop(session, 440)
	state_table.until(site, session, "Disconnected")
	desk.open_form(session)
	dropped, *others = told(desk)
	assert dropped.startswith(desk.say(LOST, "X").partition("X")[0])
	assert dropped.endswith(desk.say(SECOND_SERVER))
	linked = desk.say("Linked with {0}.", f"+{state_table.PHONE}")
	assert others == [desk.say("Restarted."), linked, desk.say("Created.")]
	assert who(desk, "Restarted.") == ["Administrator"]
	assert drops(desk) == "1"
	desk.page.locator(".whatsapp-story:visible").scroll_into_view_if_needed()
	desk.picture("story-light")
	assert desk.errors == []


def told(desk: Any) -> list[str]:
	sentences = desk.page.locator(".whatsapp-story:visible li > span:nth-child(2)")
	sentences.first.wait_for()
	return sentences.all_inner_texts()


def who(desk: Any, words: str) -> list[str]:
	line = desk.page.locator(".whatsapp-story:visible li").filter(has_text=desk.say(words))
	return line.locator(".whatsapp-story-who").all_inner_texts()


def drops(desk: Any) -> str:
	term = desk.page.locator("dt").filter(has_text=exactly(desk.say("Drops")))
	return desk.page.locator(".whatsapp-uptime:visible div").filter(has=term).locator("dd").inner_text()


def test_older_events_come_by_keyboard_and_take_the_focus(desk, site, sandbox, session_id):
	state_table.not_on_the_server(site, sandbox, session_id)  # news from there would draw the story anew
	for number in range(22):
		site.resource("PUT", f"WhatsApp Session/{session_id}", session_name=f"Ventas {number}")
	desk.open_form(session_id)
	lines = desk.page.locator(".whatsapp-story:visible li")
	assert lines.count() == 20
	more = desk.page.get_by_role("button", name=desk.say("Show Older"))
	more.focus()
	desk.page.keyboard.press("Enter")
	lines.nth(20).wait_for()
	assert desk.page.evaluate("document.activeElement.matches('.whatsapp-story li:nth-child(21)')")
	assert desk.errors == []
