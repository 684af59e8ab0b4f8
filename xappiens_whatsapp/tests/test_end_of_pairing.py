"""What was known of one phone says nothing of the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xappiens_whatsapp.api import proof as proof_api
from xappiens_whatsapp.api import session
from xappiens_whatsapp.tests.test_proofs import ProofTestCase

OTHER = "34600000002"


class TestTheProofEndsWithThePairing(ProofTestCase):
	def ends(self) -> dict[str, Callable[[Any], None]]:
		return {
			"logged out on the phone": lambda doc: self.sandbox.drop(doc.session_id, 401),
			"disconnected here": lambda doc: session.disconnect_session(doc.name),
			"gone from the server": lambda doc: self.sandbox.forget(doc.session_id),
		}

	def test_whatever_ends_it(self):
		for what, end in self.ends().items():
			for ack in (2, -1):
				with self.subTest(what, ack=ack):
					doc = self.linked()
					proof_api.send_test_message(doc.name)
					self.tell(doc, ack)
					self.assertTrue(self.fresh(doc.name).proof_state)
					end(doc)
					session.refresh_sessions([doc.name])
					self.link_again(doc)
					after = self.fresh(doc.name)
					self.assertEqual((after.proof_state or "", after.last_proof), ("", None))
					self.assertEqual((after.status, after.needs_attention), ("Connected", 0))
					self.assertEqual(proof_api.send_test_message(doc.name)["state"], "Sent")

	def link_again(self, doc: Any) -> None:
		session.create_session(doc.session_id, doc.session_name)
		session.connect_session(doc.name)
		self.sandbox.scan(doc.session_id, OTHER)
		session.get_session_status(doc.name)

	def test_what_is_told_late_of_its_message_is_of_no_account(self):
		doc = self.linked()
		proof_api.send_test_message(doc.name)
		message_id = self.message_id()
		session.disconnect_session(doc.name)
		self.link_again(doc)
		self.tell(doc, 3, message_id=message_id)
		self.assertEqual(self.state(doc), ("", False))

	def test_a_drop_that_comes_back_keeps_it(self):
		doc = self.linked()
		proof_api.send_test_message(doc.name)
		self.tell(doc, 2)
		self.sandbox.drop(doc.session_id, 428)
		session.get_session_status(doc.name)
		session.connect_session(doc.name)
		session.get_session_status(doc.name)
		self.assertEqual(self.state(doc), ("Delivered", True))
