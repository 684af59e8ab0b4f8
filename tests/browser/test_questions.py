"""What is said before a session ends: of the phone only what is true of it."""

from __future__ import annotations

import pytest
import state_table

UNLINKED = "Phone: it is unlinked and has to scan a QR code again."
LISTED = "Phone: it may go on listing this device until it is removed there, under Linked devices."


def stopped(site, sandbox, session):
	state_table.connected(site, sandbox, session)
	sandbox.drop(session, 428)
	state_table.until(site, session, "Disconnected")


@pytest.mark.parametrize(
	"arrange, words", [(state_table.connected, UNLINKED), (stopped, LISTED), (state_table.with_code, "")]
)
def test_the_phone_is_told_only_by_a_session_that_is_connected(
	desk, site, sandbox, session_id, arrange, words
):
	arrange(site, sandbox, session_id)
	desk.open_form(session_id)
	desk.page.evaluate("void cur_frm.savetrash()")
	desk.dialog.locator("li").first.wait_for()
	lines = desk.dialog.locator("li").all_inner_texts()
	assert [line for line in lines if line.startswith(desk.say(UNLINKED).split(":")[0])] == [
		desk.say(words)
	] * bool(words)
	desk.picture(f"delete-question-{arrange.__name__}-light")
	assert desk.errors == []
