"""A test message: sent once, followed on its way, and what is said when it does not arrive."""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import frappe

from xappiens_whatsapp.api import proof as proof_api
from xappiens_whatsapp.sessions import proofs
from xappiens_whatsapp.site import languages
from xappiens_whatsapp.tests.base import MANAGER, request, set_setting
from xappiens_whatsapp.tests.webhooks import WebhookTestCase
from xappiens_whatsapp.tests.workers import jobs_of, run_jobs

PHONE = "34600000001"
OTHER = "34600000002"
NUMBERS = (f"34600000{number:03}" for number in itertools.cycle(range(100, 1000)))
SEND = "/api/method/xappiens_whatsapp.api.proof.send_test_message"
SETTLE = "xappiens_whatsapp.background.jobs.settle_proof"


class ProofTestCase(WebhookTestCase):
	"""The sandbox tells nothing by itself here: the test delivers what the server would call."""

	sandbox_options = {"qr_delay": 0.0, "scan_delay": 0.0, "ack_delay": 600.0}

	def connected(self, **values: Any) -> Any:
		"""In step with the server, without the calls that it takes to link."""
		doc, number = self.new_record(session_id=values.pop("session_id", None)), next(NUMBERS)
		row = self.sandbox.add(doc.session_id, phone_number=number)
		known = {"session_db_id": row["id"], "status": "Connected", "is_connected": 1, "phone_number": number}
		doc.db_set({**known, **values})
		self.sandbox.clear_requests()
		frappe.db.commit()
		return doc

	def sent_texts(self) -> list[str]:
		return [path for path in self.sent("POST") if path.endswith("/send")]

	def message_id(self, number: int = -1) -> str:
		return self.sandbox.messages()[number]["messageId"]

	def tell(self, doc: Any, *acks: int, message_id: str | None = None, **more: Any) -> None:
		for ack in acks:
			data = {"messageId": message_id or self.message_id(), "ack": ack, **more}
			status, _answer = self.deliver(self.event("message.ack", doc.session_id, **data))
			self.assertEqual(status, 200)
		run_jobs()

	def late(self) -> Any:
		return patch.object(proofs, "ARRIVES_WITHIN", proofs.ARRIVES_WITHIN * 0)

	def state(self, doc: Any) -> tuple[str, bool]:
		fresh = self.fresh(doc.name)
		return fresh.proof_state, bool(fresh.last_proof)


