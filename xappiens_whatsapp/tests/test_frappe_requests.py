"""What the app takes for granted of Frappe's answers to requests: the same on v15, v16 and the development site."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import frappe
from werkzeug.test import Client

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.tests import exposed
from xappiens_whatsapp.tests.base import AGENT, MANAGER, NOBODY, PASSWORD, Response, WhatsAppTestCase

SETTINGS_PATH = "/api/resource/WhatsApp Settings/WhatsApp Settings"
HERE = f"/api/method/{exposed.__name__}."


class RequestTestCase(WhatsAppTestCase):
	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		stack = ExitStack()
		stack.enter_context(exposed.whitelisted())
		cls.addClassCleanup(stack.close)

	def setUp(self) -> None:
		super().setUp()
		self.client = self.new_client()

	def new_client(self) -> Client:
		from frappe.app import application

		return Client(application)

	def login(self, user: str, password: str = PASSWORD) -> Response:
		return self.open("/api/method/login", method="POST", data={"usr": user, "pwd": password})

	def open(self, path: str, headers: dict[str, str] | None = None, **options: Any) -> Response:
		"""In a thread of its own, as the server would; the client keeps its cookies."""
		frappe.db.commit()
		headers = {"X-Frappe-Site-Name": frappe.local.site, "Accept": "application/json", **(headers or {})}
		with ThreadPoolExecutor(1) as executor:
			response = executor.submit(self.client.open, path, headers=headers, **options).result()
		frappe.db.rollback()
		return Response(
			response.status_code, response.get_json(silent=True) or {}, response.get_data(as_text=True)
		)

	def post(self, function: str, headers: dict[str, str] | None = None, **arguments: Any) -> Response:
		return self.open(HERE + function, headers, method="POST", json=arguments)

	def get(self, function: str, **arguments: Any) -> Response:
		return self.open(HERE + function, query_string=arguments)

	def assertStatus(self, response: Response, status: int, exc_type: str = "") -> None:
		self.assertEqual(
			(response.status, response.body.get("exc_type", "")), (status, exc_type), response.text
		)


class TestSessions(RequestTestCase):
	def test_login_opens_a_session_and_logout_ends_it(self):
		self.assertEqual(self.login(AGENT).message, "Logged In")
		self.assertEqual(self.post("echo").message["user"], AGENT)
		self.assertStatus(self.open("/api/method/logout", method="POST"), 200)
		self.assertEqual(self.post("echo").message["user"], "Guest")

	def test_a_session_that_ended_meanwhile_is_told(self):
		self.login(AGENT)
		self.assertNotIn("session_expired", self.post("echo").body)
		self.client.set_cookie("sid", "ended-meanwhile")
		self.assertEqual(self.post("echo").body["session_expired"], 1)

	def test_a_wrong_password_is_401(self):
		for user, password in ((AGENT, "wrong"), ("who@example.com", PASSWORD), ("", "")):
			with self.subTest(user):
				self.assertStatus(self.login(user, password), 401, "AuthenticationError")

	def test_keys_in_the_header_stand_for_a_session(self):
		user = frappe.get_doc("User", AGENT)
		user.update({"api_key": "a-key-0000", "api_secret": "a-secret-0000"}).save()
		header = {"Authorization": "token a-key-0000:a-secret-0000"}
		self.assertEqual(self.post("echo", header).message["user"], AGENT)
		wrong = self.post("echo", {"Authorization": "token a-key-0000:wrong"})
		self.assertStatus(wrong, 401, "AuthenticationError")

	def test_a_session_that_was_given_a_csrf_token_must_show_it(self):
		self.login(AGENT)
		self.assertStatus(self.post("echo"), 200)
		token = self.post("give_token").message
		refused = self.post("echo")
		self.assertStatus(refused, 400, "CSRFTokenError")
		self.assertNotIn("exc", refused.body)
		self.assertStatus(self.post("echo", {"X-Frappe-CSRF-Token": token}), 200)
		self.assertStatus(self.get("echo"), 200)
		self.client = self.new_client()
		self.assertStatus(self.post("echo"), 200)

	def test_a_user_reads_in_the_language_of_the_user_or_of_the_address(self):
		frappe.db.set_value("User", AGENT, "language", "es")
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_value, "User", AGENT, "language", "en")
		self.login(AGENT)
		self.assertEqual(self.post("echo").message["language"], "es")
		answer = self.open(
			"/api/method/xappiens_whatsapp.api.session.get_session_status",
			method="POST",
			json={"session_id": "no_such"},
		)
		self.assertStatus(answer, 404, "DoesNotExistError")
		self.assertIn(frappe._("There is no WhatsApp session {0} on this site.", "es")[:12], answer.words)
		self.client = self.new_client()
		self.assertEqual(self.get("echo", _lang="es").message["language"], "es")


class TestReach(RequestTestCase):
	def test_guests_reach_what_is_meant_for_guests_and_their_input_is_cleaned(self):
		self.assertEqual(self.post("echo").message["user"], "Guest")
		cleaned = self.post("echo", name="<script>x</script>y").message["arguments"]["name"]
		self.assertNotIn("<script", cleaned)
		self.assertStatus(self.post("add_record", session_id=self.new_id()), 403, "PermissionError")

	def test_others_reach_what_is_whitelisted_with_its_verbs(self):
		self.login(AGENT)
		self.assertStatus(self.get("fail", kind="Validation"), 403, "PermissionError")
		self.assertStatus(self.post("whitelisted"), 403, "PermissionError")
		self.assertStatus(self.post("nothing"), 417, "ValidationError")
		self.assertStatus(
			self.open("/api/method/os.system", method="POST", json={"command": "true"}),
			417,
			"ValidationError",
		)

	def test_arguments_are_converted_checked_and_filtered(self):
		self.login(AGENT)
		for given, taken in (
			({"number": "5"}, 5), ({"number": 5.0}, 5), ({"number": True}, True),
			({"tick": "1"}, 1), ({"tick": 0}, 0), ({"tick": True}, True),
			({"text": ""}, ""), ({"maybe": None}, None), ({"maybe": "x"}, "x"),
			({"names": ["a"]}, ["a"]), ({"details": {"a": 1}}, {"a": 1}),
		):  # fmt: skip
			with self.subTest(given):
				(name,) = given
				answer = self.post("typed", surplus="x", ignore_permissions=1, **given)
				self.assertEqual(answer.message and answer.message[name], taken, answer.text)
		for given in ({"number": "many"}, {"number": 5.5}, {"number": None}, {"text": 5}, {"text": None}, {"text": ["a"]},
			{"names": "a"}, {"names": [1]}, {"details": ["a"]}, {"tick": "x"}):  # fmt: skip
			with self.subTest(given):
				self.assertStatus(self.post("typed", **given), 417, "FrappeTypeError")

	def test_a_form_and_an_address_carry_arguments_too(self):
		self.login(AGENT)
		self.assertEqual(self.open(f"{HERE}typed", method="POST", data={"number": "7"}).message["number"], 7)
		self.assertEqual(self.get("typed", number="7").message["number"], 7)
		both = self.open(f"{HERE}typed", method="POST", query_string={"number": "7"}, json={"text": "x"})
		self.assertEqual((both.message["number"], both.message["text"]), (1, "x"))

	def test_too_many_calls_are_429(self):
		frappe.cache.delete_keys("rl:")
		statuses = [self.post("limited").status for _time in range(3)]
		self.assertEqual(statuses, [200, 200, 429])
		self.assertStatus(self.post("limited"), 429, "RateLimitExceededError")
		self.assertEqual(exposed.limited(), "through")
		self.assertEqual(self.post("limited", {"X-Forwarded-For": "192.0.2.1"}).status, 200)
		frappe.cache.delete_keys("rl:")
		self.assertEqual(self.post("limited").status, 200)


class TestTransactions(RequestTestCase):
	def test_a_get_keeps_nothing_unless_it_says_so(self):
		self.login(AGENT)
		for options, kept in (({}, False), ({"commit": 1}, True)):
			session_id = self.new_id()
			self.assertEqual(self.get("add_record", session_id=session_id, **options).message, session_id)
			self.assertEqual(bool(frappe.db.exists(SESSION, session_id)), kept)

	def test_a_post_keeps_what_it_wrote_unless_it_fails(self):
		self.login(AGENT)
		kept, lost, crashed = self.new_id(), self.new_id(), self.new_id()
		self.post("add_record", session_id=kept)
		self.post("fail", kind="Validation", session_id=lost)
		self.post("fail", kind="Crash", session_id=crashed)
		self.assertEqual(
			[bool(frappe.db.exists(SESSION, name)) for name in (kept, lost, crashed)], [True, False, False]
		)


class TestErrors(RequestTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.login(AGENT)

	def test_each_kind_has_its_status(self):
		for kind, status, exc_type in (
			("Validation", 417, "ValidationError"),
			("Permission", 403, "PermissionError"),
			("DoesNotExist", 404, "DoesNotExistError"),
			("Duplicate", 409, "DuplicateEntryError"),
			("Crash", 500, "RuntimeError"),
			("Authentication", 401, "AuthenticationError"),
		):
			with self.subTest(kind):
				answer = self.post("fail", kind=kind)
				self.assertStatus(answer, status, exc_type)
				self.assertEqual(answer.body["error_code"], "NO_LUCK")
		self.assertEqual(self.post("echo").message["user"], "Guest")  # a 401 ends the session

	def test_the_body_tells_kind_words_and_traceback(self):
		body = self.post("fail", kind="Validation").body
		(message,) = [json.loads(text) for text in json.loads(body["_server_messages"])]
		self.assertEqual(message["message"], "No luck with <b>it</b>")
		self.assertEqual(
			(message["title"], message["indicator"], message["raise_exception"]), ("Luck", "red", 1)
		)
		self.assertEqual(body["exception"], "frappe.exceptions.ValidationError: No luck with <b>it</b>")
		self.assertIn("Traceback", json.loads(body["exc"])[0])

	def test_no_traceback_is_told_of_what_is_missing_or_when_the_app_says_so(self):
		for kind in ("DoesNotExist", "Quiet"):
			body = self.post("fail", kind=kind).body
			self.assertFalse({"exc", "exception"} & set(body))
			self.assertIn("No luck", body["_server_messages"])

	def test_a_body_that_is_no_json_is_an_error_of_the_caller(self):
		answer = self.open(f"{HERE}echo", method="POST", data="{not json", content_type="application/json")
		self.assertGreaterEqual(answer.status, 400)
		self.assertStatus(
			self.open(f"{HERE}echo", method="POST", data="[1]", content_type="application/json"), 200
		)


class TestResources(RequestTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.mine = self.new_record(assigned_users=[{"user": AGENT, "role": "Viewer"}]).name
		self.other = self.new_record().name

	def resource(self, name: str = "", **options: Any) -> Response:
		return self.open(f"/api/resource/{SESSION}{name and '/'}{name}", **options)

	def test_records_are_read_by_those_who_may(self):
		self.login(AGENT)
		self.assertEqual([row["name"] for row in self.resource().body["data"]], [self.mine])
		self.assertEqual(self.resource(self.mine).body["data"]["session_id"], self.mine)
		self.assertStatus(self.resource(self.other), 403, "PermissionError")
		self.assertStatus(self.resource("no_such"), 404, "DoesNotExistError")
		self.assertStatus(self.resource(self.mine, method="DELETE"), 403, "PermissionError")
		self.assertStatus(
			self.resource(self.mine, method="PUT", json={"description": "x"}), 403, "PermissionError"
		)
		self.login(NOBODY)
		self.assertStatus(self.resource(), 403, "PermissionError")
		self.assertStatus(self.resource(self.mine), 403, "PermissionError")
		self.assertIn(self.resource("no_such").status, (403, 404))

	def test_records_are_written_by_managers(self):
		self.login(MANAGER)
		session_id = self.new_id()
		made = self.resource(method="POST", json={"session_id": session_id, "session_name": "Test"})
		self.assertEqual((made.status, made.body["data"]["name"]), (200, session_id))
		again = self.resource(method="POST", json={"session_id": session_id, "session_name": "Test"})
		self.assertStatus(again, 409, "DuplicateEntryError")
		changed = self.resource(session_id, method="PUT", json={"description": "new"})
		self.assertEqual((changed.status, changed.body["data"]["description"]), (200, "new"))
		listed = self.resource(
			query_string={"fields": '["name","description"]', "filters": json.dumps({"name": session_id})}
		)
		self.assertEqual(listed.body, {"data": [{"name": session_id, "description": "new"}]})
		self.assertEqual(self.resource(session_id, method="DELETE").status, 202)
		self.assertFalse(frappe.db.exists(SESSION, session_id))

	def test_settings_hide_their_secrets(self):
		self.login(MANAGER)
		data = self.open(SETTINGS_PATH).body["data"]
		self.assertEqual(set(data["api_key"]), {"*"})
		self.open(SETTINGS_PATH, method="PUT", json={"api_timeout": 9})
		settings = frappe.get_doc("WhatsApp Settings")
		self.assertEqual((settings.api_timeout, settings.get_password("api_key")), (9, self.sandbox.api_key))

	def test_the_form_is_loaded_with_what_the_controller_adds_and_saved_once(self):
		self.login(MANAGER)
		query = {"doctype": SESSION, "name": self.mine}
		doc = self.open("/api/method/frappe.desk.form.load.getdoc", query_string=query).body["docs"][0]
		self.assertIn("disconnect", doc["__onload"]["rights"])
		for status in (200, 417):
			doc["description"] = f"by the form {status}"
			saved = self.open(
				"/api/method/frappe.desk.form.save.savedocs",
				method="POST",
				data={"doc": json.dumps(doc), "action": "Save"},
			)
			self.assertEqual(saved.status, status, saved.text)
		self.assertEqual(saved.body["exc_type"], "TimestampMismatchError")
		self.assertEqual(frappe.db.get_value(SESSION, self.mine, "description"), "by the form 200")
