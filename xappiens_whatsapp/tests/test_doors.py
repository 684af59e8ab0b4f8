"""Who gets through which door: every function that a browser can name, for everybody, by both verbs."""

from __future__ import annotations

import inspect
import json
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

import frappe

import xappiens_whatsapp
from xappiens_whatsapp import SESSION, SESSION_USER
from xappiens_whatsapp.api import session
from xappiens_whatsapp.tests.base import (
	AGENT,
	MANAGER,
	NOBODY,
	USERS,
	VIEWER,
	Response,
	WhatsAppTestCase,
	remove_test_sessions,
)
from xappiens_whatsapp.tests.workers import run_jobs

KEEPER = "keeper@example.com"
"""Manager of the session, and of nothing else."""
ADMIN = "admin-of-site@example.com"
ROLES = {KEEPER: "WhatsApp User", ADMIN: "System Manager"}
PEOPLE = (None, NOBODY, VIEWER, AGENT, KEEPER, MANAGER, ADMIN)
APP = "xappiens_whatsapp."


class Door(NamedTuple):
	"""`opens_to` are the last so many of PEOPLE; everybody else, and every other verb, gets 403."""

	opens_to: int
	verbs: tuple[str, ...] = ("POST",)
	arguments: dict[str, Any] = {}
	status: int = 200
	"""What those get who come in; most calls name nothing that exists, so that one walk through the door changes nothing."""


BOTH = ("GET", "POST")
EVERYBODY, WITH_ROLE, VIEWERS, AGENTS, KEEPERS, MANAGERS, ADMINISTRATORS = 7, 5, 5, 4, 3, 2, 1
UNKNOWN = {"session_id": "test_nobody_knows"}
MINE: dict[str, Any] = {"session_id": None}
"""Stands for the session that the people are assigned to."""
DOORS = {
	"api.diagnosis.adopt_session": Door(MANAGERS, arguments={"session_db_id": 987654}, status=404),
	"api.diagnosis.delete_finding": Door(MANAGERS, arguments={"session_db_id": 987654}, status=404),
	"api.diagnosis.diagnose": Door(VIEWERS, arguments=MINE),
	"api.diagnosis.fill_missing_numbers": Door(MANAGERS),
	"api.diagnosis.relink_session": Door(MANAGERS, arguments=MINE),
	"api.health.metrics": Door(MANAGERS, ("GET",)),
	"api.health.setup_state": Door(MANAGERS, BOTH),
	"api.health.status": Door(MANAGERS, ("GET",)),
	"api.pairing.create_link": Door(MANAGERS, arguments=MINE | {"minutes": 0}, status=417),
	"api.pairing.get_pairing_code": Door(
		EVERYBODY, arguments={"token": "x", "phone_number": "+34600000001"}, status=410
	),
	"api.pairing.open_link": Door(EVERYBODY, arguments={"token": "x"}, status=410),
	"api.pairing.pairing_status": Door(EVERYBODY, arguments={"token": "x"}, status=410),
	"api.pairing.renew_code": Door(EVERYBODY, arguments={"token": "x"}, status=410),
	"api.pairing.revoke_links": Door(MANAGERS, arguments=MINE),
	"api.session.connect_session": Door(AGENTS, arguments=MINE),
	"api.session.create_session": Door(
		MANAGERS, arguments={"session_id": "x", "session_name": "x"}, status=417
	),
	"api.session.delete_session": Door(KEEPERS, arguments=MINE),
	"api.session.disconnect_session": Door(KEEPERS, arguments=MINE),
	"api.session.get_pairing_code": Door(AGENTS, arguments=MINE | {"phone_number": "x"}, status=417),
	"api.session.get_qr_code": Door(AGENTS, BOTH, MINE),
	"api.session.get_session_status": Door(VIEWERS, BOTH, MINE),
	"api.phone.keep_phone": Door(KEEPERS, arguments=MINE, status=409),
	"api.proof.get_test_message": Door(VIEWERS, BOTH, MINE),
	"api.session.list_sessions": Door(WITH_ROLE, BOTH),
	"api.session.recreate_session": Door(KEEPERS, arguments=MINE),
	"api.session.refresh_sessions": Door(WITH_ROLE, arguments={"session_ids": "[]"}),
	"api.session.restart_session": Door(AGENTS, arguments=MINE),
	"api.proof.send_test_message": Door(AGENTS, arguments=MINE | {"phone_number": "x"}, status=417),
	"api.session.test_connection": Door(MANAGERS),
	"api.phone.unlink_phone": Door(KEEPERS, arguments=MINE, status=409),
	"api.session.update_session_webhook": Door(MANAGERS, arguments=MINE | {"webhook_url": "x"}, status=417),
	"api.settings.confirm_real_site": Door(ADMINISTRATORS),
	"api.settings.copy_notice": Door(WITH_ROLE, BOTH),
	"api.settings.keep_copy_quiet": Door(ADMINISTRATORS),
	"api.settings.register_webhooks": Door(MANAGERS),
	"api.settings.rotate_webhook_secret": Door(MANAGERS),
	"api.settings.test_webhook": Door(MANAGERS),
	"api.story.timeline": Door(VIEWERS, BOTH, MINE),
	"api.story.uptime_card": Door(WITH_ROLE, BOTH),
	"api.webhook.handle_webhook": Door(EVERYBODY, status=401),
}