class TestTheWayOfAMessage(ProofTestCase):
	def test_goes_to_the_linked_number_itself_and_names_the_session(self):
		doc = self.linked()
		answer = proof_api.send_test_message(doc.name)
		self.assertEqual((answer["state"], answer["phone_number"]), ("Sent", PHONE))
		message = self.sandbox.messages()[-1]
		self.assertEqual(message["to"], f"{PHONE}@s.whatsapp.net")
		self.assertIn("Ventas", message["body"])
		self.assertEqual(self.state(doc), ("Sent", False))

	def test_or_to_a_typed_number_that_is_one(self):
		doc = self.linked()
		answer = proof_api.send_test_message(doc.name, "+34 600 000 002")
		self.assertEqual(answer["phone_number"], OTHER)
		self.assertEqual(self.sandbox.messages()[-1]["to"], f"{OTHER}@s.whatsapp.net")
		for number in ("12", "not a number"):
			with self.subTest(number), self.assertRaises(frappe.ValidationError):
				proof_api.send_test_message(doc.name, number)
		self.assertEqual(len(self.sent_texts()), 1)

	def test_is_written_in_the_language_of_the_site(self):
		doc = self.linked()
		before = languages.of_site()
		self.speak("es")
		self.addCleanup(self.speak, before)
		proof_api.send_test_message(doc.name)
		self.assertIn("Mensaje de prueba", self.sandbox.messages()[-1]["body"])

	def speak(self, language: str) -> None:
		set_setting("language", language, "System Settings")
		frappe.local.system_settings = None

	def test_each_step_is_shown_with_its_time(self):
		doc = self.linked()
		self.assertIsNone(proof_api.get_test_message(doc.name)["state"])
		proof_api.send_test_message(doc.name)
		waiting = proof_api.get_test_message(doc.name)
		self.assertTrue(waiting["sent_at"] and waiting["retry_after"])
		self.assertIsNone(waiting["delivered_at"])
		self.tell(doc, 1, 2)
		delivered = proof_api.get_test_message(doc.name)
		self.assertEqual((delivered["state"], delivered["may_be_dead"]), ("Delivered", False))
		self.assertGreaterEqual(delivered["delivered_at"], delivered["sent_at"])
		self.assertTrue(self.fresh(doc.name).last_proof)
		self.tell(doc, 3)
		read = proof_api.get_test_message(doc.name)
		self.assertEqual((read["state"], read["read_at"] is None), ("Read", False))
		self.assertNotIn("retry_after", read)
		self.assertEqual(read["delivered_at"], delivered["delivered_at"])
		self.assertEqual(self.sent("GET"), [])

	def test_the_order_in_which_it_is_told_does_not_matter_nor_how_often(self):
		for acks in ((3, 2, 1), (2, 3), (3,), (1, 3, 3, 2)):
			with self.subTest(acks=acks):
				doc = self.linked()
				proof_api.send_test_message(doc.name)
				for number, ack in enumerate(acks):
					self.tell(doc, ack, nonce=number)
				answer = proof_api.get_test_message(doc.name)
				self.assertEqual(answer["state"], "Read")
				self.assertTrue(answer["delivered_at"] and answer["read_at"])

	def test_what_is_told_before_the_server_has_answered_counts(self):
		doc = self.linked()
		self.sandbox.fault("send", "slow", seconds=3)
		before = len(self.sandbox.messages())
		with ThreadPoolExecutor(1) as executor:
			asked = executor.submit(
				request, frappe.local.site, SEND, "POST", MANAGER, {"session_id": doc.name}
			)
			self.wait_for_messages(before + 1)
			self.deliver(self.event("message.ack", doc.session_id, messageId=self.message_id(), ack=2))
			self.assertFalse(asked.done())
			self.assertEqual(asked.result().message["state"], "Delivered")
		self.assertEqual(self.state(doc), ("Delivered", True))

	def wait_for_messages(self, count: int) -> None:
		end = time.monotonic() + 20
		while len(self.sandbox.messages()) < count:
			self.assertLess(time.monotonic(), end, "the message never reached the server")
			time.sleep(0.02)

	def test_of_other_messages_and_other_sessions_nothing_is_kept(self):
		doc, other = self.linked(), self.new_record()
		proof_api.send_test_message(doc.name)
		mine = self.message_id()
		self.tell(other, 2, message_id=mine)
		self.tell(doc, 2, message_id="3EB0SOMEBODYELSES")
		self.assertEqual((self.state(doc), self.state(other)), (("Sent", False), ("", False)))
		self.deliver(self.event("message.received", doc.session_id, message={"content": "a secret text"}))
		run_jobs()
		self.tell(doc, 2, message_id=mine)
		self.assertEqual(self.state(doc), ("Delivered", True))

	def test_a_message_of_a_session_that_nobody_tests_costs_no_job(self):
		doc = self.linked()
		before = jobs_of(SETTLE)
		self.deliver(self.event("message.ack", doc.session_id, messageId="3EB0SOMEBODYELSES", ack=2))
		self.assertEqual(jobs_of(SETTLE) - before, set())
		proof_api.send_test_message(doc.name)
		self.deliver(self.event("message.ack", doc.session_id, messageId=self.message_id(), ack=2))
		self.assertEqual(len(jobs_of(SETTLE) - before), 1)
		run_jobs()
		self.assertEqual(self.state(doc), ("Delivered", True))

	def test_a_newer_message_takes_the_place_of_the_older_one(self):
		doc = self.linked()
		proof_api.send_test_message(doc.name)
		first = self.message_id()
		self.tell(doc, 3)
		proof_api.send_test_message(doc.name)
		self.assertEqual(self.state(doc), ("Sent", True))
		self.tell(doc, 2, message_id=first, nonce=1)
		self.assertEqual(self.state(doc)[0], "Sent")
		self.tell(doc, 2)
		self.assertEqual(self.state(doc)[0], "Delivered")

	def test_the_older_names_of_the_event_mean_the_same(self):
		doc = self.linked()
		proof_api.send_test_message(doc.name)
		self.deliver(self.event("message.delivered", doc.session_id, id=self.message_id()))
		run_jobs()
		self.assertEqual(self.state(doc)[0], "Delivered")


