"""One phone that is linked to several sessions is said on each of them."""

from __future__ import annotations

from typing import Any

from xappiens_whatsapp.api import diagnosis, session
from xappiens_whatsapp.tests.base import MANAGER, VIEWER
from xappiens_whatsapp.tests.test_truth import PHONES, TruthTestCase


class TestSamePhone(TruthTestCase):
	"""Real servers link one phone to several sessions."""

	sandbox_options = {**TruthTestCase.sandbox_options, "exclusive_numbers": False}

	def both(self) -> list[Any]:
		names = [session.create_session(self.new_id(), label)["session"] for label in ("Ventas", "Taller")]
		phone_number = f"3460{next(PHONES):07}"
		for name in names:
			self.sandbox.scan(name, phone_number=phone_number)
			session.get_session_status(name)
		return [self.fresh(name) for name in names]

	def others_of(self, doc: Any) -> list[str]:
		doc.run_method("onload")
		return doc.get("__onload")["same_phone"]

	def said(self, doc: Any, user: str | None = None) -> tuple[list[str], ...]:
		"""On the form, in the answer about the state, and in the list of sessions."""
		status = self.call("get_session_status", user=user or MANAGER, session_id=doc.name).message["data"]
		rows = self.call("list_sessions", user=user or MANAGER).message["sessions"]
		listed = next(row["same_phone"] for row in rows if row["local"] == doc.name)
		with self.as_user(user or MANAGER):
			return self.others_of(self.fresh(doc.name)), status["same_phone"], listed

	def test_it_is_said_on_both_everywhere_until_one_is_disconnected(self):
		first, second = self.both()
		self.assertEqual(self.said(first), (["Taller"],) * 3)
		self.assertEqual(self.said(second), (["Ventas"],) * 3)
		session.disconnect_session(second.name)
		self.assertEqual(self.said(first), ([],) * 3)

	def test_a_session_that_is_down_keeps_its_number_and_is_no_second_one(self):
		self.settings(disconnect_mode="Keep on the server")
		first, second = self.both()
		session.disconnect_session(second.name)
		self.assertTrue(self.fresh(second.name).phone_number)
		for doc in (first, second):
			self.assertEqual(self.said(doc), ([],) * 3)

	def test_people_read_of_sessions_that_they_may_see(self):
		first, second = self.both()
		self.assign(first.name, VIEWER, "Viewer")
		self.assertEqual(self.said(first, VIEWER), ([],) * 3)
		self.assign(second.name, VIEWER, "Viewer")
		self.assertEqual(self.said(first, VIEWER), (["Taller"],) * 3)

	def test_the_diagnosis_finds_both(self):
		names = {doc.name for doc in self.both()}
		found = {row["session"] for row in diagnosis.diagnose()["findings"] if row["kind"] == "phone_twice"}
		self.assertEqual(found, names)
