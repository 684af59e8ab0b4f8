"""Who reads a story, in which language and how much at once; nobody writes it, and no secret stands in it."""

from __future__ import annotations

import json
from typing import Any

import frappe
from frappe.utils import add_to_date, now_datetime

from xappiens_whatsapp import SESSION_EVENT, SETTINGS
from xappiens_whatsapp.api import pairing, session, settings
from xappiens_whatsapp.sessions import story, telling
from xappiens_whatsapp.site import secrets
from xappiens_whatsapp.tests.base import MANAGER, VIEWER
from xappiens_whatsapp.tests.test_story import PHONE, StoryTestCase
from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session_event.whatsapp_session_event import (
	WhatsAppSessionEvent,
)

ROWS_A_STATEMENT = 1000


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
