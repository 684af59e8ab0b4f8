from __future__ import annotations

import json

import frappe
import pytest


def messages(response):
	return [json.loads(text) for text in json.loads(response.json["_server_messages"])]


def test_login_gives_a_session_and_a_wrong_password_401(browser):
	agent = browser()
	answer = agent.call("login", data={"usr": "agent@example.com", "pwd": "demo"})
	assert answer.json == {"message": "Logged In", "home_page": "/app", "full_name": "Agent"}
	assert agent.call("frappe.auth.get_logged_user", "GET").json == {"message": "agent@example.com"}
	agent.call("logout")
	assert agent.call("frappe.auth.get_logged_user", "GET").status_code == 403
	for user, password in (("agent@example.com", "wrong"), ("who@example.com", "demo"), ("", "")):
		refused = agent.call("login", data={"usr": user, "pwd": password})
		assert (refused.status_code, refused.json["exc_type"]) == (401, "AuthenticationError")


def test_guests_reach_only_what_is_meant_for_guests_and_their_input_is_sanitised(browser):
	guest = browser()
	assert guest.call("ping", "GET").json == {"message": "pong"}
	assert guest.call("demo_app.api.hello", json={"name": "<script>x"}).json == {
		"message": "Hello &lt;script&gt;x"
	}
	assert guest.call("demo_app.api.add_note", json={"text": "x"}).status_code == 403


def test_only_whitelisted_functions_and_their_verbs_are_reachable(browser):
	agent = browser("agent@example.com")
	refused = agent.call("demo_app.api.not_for_the_web")
	assert (refused.status_code, messages(refused)[0]["title"]) == (403, "Method Not Allowed")
	wrong_verb = agent.call("demo_app.api.double", "GET", query_string={"number": 1})
	assert (wrong_verb.status_code, messages(wrong_verb)[0]["message"]) == (403, "Not permitted")
	assert agent.call("demo_app.api.nothing").status_code == 417
	assert agent.call("os.system", data={"command": "true"}).status_code == 417


def test_arguments_are_filtered_and_checked_against_types_that_are_types(browser):
	agent = browser("agent@example.com")
	answer = agent.call("demo_app.api.double", data={"number": "4", "surplus": "x", "flags": "y"})
	assert answer.json["message"] == {"number": 8, "label": "x"}
	wrong = agent.call("demo_app.api.double", json={"number": "many"})
	assert (wrong.status_code, wrong.json["exc_type"]) == (417, "FrappeTypeError")
	assert agent.call("demo_app.api.double", json={"number": 1, "label": ["x"]}).status_code == 417


def test_a_get_is_rolled_back_unless_it_says_otherwise_and_a_failed_post_too(browser):
	manager = browser("Administrator", "admin")
	assert manager.call("demo_app.api.add_note", "GET", query_string={"text": "a"}).status_code == 200
	assert frappe.get_all("Demo Note") == []
	manager.call("demo_app.api.add_note_for_good", "GET", query_string={"text": "b"})
	manager.call("demo_app.api.add_note", json={"text": "c"})
	frappe.db.rollback()
	assert sorted(frappe.get_all("Demo Note", pluck="text")) == ["b", "c"]


def test_an_error_tells_its_kind_its_message_and_what_the_app_added(browser):
	answer = browser("agent@example.com").call("demo_app.api.fail")
	assert answer.status_code == 417
	assert (answer.json["exc_type"], answer.json["error_code"]) == ("ValidationError", "NO_LUCK")
	assert answer.json["exception"] == "frappe.exceptions.ValidationError: No luck with <strong>it</strong>"
	message = messages(answer)[0]
	assert (message["title"], message["indicator"], message["raise_exception"]) == ("Luck", "red", 1)
	assert "Traceback" in json.loads(answer.json["exc"])[0]


def test_a_crash_is_500_and_logged(browser):
	answer = browser("agent@example.com").call("demo_app.api.crash")
	assert (answer.status_code, answer.json["exc_type"]) == (500, "RuntimeError")
	frappe.db.rollback()
	assert frappe.get_all("Error Log", pluck="method") == ["broken"]


def test_a_session_that_was_given_a_csrf_token_has_to_show_it(browser):
	agent = browser("agent@example.com")
	assert agent.call("demo_app.api.double", json={"number": 1}).status_code == 200
	frappe.db.sql("update tabSessions set csrf_token = 'token'")
	frappe.db.commit()
	refused = agent.call("demo_app.api.double", json={"number": 1})
	assert (refused.status_code, refused.json["exc_type"]) == (400, "CSRFTokenError")
	assert "exc" not in refused.json
	shown = agent.call("demo_app.api.double", json={"number": 1}, headers={"X-Frappe-CSRF-Token": "token"})
	assert shown.status_code == 200
	assert agent.call("frappe.auth.get_logged_user", "GET").status_code == 200


