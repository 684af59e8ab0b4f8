"""What the app takes for granted of Frappe's cache, queue, realtime and messages: the same on v15, v16 and the development site."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import frappe
from frappe.utils.background_jobs import get_job, is_job_enqueued

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.tests.base import AGENT, WhatsAppTestCase

MOMENT = datetime(2026, 1, 2, 3, 4, 5)


class TestCache(WhatsAppTestCase):
	key = "whatsapp_behaviour"

	def test_values_of_any_kind_expire(self):
		frappe.cache.set_value(self.key, {"a": [1, MOMENT]}, expires_in_sec=1)
		self.assertEqual(frappe.cache.get_value(self.key, expires=True), {"a": [1, MOMENT]})
		time.sleep(1.1)
		frappe.local.cache.clear()  # on v16 a request goes on seeing what it stored itself
		self.assertIsNone(frappe.cache.get_value(self.key, expires=True))

	def test_values_are_removed_one_by_one_or_by_prefix(self):
		for name in ("one", "two"):
			frappe.cache.set_value(f"{self.key}:{name}", name, expires_in_sec=60)
		frappe.cache.delete_value(f"{self.key}:one")
		self.assertIsNone(frappe.cache.get_value(f"{self.key}:one", expires=True))
		self.assertEqual(len(frappe.cache.get_keys(self.key)), 1)
		frappe.cache.delete_keys(self.key)
		self.assertIsNone(frappe.cache.get_value(f"{self.key}:two", expires=True))

	def test_raw_commands_take_a_made_key(self):
		key = frappe.cache.make_key(self.key)
		self.assertEqual([frappe.cache.incr(key), frappe.cache.incr(key), frappe.cache.decr(key)], [1, 2, 1])
		self.assertEqual(frappe.cache.get(key), b"1")
		self.assertIsNone(frappe.cache.set(key, 5, ex=60, nx=True))
		self.assertTrue(frappe.cache.expire(key, 60))
		self.assertIn(frappe.cache.ttl(key), (59, 60))
		self.assertEqual(frappe.cache.getdel(key), b"1")
		self.assertTrue(frappe.cache.set(key, 5, ex=60, nx=True))


class TestRealtime(WhatsAppTestCase):
	@contextmanager
	def listening(self) -> Iterator[list[dict[str, Any]]]:
		from frappe.utils.background_jobs import get_redis_connection_without_auth

		channel = get_redis_connection_without_auth().pubsub(ignore_subscribe_messages=True)
		channel.subscribe("events")
		channel.get_message(timeout=0.2)
		events: list[dict[str, Any]] = []
		yield events
		end = time.monotonic() + 0.3
		while time.monotonic() < end:
			if found := channel.get_message(timeout=0.1):
				events.append(json.loads(found["data"]))
		channel.close()

	def publish(self, number: int) -> None:
		frappe.publish_realtime(
			"behaviour", {"number": number}, doctype=SESSION, docname="test_x", after_commit=True
		)

	def test_an_event_reaches_the_room_of_its_document_after_the_commit_only(self):
		with self.listening() as events:
			self.publish(1)
			frappe.db.rollback()
			self.publish(2)
			self.publish(2)
			frappe.db.commit()
		mine = [event for event in events if event["event"] == "behaviour"]
		room = f"doc:{SESSION}/test_x"
		self.assertEqual(
			mine,
			[{"event": "behaviour", "message": {"number": 2}, "room": room, "namespace": frappe.local.site}],
		)


def wait_until_told(key: str) -> None:
	"""A job that lasts as long as the test that enqueued it, whoever runs it."""
	end = time.monotonic() + 5
	while time.monotonic() < end and not frappe.cache.get(frappe.cache.make_key(key)):
		time.sleep(0.05)


class TestJobs(WhatsAppTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.job_id = f"whatsapp_{self.new_id()}"
		self.addCleanup(frappe.cache.set, frappe.cache.make_key(self.job_id), 1, ex=10)

	def enqueue(self, **options: Any) -> Any:
		method = f"{__name__}.wait_until_told"
		return frappe.enqueue(method, queue="short", job_id=self.job_id, key=self.job_id, **options)

	def test_a_job_of_the_same_id_waits_only_once(self):
		self.assertIsNotNone(self.enqueue(deduplicate=True))
		self.assertTrue(is_job_enqueued(self.job_id))
		self.assertIsNone(self.enqueue(deduplicate=True))
		self.assertIn(get_job(self.job_id).get_status(), ("queued", "started"))

	def test_after_a_commit_means_not_after_a_rollback(self):
		self.assertIsNone(self.enqueue(enqueue_after_commit=True))
		frappe.db.rollback()
		frappe.db.commit()
		self.assertIsNone(get_job(self.job_id))
		self.enqueue(enqueue_after_commit=True)
		self.assertFalse(is_job_enqueued(self.job_id))
		frappe.db.commit()
		self.assertTrue(is_job_enqueued(self.job_id))


class TestMessages(WhatsAppTestCase):
	def test_sentences_are_translated_before_their_places_are_filled(self):
		source = "There is no WhatsApp session {0} on this site."
		spanish = frappe._(source, "es")
		self.assertNotEqual(spanish, source)
		self.assertIn("{0}", spanish)
		frappe.local.lang = "es"
		self.addCleanup(setattr, frappe.local, "lang", "en")
		self.assertEqual(frappe._(source).format("x"), spanish.format("x"))
		self.assertEqual(frappe._("No such sentence {0}"), "No such sentence {0}")

	def test_a_message_is_told_without_an_exception(self):
		frappe.msgprint("told", indicator="red")
		last = frappe.get_message_log()[-1]
		self.assertEqual((last["message"], last["indicator"]), ("told", "red"))
		frappe.clear_last_message()

	def test_a_logged_error_outlives_the_transaction(self):
		title = f"{self.new_id()} failed"
		frappe.log_error(title=title, message="details")
		frappe.db.rollback()
		logged = frappe.get_all("Error Log", filters={"method": title}, pluck="error")
		self.assertEqual(logged, ["details"])

	def test_who_acts_has_no_influence_on_the_language(self):
		"""So a job speaks English, whoever enqueued it."""
		frappe.db.set_value("User", AGENT, "language", "es")
		with self.as_user(AGENT):
			self.assertEqual(frappe.local.lang, "en")
		frappe.db.rollback()

	def test_mail_without_an_account_is_refused(self):
		mail = {"reference_doctype": "User", "reference_name": AGENT, "subject": "x", "message": "x"}
		with self.assertRaises(frappe.OutgoingEmailError):
			frappe.sendmail(recipients=[AGENT], **mail)
