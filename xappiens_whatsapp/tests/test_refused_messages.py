"""A test message that cannot be sent: what is said of it, that nothing is sent twice, and that the next one goes out."""

from __future__ import annotations

from typing import Any

from xappiens_whatsapp.api import proof as proof_api
from xappiens_whatsapp.api import session
from xappiens_whatsapp.server.exceptions import (
	GatewayFailed,
	GatewayRateLimited,
	GatewayRejected,
	GatewayUnavailable,
	RefusedInThisState,
	SessionMissingOnServer,
)
from xappiens_whatsapp.tests.base import AGENT, MANAGER, VIEWER
from xappiens_whatsapp.tests.test_proofs import PHONE, ProofTestCase

UNKNOWN_OUTCOMES = (
	("http", {"status": 500, "performed": True}, GatewayFailed, 5),
	("reset", {"performed": True}, GatewayUnavailable, 5),
	("slow", {"seconds": 6}, GatewayUnavailable, 3),
	("variant", {"name": "no_id"}, GatewayFailed, 5),
)


class TestWhatCannotBeSent(ProofTestCase):
	def assertRefused(self, error: type[Exception], words: str, doc: Any, **arguments: Any) -> None:
		with self.assertRaises(error) as raised:
			proof_api.send_test_message(doc.name, **arguments)
		self.assertIn(words, str(raised.exception))

	def test_a_session_that_just_dropped_is_learned_and_said(self):
		doc = self.linked()
		self.sandbox.drop(doc.session_id, 401)
		self.assertRefused(RefusedInThisState, "not connected, so nothing was sent", doc)
		after = self.fresh(doc.name)
		self.assertEqual((after.status, after.error_code, after.proof_state), ("Disconnected", "401", ""))
		self.sandbox.clear_requests()
		self.assertRefused(RefusedInThisState, "logged out", doc)
		self.assertEqual(self.sent_texts(), [])
		session.connect_session(doc.name)
		self.sandbox.scan(doc.session_id, PHONE)
		self.assertEqual(proof_api.send_test_message(doc.name)["state"], "Sent")

	def test_a_record_that_is_behind_is_brought_up_to_date_first(self):
		doc = self.linked()
		doc.db_set({"status": "Disconnected", "is_connected": 0, "phone_number": None})
		self.assertEqual(proof_api.send_test_message(doc.name)["state"], "Sent")
		self.assertEqual(self.fresh(doc.name).status, "Connected")

	def test_a_server_that_refuses_as_not_connected_what_it_calls_connected(self):
		doc = self.linked()
		self.sandbox.fault("send", "refusal", name="not_connected")
		self.assertRefused(RefusedInThisState, "press Restart", doc)
		self.assertEqual(self.fresh(doc.name).status, "Connected")
		self.assertEqual(proof_api.send_test_message(doc.name)["state"], "Sent")

	def test_a_server_that_sends_nothing_says_so_and_nothing_is_lost(self):
		doc = self.linked()
		self.sandbox.behave(features={"sendText": False})
		self.addCleanup(self.sandbox.behave, features={})
		self.assertRefused(GatewayRejected, "sends no messages", doc)
		after = self.fresh(doc.name)
		self.assertEqual((after.status, after.session_db_id), ("Connected", doc.session_db_id))
		self.sandbox.behave(features={})
		self.assertEqual(proof_api.send_test_message(doc.name)["state"], "Sent")

	def test_a_session_that_the_server_lost(self):
		doc = self.linked()
		self.sandbox.forget(doc.session_id)
		self.assertRefused(SessionMissingOnServer, "Create Session", doc)
		session.connect_session(doc.name)
		self.sandbox.scan(doc.session_id, PHONE)
		self.assertEqual(proof_api.send_test_message(doc.name)["state"], "Sent")

	def test_its_own_limit_is_said_with_when_to_try_again_and_is_no_trouble_of_the_session(self):
		doc = self.linked()
		for _text in range(10):
			proof_api.send_test_message(doc.name)
		with self.assertRaises(GatewayRateLimited) as raised:
			proof_api.send_test_message(doc.name)
		self.assertIn("ten messages a minute", str(raised.exception))
		self.assertRegex(str(raised.exception), r"Try again in \d+ seconds")
		self.assertTrue(0 < raised.exception.retry_after <= 60)
		self.assertFalse(self.fresh(doc.name).error_code)
		self.sandbox.message_limiter.shift(-60)
		self.assertEqual(proof_api.send_test_message(doc.name)["state"], "Sent")

	def test_what_nobody_knows_is_said_and_never_sent_again(self):
		for kind, details, error, timeout in UNKNOWN_OUTCOMES:
			with self.subTest(kind):
				doc = self.connected()
				before = len(self.sandbox.messages())
				self.settings(webhook_enabled=1, api_timeout=timeout)
				self.sandbox.fault("send", kind, **details)
				self.assertRefused(error, "did not say whether the message went out", doc)
				self.assertEqual(len(self.sandbox.messages()), before + 1)
				self.assertEqual(len(self.sent_texts()), 1)
				self.assertEqual(self.fresh(doc.name).proof_state, "")
				self.settings(webhook_enabled=1)
				self.assertEqual(proof_api.send_test_message(doc.name)["state"], "Sent")

	def test_a_server_that_is_away_sends_nothing_and_is_noted(self):
		doc = self.linked()
		self.sandbox.stop()
		self.addCleanup(self.sandbox.start)
		with self.assertRaises(GatewayUnavailable) as raised:
			proof_api.send_test_message(doc.name)
		self.assertNotIn("did not say", str(raised.exception))
		self.assertEqual(self.fresh(doc.name).error_code, "GATEWAY_UNAVAILABLE")
		self.sandbox.start()
		self.assertEqual(proof_api.send_test_message(doc.name)["state"], "Sent")

	def test_agents_may_and_viewers_only_look(self):
		name = self.linked().name
		self.assign(name, AGENT, "Agent")
		self.assign(name, VIEWER, "Viewer")
		for user, status in ((MANAGER, 200), (AGENT, 200), (VIEWER, 403)):
			self.assertEqual(
				self.call("xappiens_whatsapp.api.proof.send_test_message", user=user, session_id=name).status,
				status,
				user,
			)
			self.assertEqual(
				self.call("xappiens_whatsapp.api.proof.get_test_message", user=user, session_id=name).status,
				200,
				user,
			)
		self.assertEqual(len(self.sent_texts()), 2)