def test_a_token_authenticates_without_a_cookie(browser):
	user = frappe.get_doc("User", "viewer@example.com")
	user.update({"api_key": "k1", "api_secret": "s1"}).save()
	frappe.db.commit()
	right, wrong = ({"Authorization": f"token k1:{secret}"} for secret in ("s1", "s2"))
	assert browser().call("frappe.auth.get_logged_user", "GET", headers=right).json["message"] == user.name
	assert browser().call("frappe.auth.get_logged_user", "GET", headers=wrong).status_code == 401


def test_resources_are_listed_read_inserted_updated_and_deleted(browser):
	manager = browser("Administrator", "admin")
	made = manager.open(
		"/api/resource/Demo Item", method="POST", json={"code": "r1", "title": "one", "secret": "s3"}
	)
	assert (made.status_code, made.json["data"]["name"], made.json["data"]["secret"]) == (200, "r1", "**")
	changed = manager.open("/api/resource/Demo Item/r1", method="PUT", json={"title": "two"})
	assert changed.json["data"]["title"] == "two"
	manager.open("/api/resource/Demo Item", method="POST", json={"code": "r2", "title": "x", "amount": 1})
	query = {"fields": '["name", "amount"]', "filters": '[["amount", "=", 1]]', "limit": 1}
	assert manager.open("/api/resource/Demo Item", query_string=query).json == {
		"data": [{"name": "r2", "amount": 1}]
	}
	again = manager.open("/api/resource/Demo Item", method="POST", json={"code": "r1", "title": "x"})
	assert (again.status_code, again.json["exc_type"]) == (409, "DuplicateEntryError")
	gone = manager.open("/api/resource/Demo Item/r1", method="DELETE")
	assert (gone.status_code, gone.json) == (202, {"data": "ok"})
	assert manager.open("/api/resource/Demo Item/r1").status_code == 404


def test_a_single_is_a_resource_under_its_own_name_and_hides_its_secret(browser):
	manager = browser("Administrator", "admin")
	path = "/api/resource/Demo Settings/Demo Settings"
	manager.open(path, method="PUT", json={"api_key": "s3cret", "limit": 3})
	data = manager.open(path).json["data"]
	assert (data["api_key"], data["limit"]) == ("******", 3)


def test_permissions_hold_on_resources_and_a_stranger_cannot_tell_what_exists(browser, item):
	item("a1")
	item("a2", title="hidden")
	frappe.db.commit()
	agent, viewer = browser("agent@example.com"), browser("viewer@example.com")
	assert agent.open("/api/resource/Demo Item").json == {"data": [{"name": "a1"}]}
	assert [agent.open(f"/api/resource/Demo Item/{name}").status_code for name in ("a1", "a2", "a9")] == [
		200,
		403,
		404,
	]
	assert [viewer.open(f"/api/resource/Demo Item/{name}").status_code for name in ("a1", "a9")] == [403, 403]
	assert agent.open("/api/resource/Demo Item/a1", method="DELETE").status_code == 403
	counted = agent.call("frappe.client.get_count", "GET", query_string={"doctype": "Demo Item"})
	assert counted.json == {"message": 1}


@pytest.mark.parametrize("field", ["(select 1)", "secret, code", "sleep(1)", "nothing"])
def test_a_field_that_is_none_is_refused(browser, field):
	query = {"fields": json.dumps([field])}
	answer = browser("Administrator", "admin").open("/api/resource/Demo Item", query_string=query)
	assert (answer.status_code, answer.json["exc_type"]) == (417, "DataError")


def test_the_form_is_loaded_with_onload_and_saved_with_a_message(browser):
	manager = browser("Administrator", "admin")
	doc = {"doctype": "Demo Item", "__islocal": 1, "name": "new-demo-item-1", "code": "f1", "title": "x"}
	saved = manager.call("frappe.desk.form.save.savedocs", data={"doc": json.dumps(doc), "action": "Save"})
	assert saved.json["docs"][0]["name"] == "f1" and messages(saved)[0]["alert"] == 1
	loaded = manager.call(
		"frappe.desk.form.load.getdoc", "GET", query_string={"doctype": "Demo Item", "name": "f1"}
	)
	stale = {**loaded.json["docs"][0], "modified": "2020-01-01 00:00:00"}
	refused = manager.call(
		"frappe.desk.form.save.savedocs", data={"doc": json.dumps(stale), "action": "Save"}
	)
	assert (refused.status_code, refused.json["exc_type"]) == (417, "TimestampMismatchError")


def test_messages_come_in_the_users_language(browser):
	frappe.db.set_value("User", "agent@example.com", "language", "es")
	frappe.db.commit()
	assert browser("agent@example.com").call("demo_app.api.hello").json == {"message": "Hola you"}
	frappe.db.set_value("User", "agent@example.com", "language", "en")
	frappe.db.commit()
	assert browser("agent@example.com").call("demo_app.api.hello").json == {"message": "Hello you"}
	assert frappe._("Open", "es", context="State") == "Abierto" and frappe._("Open", "es") == "Open"


def test_an_apps_page_is_rendered_for_guests_and_escapes(browser):
	page = browser().open("/pair")
	assert page.status_code == 200 and "<h1>Pair</h1>&lt;script&gt;" in page.text
	assert browser().open("/nowhere").status_code == 404
