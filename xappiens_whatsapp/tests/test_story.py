"""What became of a session and who did what: one row each, for the eyes of its own people, without secrets."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import frappe
from frappe.utils import add_to_date, now_datetime
from frappe.utils.password import remove_encrypted_password

from xappiens_whatsapp import SESSION, SESSION_EVENT, SETTINGS
from xappiens_whatsapp.api import pairing, session, settings
from xappiens_whatsapp.api import proof as proof_api
from xappiens_whatsapp.background import jobs, reconciliation
from xappiens_whatsapp.sessions import story, telling
from xappiens_whatsapp.site import secrets
from xappiens_whatsapp.tests.base import AGENT, MANAGER, SESSION_API, VIEWER, WhatsAppTestCase, request
from xappiens_whatsapp.tests.test_pairing import Browser
from xappiens_whatsapp.tests.test_proofs import ProofTestCase
from xappiens_whatsapp.tests.workers import run_jobs
from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session_event.whatsapp_session_event import (
	WhatsAppSessionEvent,
)

PHONE = "34600000001"
ROWS_A_STATEMENT = 1000


class StoryTestCase(WhatsAppTestCase):
	def created(self) -> Any:
		answer = session.create_session(self.new_id(), "Ventas")
		frappe.db.commit()
		return self.fresh(answer["session"])

	def look(self, doc: Any) -> None:
		"""As a webhook's job does."""
		jobs.refresh_session(doc.name)
		frappe.db.commit()

	def rows(self, name: str) -> list[frappe._dict]:
		"""Oldest first."""
		frappe.db.rollback()
		filters = {"session": name}
		return frappe.get_all(SESSION_EVENT, filters=filters, fields=["*"], order_by="at asc")

	def events(self, doc: Any) -> list[str]:
		return [row.event for row in self.rows(doc.name)]

	def last(self, doc: Any) -> frappe._dict:
		return self.rows(doc.name)[-1]


class TestTurns(StoryTestCase):
	def test_a_session_is_created_and_linked_with_its_number(self):
		doc = self.linked_session()
		self.assertEqual(self.events(doc), ["Created", "Linked"])
		self.assertEqual(self.last(doc).phone_number, PHONE)

	def test_what_nobody_did_has_no_name(self):
		linked = self.last(self.linked_session())
		self.assertEqual((linked.by_user or "", linked.via or ""), ("", ""))

	def test_a_drop_has_its_reason_and_its_return_how_long_it_took(self):
		doc = self.linked_session()
		frappe.db.set_value(SESSION_EVENT, self.last(doc).name, "at", add_to_date(now_datetime(), hours=-3))
		frappe.db.commit()
		self.sandbox.drop(doc.session_id, 440)
		self.look(doc)
		dropped = self.last(doc)
		self.assertEqual((dropped.event, dropped.reason), ("Dropped", self.fresh(doc.name).error_code))
		self.assertAlmostEqual(dropped.seconds, 3 * 3600, delta=60)
		frappe.db.set_value(SESSION_EVENT, dropped.name, "at", add_to_date(now_datetime(), minutes=-5))
		frappe.db.commit()
		session.connect_session(doc.name)
		self.look(doc)
		back = self.last(doc)
		self.assertEqual(back.event, "Back")
		self.assertAlmostEqual(back.seconds, 300, delta=60)

	def test_a_phone_that_was_logged_out_is_linked_anew(self):
		doc = self.linked_session()
		self.sandbox.drop(doc.session_id, 401)
		self.look(doc)
		session.connect_session(doc.name)
		self.sandbox.scan(doc.session_id, "34600000002")
		self.look(doc)
		self.assertEqual(self.events(doc), ["Created", "Linked", "Dropped", "Linked"])
		self.assertEqual(self.last(doc).phone_number, "34600000002")

	def test_looks_that_show_nothing_new_write_nothing(self):
		doc = self.linked_session()
		before = self.events(doc)
		for _look in range(3):
			session.get_session_status(doc.name)
			reconciliation.reconcile()
		self.assertEqual(self.events(doc), before)

	def test_two_who_see_the_same_drop_write_it_once(self):
		doc = self.linked_session()
		self.sandbox.drop(doc.session_id, 440)
		path = f"/api/method/{SESSION_API}get_session_status"
		site = frappe.local.site
		with ThreadPoolExecutor(4) as executor:
			arguments = {"session_id": doc.name}
			asked = [executor.submit(request, site, path, "POST", MANAGER, arguments) for _ in range(4)]
			self.assertEqual([answer.result().status for answer in asked], [200] * 4)
		self.assertEqual(self.events(doc).count("Dropped"), 1)

	def test_a_record_that_is_older_than_its_story_goes_on_with_it(self):
		doc = self.linked_session()
		frappe.db.delete(SESSION_EVENT, {"session": doc.name})
		frappe.db.set_value(SESSION, doc.name, "status_since", add_to_date(now_datetime(), days=-2))
		frappe.db.commit()
		self.sandbox.drop(doc.session_id, 440)
		self.look(doc)
		self.assertEqual(self.events(doc), ["Dropped"])
		self.assertAlmostEqual(self.last(doc).seconds, 2 * 86400, delta=60)