class TestARestrictedAccount(ProofTestCase):
	def test_is_said_with_its_end_and_what_to_do_and_stays_connected(self):
		doc = self.linked()
		self.sandbox.restrict(doc.session_id, 3600)
		with self.assertRaises(GatewayRejected) as raised:
			proof_api.send_test_message(doc.name)
		self.assertRegex(str(raised.exception), r"restricted this number until .*\d\d:\d\d")
		self.assertEqual(self.state(doc), ("Failed", False))
		self.assertFalse(proof_api.get_test_message(doc.name)["may_be_dead"])
		data = session.get_session_status(doc.name)["data"]
		self.assertTrue(data["isConnected"])
		self.assertIn("restricted this number until", data["reason"]["sentence"])
		after = self.fresh(doc.name)
		self.assertEqual((after.status, after.error_code), ("Connected", "463"))
		self.assertTrue(after.restricted_until)

	def test_is_over_when_the_server_says_no_more_of_it(self):
		doc = self.linked()
		self.sandbox.restrict(doc.session_id)
		reason = session.get_session_status(doc.name)["data"]["reason"]
		self.assertNotIn("until", reason["sentence"])
		self.sandbox.restrict(doc.session_id, lifted=True)
		self.assertIsNone(session.get_session_status(doc.name)["data"]["reason"])
		after = self.fresh(doc.name)
		self.assertEqual((after.error_code, after.restricted_until), ("", None))
		self.assertEqual(proof_api.send_test_message(doc.name)["state"], "Sent")

	def test_the_passkey_gate_has_words(self):
		name = session.create_session(self.new_id(), "Ventas")["session"]
		self.sandbox.drop(name, 401, "passkey_required")
		reason = session.get_session_status(name)["data"]["reason"]
		self.assertIn("passkey", reason["sentence"])
		self.assertIn("Passkeys", reason["next_step"])