def whitelisted() -> Iterator[str]:
	"""Every function of the package that a request can name, without what the tests add."""
	for found in pkgutil.walk_packages(xappiens_whatsapp.__path__, APP):
		if not found.name.startswith((APP + "tests", APP + "sandbox")):
			for _name, function in inspect.getmembers(import_module(found.name), inspect.isfunction):
				if is_open(function):
					yield f"{function.__module__}.{function.__qualname__}".removeprefix(APP)


def is_open(function: Any) -> bool:
	try:
		from frappe.calls import whitelisted as known
	except ImportError:
		known = frappe.whitelisted
	return function in known and function.__module__.startswith(APP)


class DoorsTestCase(WhatsAppTestCase):
	people = {**USERS, **ROLES}

	def mine(self) -> str:
		"""A session that waits for a scan, of which every assigned person has the role of their name."""
		return self.with_people(session.create_session(self.new_id(), "Ventas")["session"])

	def with_people(self, name: str) -> str:
		for user, role in ((VIEWER, "Viewer"), (AGENT, "Agent"), (KEEPER, "Manager")):
			self.assign(name, user, role)
		return name


class TestDoors(DoorsTestCase):
	def test_every_function_has_its_row_and_every_row_its_function(self):
		self.assertEqual(set(DOORS), set(whitelisted()))

	def test_who_gets_through(self):
		self.addCleanup(run_jobs)
		for function, door in DOORS.items():
			for verb in BOTH:
				for user in PEOPLE:
					with self.subTest(function, verb=verb, user=user):
						response = self.knock(function, door, verb, user)
						self.assertEqual(response.status, self.expected(door, verb, user), response.text)

	def knock(self, function: str, door: Door, verb: str, user: str | None) -> Response:
		"""Nothing is left of those before: whatever registers the webhooks of all linked sessions would wait for the budget."""
		remove_test_sessions()
		arguments = dict(door.arguments)
		if arguments.get("session_id", "") is None:
			arguments["session_id"] = self.mine() if verb in door.verbs else "x"
		frappe.cache.delete_keys("whatsapp_budget")
		frappe.cache.delete_keys("whatsapp_calls")
		return self.call(APP + function, verb, user, **arguments)

	def expected(self, door: Door, verb: str, user: str | None) -> int:
		comes_in = verb in door.verbs and user in PEOPLE[-door.opens_to :]
		return door.status if comes_in else 403