class TestActions(StoryTestCase):
	def act(self, doc: Any, method: str, user: str = MANAGER, **arguments: Any) -> frappe._dict:
		answer = self.call(method, user=user, session_id=doc.name, **arguments)
		self.assertEqual(answer.status, 200, answer.text)
		return self.last(doc)

	def test_each_is_one_row_with_who_and_from_where(self):
		for method, event in (("restart_session", "Restarted"), ("disconnect_session", "Disconnected")):
			for mode in ("Delete on the server", "Keep on the server"):
				with self.subTest(method, mode=mode):
					self.settings(disconnect_mode=mode)
					doc = self.linked_session()
					row = self.act(doc, method)
					run_jobs()
					self.assertEqual((row.event, row.by_user, row.via), (event, MANAGER, "Desk"))
					self.assertEqual(self.events(doc), ["Created", "Linked", event])

	def test_a_restart_that_does_not_come_back_is_a_drop(self):
		doc = self.linked_session()
		self.act(doc, "restart_session")
		self.sandbox.drop(doc.session_id, 440)
		self.look(doc)
		self.assertEqual(self.events(doc)[2:], ["Restarted", "Dropped"])

	def test_an_action_that_fails_is_none_and_a_later_one_is(self):
		doc = self.linked_session()
		self.sandbox.fault("restart", "http", status=503, times=None)
		self.assertNotEqual(self.call("restart_session", user=MANAGER, session_id=doc.name).status, 200)
		self.assertEqual(self.events(doc), ["Created", "Linked"])
		self.sandbox.clear_faults()
		self.assertEqual(self.act(doc, "restart_session").event, "Restarted")

	def test_a_deleted_session_keeps_its_story_for_managers(self):
		doc = self.linked_session()
		self.assertEqual(self.call("delete_session", user=MANAGER, session_id=doc.name).status, 200)
		row = self.rows(doc.name)[-1]
		self.assertEqual((row.event, row.by_user), ("Deleted", MANAGER))
		self.assertEqual(self.events(doc), ["Created", "Linked", "Deleted"])

	def test_a_code_is_shown_once_for_each_attempt_of_a_person(self):
		doc = self.created()
		self.assign(doc.name, AGENT, "Agent")
		for _look in range(3):
			for user in (MANAGER, AGENT):
				answer = self.call("get_qr_code", "GET", user=user, session_id=doc.name)
				self.assertTrue(answer.message["ready"], answer.text)
		shown = [row.by_user for row in self.rows(doc.name) if row.event == "Code Shown"]
		self.assertEqual(shown, [MANAGER, AGENT])

	def test_a_pairing_link_is_made_by_a_manager_and_used_by_nobody_in_particular(self):
		doc = self.created()
		url = self.call(
			"xappiens_whatsapp.api.pairing.create_link", user=MANAGER, session_id=doc.name
		).message["url"]
		made = self.last(doc)
		self.assertEqual((made.event, made.by_user), ("Pairing Link Made", MANAGER))
		token = url.partition("#")[2]
		guest = Browser(frappe.local.site)
		guest.click(token)
		for _look in range(2):
			self.assertTrue(guest.look(token).message["qr"])
		shown = self.last(doc)
		self.assertEqual((shown.event, shown.by_user or "", shown.via), ("Code Shown", "", "Link"))
		self.assertEqual(self.events(doc).count("Code Shown"), 1)
		self.assertNotIn(token, json.dumps(self.rows(doc.name), default=str))

	def test_a_program_with_a_key_comes_through_the_api(self):
		doc = self.linked_session()
		self.addCleanup(self.forget_key)
		user = frappe.get_doc("User", MANAGER)
		user.update({"api_key": frappe.generate_hash(length=15), "api_secret": "a-test-secret-0000"})
		user.save()
		key = f"token {user.api_key}:a-test-secret-0000"
		path, headers = f"/api/method/{SESSION_API}restart_session", {"Authorization": key}
		self.assertEqual(self.request(path, "POST", None, {"session_id": doc.name}, headers).status, 200)
		self.assertEqual((self.last(doc).by_user, self.last(doc).via), (MANAGER, "API"))

	def forget_key(self) -> None:
		frappe.db.rollback()
		frappe.db.set_value("User", MANAGER, "api_key", None)
		remove_encrypted_password("User", MANAGER, "api_secret")
		frappe.db.commit()

	def test_the_shell_has_a_name_too(self):
		doc = self.linked_session()
		session.restart_session(doc.name)
		self.assertEqual((self.last(doc).by_user, self.last(doc).via), ("Administrator", "Shell"))

	def test_changed_settings_are_named_without_their_values(self):
		doc = self.created()
		doc.session_name = "Otra tienda"
		doc.append("assigned_users", {"user": AGENT, "role": "Agent"})
		doc.save()
		frappe.db.commit()
		row = self.last(doc)
		self.assertEqual((row.event, row.detail), ("Changed", "session_name, assigned_users"))
		self.fresh(doc.name).save()
		frappe.db.commit()
		self.assertEqual(self.events(doc).count("Changed"), 1)

	def test_what_changes_for_all_stands_in_every_story(self):
		doc = self.created()
		self.settings(api_key="another-key-of-a-test", disconnect_mode="Keep on the server")
		newest = telling.page(doc)["events"][0]
		self.assertEqual(newest["words"], "Changed: API Key, Disconnect Mode.")
		row = self.rows(SETTINGS)[-1]
		self.assertNotIn("another-key", json.dumps(row, default=str))

	def test_a_secret_as_long_as_the_one_before_is_told_as_well(self):
		doc = self.created()
		key = self.sandbox.api_key
		self.settings(api_key=key[::-1])
		self.assertEqual(telling.page(doc)["events"][0]["words"], "Changed: API Key.")
		self.settings(api_key=key)
		settings.rotate_webhook_secret()
		frappe.db.commit()
		self.assertEqual(telling.page(doc)["events"][0]["words"], "Changed: Webhook Secret.")
		told = len(self.rows(SETTINGS))
		frappe.get_doc(SETTINGS).save()
		frappe.db.commit()
		self.assertEqual(len(self.rows(SETTINGS)), told)

	def test_switching_on_the_daily_message_is_told(self):
		doc = self.created()
		self.settings(daily_proof="03:00")
		self.assertEqual(telling.page(doc)["events"][0]["words"], "Changed: Daily Test Message.")