class TestAMessageThatDoesNotArrive(ProofTestCase):
	def test_the_session_may_be_dead_where_this_server_is_known_to_report(self):
		doc = self.linked()
		proof_api.send_test_message(doc.name)
		self.tell(doc, 2)
		proof_api.send_test_message(doc.name)
		with self.late():
			answer = proof_api.get_test_message(doc.name)
		self.assertEqual((answer["state"], answer["may_be_dead"]), ("Failed", True))
		self.assertIn("may be dead", answer["message"])
		self.assertIn("Restart", answer["message"])
		self.assertNotIn("retry_after", answer)
		self.tell(doc, 2)
		self.assertEqual(self.state(doc), ("Delivered", True))

	def test_one_that_whatsapp_has_and_the_phone_has_not_fails_without_more_evidence(self):
		doc = self.linked()
		proof_api.send_test_message(doc.name)
		self.tell(doc, 1)
		self.assertEqual(self.state(doc), ("Sent", False))
		with self.late():
			self.assertEqual(proof_api.get_test_message(doc.name)["state"], "Failed")
		self.tell(doc, 2)
		self.assertEqual(self.state(doc), ("Delivered", True))

	def test_where_the_server_never_reported_anything_that_is_said_and_no_failure_is_stored(self):
		doc = self.linked()
		self.sandbox.fault("messages", "http", times=None, status=404, code="NOT_FOUND")
		proof_api.send_test_message(doc.name)
		with self.late():
			answer = proof_api.get_test_message(doc.name)
		self.assertEqual((answer["state"], answer["may_be_dead"]), ("Sent", True))
		self.assertIn("or the server does not report deliveries", answer["message"])
		self.tell(doc, 2)
		self.assertEqual(self.state(doc), ("Delivered", True))

	def test_that_it_was_sent_and_that_it_failed_stand_in_the_story(self):
		doc = self.linked()
		proof_api.send_test_message(doc.name)
		self.tell(doc, 1)
		with self.late():
			for _look in range(2):
				proof_api.get_test_message(doc.name)
		filters = {"session": doc.name, "event": "Test Message"}
		rows = frappe.get_all("WhatsApp Session Event", filters=filters, fields=["detail", "by_user"])
		self.assertEqual(sorted(row.detail for row in rows), ["Failed", "Sent"])
		self.assertEqual({row.by_user for row in rows if row.detail == "Sent"}, {"Administrator"})

	def test_a_message_that_whatsapp_refuses_has_failed_with_its_reason(self):
		doc = self.linked()
		proof_api.send_test_message(doc.name)
		self.tell(doc, -1, reason="restricted")
		answer = proof_api.get_test_message(doc.name)
		self.assertEqual((answer["state"], answer["may_be_dead"]), ("Failed", False))
		self.assertIn("restricted this number", answer["message"])
		proof_api.send_test_message(doc.name)
		self.tell(doc, 2)
		self.assertEqual(self.state(doc), ("Delivered", True))


class TestWithoutWebhooks(ProofTestCase):
	sandbox_options = {"qr_delay": 0.0, "scan_delay": 0.0, "ack_delay": 0.0}

	def accept_webhooks(self) -> None:
		self.settings(webhook_enabled=0)

	def test_the_list_of_the_chat_tells_and_is_not_asked_all_the_time(self):
		doc = self.linked()
		proof_api.send_test_message(doc.name)
		answer = proof_api.get_test_message(doc.name)
		self.assertEqual(answer["state"], "Read")
		self.assertEqual(self.sent("GET"), [f"GET /api/messages/{doc.session_id}"])
		self.sandbox.fault("send", "acks", numbers=[])
		proof_api.send_test_message(doc.name)
		frappe.cache.delete_keys("whatsapp_proof_asked")
		for _poll in range(3):
			proof_api.get_test_message(doc.name)
		self.assertEqual(len(self.sent("GET")), 2)

	def test_a_server_that_has_no_such_list_reports_nothing_and_that_is_said(self):
		doc = self.linked()
		self.sandbox.fault("messages", "http", times=None, status=404, code="NOT_FOUND")
		proof_api.send_test_message(doc.name)
		for late in (False, True):
			answer = proof_api.get_test_message(doc.name)
			self.assertEqual((answer["state"], answer["may_be_dead"]), ("Sent", False), late)
			self.assertIn("does not report deliveries", answer["message"])
			self.assertNotIn("retry_after", answer)
		self.assertEqual(len(self.sent("GET")), 1)
		self.sandbox.clear_faults()
		frappe.cache.delete_keys("whatsapp_proof_")
		self.assertEqual(proof_api.get_test_message(doc.name)["state"], "Read")

	def test_an_overdue_message_is_looked_up_whoever_looked_a_moment_ago(self):
		doc = self.linked()
		self.sandbox.fault("messages", "http", times=9, status=500)
		proof_api.send_test_message(doc.name)
		self.assertEqual(proof_api.get_test_message(doc.name)["state"], "Sent")
		self.sandbox.clear_faults()
		with self.late():
			self.assertEqual(proof_api.get_test_message(doc.name)["state"], "Read")

	def test_a_list_that_cannot_be_read_now_is_read_later(self):
		doc = self.linked()
		self.sandbox.fault("messages", "http", times=9, status=500)
		proof_api.send_test_message(doc.name)
		self.assertEqual(proof_api.get_test_message(doc.name)["state"], "Sent")
		self.sandbox.clear_faults()
		frappe.cache.delete_keys("whatsapp_proof_asked")
		self.assertEqual(proof_api.get_test_message(doc.name)["state"], "Read")
