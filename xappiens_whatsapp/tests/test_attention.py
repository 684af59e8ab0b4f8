"""Which sessions need a person: one definition, and everything that shows or counts it agrees."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import frappe

import xappiens_whatsapp
from xappiens_whatsapp import SESSION
from xappiens_whatsapp.api import health, session
from xappiens_whatsapp.sessions import attention, phones, reasons, records, states
from xappiens_whatsapp.setup.migration import compute_attention
from xappiens_whatsapp.tests.base import WhatsAppTestCase

CARDS = Path(xappiens_whatsapp.__file__).parent / "xappiens_whatsapp/number_card"
PHONE, OTHER = "34600000021", "34600000022"
UP = {"status": "Connected", "is_connected": 1}
SHOWN = (
	UP,
	{**UP, "proof_state": "Failed"},
	{**UP, "phone_number": OTHER, "expected_number": f"+{PHONE}", "wrong_phone": 1},
	{"status": "Disconnected"},
	{"status": "Disconnected", "stopped_here": 1},
	{"status": "Disconnected", "is_active": 0},
	{"status": "QR Code Required"},
	{"status": "Connecting"},
)
GROWN = {
	"needed by card": 5,
	"needed by health": 5,
	"needed in the list": 5,
	"connected by card": 2,
	"connected by health": 2,
}
IS_WRONG = (
	(PHONE, f"+{PHONE}", "Connected", 0),
	(OTHER, f"+{PHONE}", "Connected", 1),
	(None, f"+{PHONE}", "Connected", 0),
	("", f"+{PHONE}", "Connected", 0),
	(OTHER, None, "Connected", 0),
	(OTHER, "", "Connected", 0),
	(OTHER, f"+{PHONE}", "Disconnected", 0),
	(OTHER, f"+{PHONE}", "Connecting", 0),
)
STAYS_WRONG = (
	({"status": "Connecting"}, 1),
	({"status": "Disconnected"}, 1),
	({"status": "Disconnected", "phone_number": None}, 0),
	({"status": "Connecting", "expected_number": f"+{OTHER}"}, 0),
	({"status": "Connecting", "expected_number": None}, 0),
)
SAME = (
	("5215512345678", "+525512345678"),
	("5491123456789", "+541123456789"),
	("551187654321", "+5511987654321"),
	("34600000021", "+34600000021"),
)
DIFFERENT = (
	("551133334444", "+5511933334444"),
	("525512345678", "+525512345679"),
	("34600000021", "+3460000002"),
	("1600000021", "+11600000021"),
)


def row_of(**values: Any) -> frappe._dict:
	fields = dict.fromkeys(records.FIELDS)
	return frappe._dict({**fields, "is_active": 1, "status": states.CONNECTED, **values})


def marks_of(**values: Any) -> dict[str, object]:
	row = row_of(**values)
	return attention.marks(row, row)


class TestDefinition(WhatsAppTestCase):
	def test_every_state_stopped_or_not_active_or_not(self):
		every = set(states.STATUS_OF_WORD.values())
		for status, stopped_here, is_active in product(every, (0, 1), (0, 1)):
			with self.subTest(status, stopped_here=stopped_here, is_active=is_active):
				marks = marks_of(status=status, stopped_here=stopped_here, is_active=is_active)
				is_calm = status == "Connected" or (stopped_here and status in ("Disconnected", "Error"))
				self.assertEqual(bool(marks["needs_attention"]), bool(is_active) and not is_calm)

	def test_what_the_server_brings_up_again_was_not_stopped(self):
		for status in set(states.STATUS_OF_WORD.values()) - set(states.DOWN):
			self.assertEqual(marks_of(status=status, stopped_here=1)["stopped_here"], 0)
		self.assertEqual(marks_of(status="Disconnected", stopped_here=1)["stopped_here"], 1)

	def test_a_failed_proof_needs_attention_and_no_other_proof(self):
		for proof_state, needed in (("Failed", 1), ("", 0), ("Sent", 0), ("Delivered", 0), ("Read", 0)):
			self.assertEqual(marks_of(proof_state=proof_state)["needs_attention"], needed)
		self.assertEqual(marks_of(proof_state="Failed", is_active=0)["needs_attention"], 0)

	def test_a_phone_is_wrong_only_where_both_numbers_are_known_and_connected(self):
		for phone_number, expected_number, status, wrong in IS_WRONG:
			with self.subTest(phone_number, expected=expected_number, status=status):
				marks = marks_of(phone_number=phone_number, expected_number=expected_number, status=status)
				self.assertEqual(marks["wrong_phone"], wrong)

	def test_a_phone_that_was_found_wrong_is_so_while_it_reconnects(self):
		before = row_of(phone_number=OTHER, expected_number=f"+{PHONE}", wrong_phone=1)
		for changes, wrong in STAYS_WRONG:
			row = row_of(**{**before, **changes})
			self.assertEqual(attention.marks(row, before)["wrong_phone"], wrong, changes)

	def test_one_phone_in_two_spellings_is_one_phone(self):
		for one, other in SAME:
			self.assertTrue(phones.is_same(one, other))
			self.assertTrue(phones.is_same(other, one))
		for one, other in DIFFERENT:
			self.assertFalse(phones.is_same(one, other))


class TestEverythingAgrees(WhatsAppTestCase):
	def filters_of(self, card: str) -> list[list[Any]]:
		stored = json.loads((CARDS / card / f"{card}.json").read_text())
		filters = json.loads(stored["filters_json"])
		self.assertEqual(
			{len(row) for row in filters}, {4}, "Frappe 16 drops the last one of those with five parts"
		)
		return [row[1:] for row in filters]

	def counted(self) -> dict[str, int]:
		found = health.status()
		table = session.list_sessions()["sessions"]
		return {
			"needed by card": frappe.db.count(SESSION, self.filters_of("whatsapp_needing_attention")),
			"needed by health": found["needing_attention"],
			"needed in the list": sum(bool(row["needs_attention"]) for row in table),
			"connected by card": frappe.db.count(SESSION, self.filters_of("whatsapp_connected")),
			"connected by health": found["sessions"]["Connected"],
		}

	def test_the_card_of_unchecked_sessions_knows_every_reason_not_to_be(self):
		(codes,) = (row[2] for row in self.filters_of("whatsapp_not_checked") if row[0] == "error_code")
		self.assertEqual(sorted(codes), sorted(failure.error_code for failure in reasons.NOT_ASKED))

	def test_cards_health_and_list(self):
		before = self.counted()
		for values in SHOWN:
			self.fresh(self.new_record(**values).name).save()
			frappe.db.commit()
		grown = {name: count - before[name] for name, count in self.counted().items()}
		self.assertEqual(grown, GROWN)


class TestOwnHand(WhatsAppTestCase):
	def save(self, name: str, **values: Any) -> None:
		self.fresh(name).update(values).save()
		frappe.db.commit()

	def needs(self, name: str) -> bool:
		return bool(self.fresh(name).needs_attention)

	def test_a_new_record_waits_for_its_phone(self):
		doc = self.new_record()
		self.assertTrue(self.needs(doc.name))
		session.create_session(doc.name, "Ventas")
		self.assertTrue(self.needs(doc.name))

	def test_who_disconnects_needs_nobody_until_it_is_connected_again(self):
		for mode in ("Delete on the server", "Keep on the server"):
			with self.subTest(mode):
				self.settings(disconnect_mode=mode)
				doc = self.linked_session()
				self.assertFalse(self.needs(doc.name))
				session.disconnect_session(doc.name)
				session.refresh_sessions([doc.name])
				self.assertFalse(self.needs(doc.name))
				session.connect_session(doc.name)
				session.get_session_status(doc.name)
				self.assertFalse(self.fresh(doc.name).stopped_here)
				self.sandbox.drop(doc.session_id, 401)
				session.get_session_status(doc.name)
				self.assertTrue(self.needs(doc.name))

	def test_a_drop_needs_somebody_and_inactive_sessions_do_not(self):
		doc = self.linked_session()
		self.sandbox.drop(doc.session_id, 401)
		session.get_session_status(doc.name)
		self.assertTrue(self.needs(doc.name))
		self.save(doc.name, is_active=0)
		self.assertFalse(self.needs(doc.name))
		self.save(doc.name, is_active=1)
		self.assertTrue(self.needs(doc.name))

	def test_nobody_writes_it_by_a_save(self):
		doc = self.linked_session()
		self.save(doc.name, needs_attention=1, wrong_phone=1, stopped_here=1)
		after = self.fresh(doc.name)
		self.assertEqual((after.needs_attention, after.wrong_phone, after.stopped_here), (0, 0, 0))

	def test_records_from_before_heal_by_one_migrate(self):
		dropped = self.new_record(status="Disconnected", status_since="2026-01-01", error_code="401")
		stopped = self.new_record(status="Disconnected", status_since="2026-01-01")
		unlinked = self.new_record(status="Disconnected")
		connected = self.new_record(status="Connected", is_connected=1)
		names = [doc.name for doc in (dropped, stopped, unlinked, connected)]
		for name in names:
			frappe.db.set_value(SESSION, name, {"needs_attention": 0, "stopped_here": 0})
		for _count in range(2):
			compute_attention()
			self.assertEqual(
				[frappe.db.get_value(SESSION, name, "needs_attention") for name in names], [1, 0, 1, 0]
			)
