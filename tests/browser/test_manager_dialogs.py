"""List, import, connection test and diagnosis."""

from __future__ import annotations


def test_bulk_status_asks_the_server_once_for_all(desk, site, sandbox, session_id):
	names = [f"{session_id}_{index}" for index in range(3)]
	for name in names:
		site.call("session.create_session", session_id=name, session_name=name)
	desk.open_list()
	for name in names:
		desk.page.locator(f".list-row-checkbox[data-name='{name}']").check()
	sandbox.clear_requests()
	desk.page.locator(".actions-btn-group:visible > button").click()
	desk.page.locator(".actions-btn-group .dropdown-item:visible").filter(
		has_text=desk.say("Status")
	).first.click()
	desk.page.get_by_text(desk.say("States brought up to date: {0}.", 3)).wait_for()
	paths = {request.path.split("?")[0] for request in sandbox.requests}
	assert paths == {"/api/sessions"}, "a pass of a bench's scheduler may read the list as well"
	desk.picture("list-light")


def test_import_shows_what_only_the_server_has_and_adopts_on_a_click(desk, site, sandbox, session_id):
	sandbox.add(session_id, session_name="<b>Foreign</b>", phone_number="34600000041")
	site.resource("POST", "WhatsApp Session", session_id=f"{session_id}_x", session_name="x")
	desk.open_list()
	desk.open_menu_item("Import from Server")
	row = desk.dialog.locator("tr").filter(has_text=session_id)
	assert "<b>Foreign</b>" in row.inner_text()
	desk.picture("import-light")
	assert not site.has("WhatsApp Session", session_id)
	row.get_by_role("button", name=desk.say("Adopt")).click()
	row.get_by_text(desk.say("Adopted")).wait_for()
	assert site.resource("GET", f"WhatsApp Session/{session_id}")["phone_number"] == "34600000041"


def test_the_connection_test_shows_a_row_for_each_check(desk, sandbox):
	desk.open_settings()
	desk.button("Test Connection").click()
	desk.dialog.get_by_text(desk.say("All checks passed.")).wait_for()
	assert desk.dialog.locator("tbody tr").count() >= 4
	desk.picture("connection-test-light")


def test_the_connection_test_stops_at_the_first_cause_and_explains_it(desk, sandbox):
	sandbox.fault("list", "http", times=None, status=401, code="INVALID_API_KEY", error="no")
	desk.open_settings()
	desk.button("Test Connection").click()
	desk.dialog.get_by_text(desk.say("The server refused the API key.")).first.wait_for()
	assert desk.dialog.locator("p.whatsapp-failed").inner_text()
	desk.picture("connection-test-failed-light")


def test_the_diagnosis_lists_disagreements_and_acts_only_on_a_click(desk, site, sandbox, session_id):
	sandbox.add(f"{session_id}_there")
	site.resource("POST", "WhatsApp Session", session_id=f"{session_id}_here", session_name="here")
	desk.open_settings()
	desk.button("Diagnosis").click()
	adopt = desk.dialog.locator("tr").filter(has_text=f"{session_id}_there")
	relink = desk.dialog.locator("tr").filter(has_text=f"{session_id}_here")
	adopt.wait_for()
	desk.picture("diagnosis-light")
	assert [row["sessionId"] for row in sandbox.sessions()] == [f"{session_id}_there"]
	relink.get_by_role("button", name=desk.say("Link Again")).click()
	relink.wait_for(state="detached")
	assert {row["sessionId"] for row in sandbox.sessions()} == {f"{session_id}_there", f"{session_id}_here"}


def test_a_foreign_session_is_deleted_only_after_a_question(desk, sandbox, session_id):
	sandbox.add(session_id)
	desk.open_settings()
	desk.button("Diagnosis").click()
	row = desk.dialog.locator("tr").filter(has_text=session_id)
	row.get_by_role("button", name=desk.say("Delete")).click()
	desk.answer("No")
	assert len(sandbox.sessions()) == 1
	row.get_by_role("button", name=desk.say("Delete")).click()
	desk.answer("Yes")
	row.wait_for(state="detached")
	assert sandbox.sessions() == []


def test_one_session_is_diagnosed_from_its_form(desk, sandbox, new_session):
	desk.open_form(new_session())
	desk.open_menu_item("Diagnosis")
	desk.dialog.locator("tbody tr").first.wait_for()
	desk.picture("diagnosis-session-light")