class TestReading(StoryTestCase):
	def page(self, doc: Any, user: str = MANAGER, **arguments: Any) -> Any:
		return self.call(
			"xappiens_whatsapp.api.story.timeline", "GET", user=user, session_id=doc.name, **arguments
		)

	def test_newest_first_in_the_language_of_the_reader(self):
		doc = self.linked_session()
		self.sandbox.drop(doc.session_id, 440)
		self.look(doc)
		self.assertEqual(
			[e["event"] for e in telling.page(doc)["events"]][:3], ["Dropped", "Linked", "Created"]
		)
		frappe.local.lang = "es"
		try:
			words = [event["words"] for event in telling.page(doc)["events"]]
		finally:
			frappe.local.lang = "en"
		self.assertIn(f"Vinculada con +{PHONE}.", words)
		self.assertTrue(words[0].startswith("Se perdió la conexión tras"), words)

	def test_ten_thousand_rows_are_read_twenty_at_a_time(self):
		doc = self.created()
		self.add_rows(doc.name, 10_000)
		first = self.page(doc).message
		second = self.page(doc, start=20).message
		self.assertEqual((len(first["events"]), first["more"]), (20, True))
		self.assertGreater(first["events"][-1]["at"], second["events"][0]["at"])
		last = self.page(doc, start=10_000).message
		self.assertEqual(([event["event"] for event in last["events"]], last["more"]), (["Created"], False))
		self.assertEqual(self.page(doc, start=-5).message["events"], first["events"])

	def add_rows(self, session: str, count: int) -> None:
		"""Ahead of the clock, as after clocks were set back."""
		start = now_datetime()
		for position in range(0, count, ROWS_A_STATEMENT):
			numbers = range(position, min(position + ROWS_A_STATEMENT, count))
			rows = [(f"{session}-{n}", session, "Code Shown", add_to_date(start, seconds=n)) for n in numbers]
			places = ", ".join(["(%s, %s, %s, %s)"] * len(rows))
			insert = f"insert into `tab{SESSION_EVENT}` (`name`, `session`, `event`, `at`) values {places}"
			frappe.db.sql(insert, [value for row in rows for value in row])
		frappe.db.commit()

	def test_a_new_session_of_an_old_name_begins_a_story_of_its_own(self):
		doc = self.linked_session()
		session.delete_session(doc.name)
		again = session.create_session(doc.session_id, "Ventas")
		told = [event["event"] for event in telling.page(self.fresh(again["session"]))["events"]]
		self.assertEqual(told, ["Created"])

	def test_who_is_not_assigned_reads_nothing_of_it_on_any_way(self):
		doc = self.linked_session()
		foreign = self.linked_session()
		self.assign(doc.name, VIEWER, "Viewer")
		self.assertEqual(self.page(doc, VIEWER).status, 200)
		self.assertEqual(self.page(foreign, VIEWER).status, 403)
		listed = self.request(
			f"/api/resource/{SESSION_EVENT}", "GET", VIEWER, {"fields": '["session"]', "limit_page_length": 0}
		)
		self.assertEqual({row["session"] for row in listed.body["data"]}, {doc.name})
		row = self.rows(foreign.name)[0]
		self.assertEqual(self.request(f"/api/resource/{SESSION_EVENT}/{row.name}", "GET", VIEWER).status, 403)
		own = self.rows(doc.name)[0]
		self.assertEqual(self.request(f"/api/resource/{SESSION_EVENT}/{own.name}", "GET", VIEWER).status, 200)

	def test_nobody_writes_it(self):
		doc = self.linked_session()
		self.assign(doc.name, VIEWER, "Viewer")
		row = self.rows(doc.name)[0]
		path = f"/api/resource/{SESSION_EVENT}"
		values = {"session": doc.name, "event": "Linked", "at": str(now_datetime())}
		for user in (MANAGER, VIEWER):
			self.assertEqual(self.request(path, "POST", user, values).status, 403)
			self.assertEqual(self.request(f"{path}/{row.name}", "PUT", user, {"event": "Back"}).status, 403)
			self.assertEqual(self.request(f"{path}/{row.name}", "DELETE", user).status, 403)
			self.assertEqual(self.request(f"{path}/{row.name}", "GET", user).status, 200)
		self.assertEqual(self.rows(doc.name)[0], row)

	def test_old_rows_are_pruned_by_the_log_settings(self):
		doc = self.created()
		for days in (400, 10):
			at = add_to_date(now_datetime(), days=-days)
			frappe.get_doc(doctype=SESSION_EVENT, session=doc.name, event="Code Shown", at=at).insert()
		WhatsAppSessionEvent.clear_old_logs(days=365)
		frappe.db.commit()
		self.assertEqual(self.events(doc), ["Code Shown", "Created"])
		self.assertIn(SESSION_EVENT, frappe.get_hooks("default_log_clearing_doctypes"))

	def test_no_row_holds_a_secret_a_code_or_a_token(self):
		doc = self.created()
		settings.rotate_webhook_secret()
		self.assertTrue(session.get_qr_code(doc.name)["ready"])
		code = self.sandbox.registry.named(doc.session_id).code.text
		typed = session.get_pairing_code(doc.name, PHONE)["code"]
		token = pairing.create_link(doc.name)["url"].partition("#")[2]
		rows = self.rows(doc.name) + self.rows(SETTINGS)
		shown = {(row.event, row.detail or "") for row in rows}
		self.assertLessEqual({("Code Shown", ""), ("Code Shown", story.TO_TYPE)}, shown)
		self.assertLessEqual({("Pairing Link Made", ""), ("Changed", "webhook_secret")}, shown)
		told = json.dumps(rows, default=str)
		webhook_secret = secrets.read("webhook_secret")
		for secret in (self.sandbox.api_key, webhook_secret, code, code.partition(",")[0], typed, token):
			self.assertTrue(secret)
			self.assertNotIn(secret, told)


class TestClock(StoryTestCase):
	def test_a_clock_that_was_set_back_gives_no_negative_times(self):
		doc = self.linked_session()
		frappe.db.set_value(SESSION_EVENT, self.last(doc).name, "at", add_to_date(now_datetime(), hours=1))
		frappe.db.commit()
		self.sandbox.drop(doc.session_id, 440)
		self.look(doc)
		dropped = next(row for row in self.rows(doc.name) if row.event == "Dropped")
		self.assertEqual(dropped.seconds, 0)


class TestEntrance(ProofTestCase):
	def test_what_a_job_finds_out_came_in_by_the_background(self):
		doc = self.linked()
		proof_api.send_test_message(doc.name)
		self.tell(doc, -1)
		filters = {"session": doc.name, "event": story.TEST_MESSAGE}
		rows = frappe.get_all(SESSION_EVENT, filters=filters, fields=["detail", "via", "by_user"])
		self.assertEqual(
			{row.detail: (row.via, row.by_user or "") for row in rows},
			{"Sent": ("Shell", "Administrator"), "Failed": ("Background", "")},
		)