class TestAssignments(DoorsTestCase):
	"""The rows that say who is assigned to what."""

	def setUp(self) -> None:
		super().setUp()
		self.own, self.foreign = self.mine(), self.new_record().name
		self.assign(self.foreign, NOBODY, "Agent")

	def parents(self, response: Response) -> set[str]:
		self.assertEqual(response.status, 200, response.text)
		rows = response.body.get("data") or response.message
		return {row["parent"] for row in rows}

	def test_a_person_sees_those_of_their_own_sessions_by_every_route(self):
		arguments = {"parent": SESSION, "fields": json.dumps(["parent", "user"]), "limit_page_length": 500}
		for path, more in (
			("/api/method/frappe.client.get_list", {"doctype": SESSION_USER}),
			(f"/api/resource/{SESSION_USER}", {}),
		):
			for user in (VIEWER, AGENT, KEEPER):
				with self.subTest(path, user=user):
					seen = self.parents(self.request(path, "GET", user, {**arguments, **more}))
					self.assertIn(self.own, seen)
					self.assertNotIn(self.foreign, seen)
			for user in (MANAGER, ADMIN):
				with self.subTest(path, user=user):
					seen = self.parents(self.request(path, "GET", user, {**arguments, **more}))
					self.assertLessEqual({self.own, self.foreign}, seen)

	def test_routes_that_only_a_bench_has_show_no_others_either(self):
		fields = json.dumps(["parent", "user", "name"])
		row = frappe.db.get_value(SESSION_USER, {"parent": self.foreign})
		named = {"doctype": SESSION_USER, "parent": SESSION, "parent_doctype": SESSION, "fields": fields}
		by_parent = {**named, "filters": json.dumps({"parent": self.foreign})}
		table = f"`tab{SESSION_USER}`"
		routes = (
			(f"/api/v2/document/{SESSION_USER}", {"parent": SESSION, "fields": fields}),
			(f"/api/v1/resource/{SESSION_USER}", {"parent": SESSION, "fields": fields}),
			(f"/api/resource/{SESSION_USER}/{row}", {}),
			(f"/api/v2/document/{SESSION_USER}/{row}", {}),
			("/api/method/frappe.client.get_value", {**by_parent, "fieldname": fields}),
			("/api/method/frappe.client.get", {**by_parent, "name": row}),
			("/api/method/frappe.desk.reportview.get", {**named, "fields": json.dumps([f"{table}.parent"])}),
			("/api/method/frappe.desk.reportview.get_list", by_parent),
			("/api/method/frappe.desk.search.search_link", {"doctype": SESSION_USER, "txt": ""}),
			("/api/method/frappe.desk.form.load.getdoc", {"doctype": SESSION_USER, "name": row}),
			(
				"/api/method/frappe.client.get_list",
				{**named, "doctype": SESSION, "fields": f'["{table}.parent"]'},
			),
		)
		for path, arguments in routes:
			for user in (VIEWER, AGENT, KEEPER):
				with self.subTest(path, user=user):
					told = self.told_by(path, user, arguments)
					self.assertNotIn(self.foreign, told)
					self.assertNotIn(NOBODY, told)
		shown = [path for path, arguments in routes if self.foreign in self.told_by(path, MANAGER, arguments)]
		self.assertTrue(shown, "no route shows managers what it keeps from others")

	def told_by(self, path: str, user: str, arguments: dict[str, Any]) -> str:
		shown = self.request(path, "GET", user, arguments)
		return json.dumps(shown.body.get("data") or shown.message or shown.body.get("docs") or "")

	def test_whoever_may_see_no_session_sees_none_of_them(self):
		arguments = {"doctype": SESSION_USER, "parent": SESSION}
		for user in (None, NOBODY):
			response = self.request("/api/method/frappe.client.get_list", "GET", user, arguments)
			self.assertEqual(response.status, 403)

	def test_no_other_parent_opens_them(self):
		for parent in ("", "User", "DocType", SESSION_USER):
			arguments = {"doctype": SESSION_USER, "parent": parent}
			response = self.request("/api/method/frappe.client.get_list", "GET", VIEWER, arguments)
			self.assertEqual(response.status, 403, parent)


class TestNothingToSee(DoorsTestCase):
	def test_who_may_see_no_session_asks_the_server_nothing(self):
		name = self.new_record().name
		self.sandbox.clear_requests()
		for user in (None, NOBODY, VIEWER):
			for _count in range(3):
				self.call("list_sessions", user=user)
				self.call("refresh_sessions", user=user, session_ids="[]")
				self.call("refresh_sessions", user=user, session_ids=json.dumps([name]))
				self.call("get_session_status", user=user, session_id=name)
				self.call("get_session_status", user=user)
				self.call(APP + "api.diagnosis.diagnose", user=user, session_id=name)
				self.call(APP + "api.diagnosis.diagnose", user=user)
		self.assertEqual(self.sent(), [])
		self.assertEqual(self.call("list_sessions", user=MANAGER).status, 200)


class TestShare(DoorsTestCase):
	sandbox_options = {"qr_delay": 0.0, "scan_delay": 0.0, "rate_limit": 12}

	def test_lists_of_assigned_people_leave_half_of_the_budget_to_managers(self):
		name = self.new_record().name
		self.assign(name, VIEWER, "Viewer")
		calls = [self.call("list_sessions", user=VIEWER).status for _count in range(4)]
		calls += [
			self.call("refresh_sessions", user=VIEWER, session_ids=json.dumps([name])).status
			for _count in range(4)
		]
		self.assertEqual((calls[0], calls[-1]), (200, 429))
		self.assertEqual(self.call("list_sessions", user=MANAGER).status, 200)

	def test_so_do_their_diagnoses(self):
		name = self.new_record().name
		self.assign(name, VIEWER, "Viewer")
		for _count in range(6):
			answer = self.call(APP + "api.diagnosis.diagnose", user=VIEWER, session_id=name)
			self.assertEqual(answer.status, 200, answer.text)
		self.assertIn("Too many requests", answer.message["checks"][-1]["detail"])
		self.assertEqual(self.call("list_sessions", user=MANAGER).status, 200)
