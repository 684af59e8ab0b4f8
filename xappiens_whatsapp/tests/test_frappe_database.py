"""What the app takes for granted of Frappe's database: the same on v15, v16 and the development site."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import frappe

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.tests.base import AGENT, WhatsAppTestCase

ROW = "WhatsApp Session User"
MOMENT = datetime(2026, 1, 2, 3, 4, 5)


class DatabaseTestCase(WhatsAppTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.prefix = self.new_id()

	def add(self, session_name: str, **values: Any) -> str:
		session_id = f"{self.prefix}-{frappe.generate_hash(length=6)}"
		return self.new_record(session_id=session_id, session_name=session_name, **values).name

	def found(self, *filters: Any, **options: Any) -> list[str]:
		"""Session names of this test's records, by a list."""
		mine = [SESSION, "session_id", "like", f"{self.prefix}%"]
		return frappe.get_all(
			SESSION,
			filters=[mine, *filters],
			**{"pluck": "session_name", "order_by": "session_name", **options},
		)

	def values(self, **filters: Any) -> list[str]:
		"""The same by frappe.db.get_values, which builds its condition in another way."""
		filters["session_id"] = ("like", f"{self.prefix}%")
		return sorted(frappe.db.get_values(SESSION, filters, "session_name", pluck=True))


class TestFilters(DatabaseTestCase):
	def test_text_is_compared_without_case_accents_and_spaces_at_the_end(self):
		name = self.add("Sesión Uno")
		for same in ("Sesión Uno", "sesion uno", "SESIÓN UNO  "):
			with self.subTest(same):
				self.assertEqual(self.found(["session_name", "=", same]), ["Sesión Uno"])
				self.assertEqual(self.found(["session_name", "in", ["x", same]]), ["Sesión Uno"])
				self.assertEqual(self.values(session_name=same), ["Sesión Uno"])
		for other in ("Sesión", " Sesión Uno", "Sesión  Uno"):
			self.assertEqual(self.found(["session_name", "=", other]), [])
		self.assertEqual(frappe.db.exists(SESSION, f"{name.upper()} "), name)
		self.assertEqual(frappe.db.get_value(SESSION, {"session_id": name.upper()}, ["name"]), name)
		self.assertEqual(frappe.get_doc(SESSION, name.upper()).session_id, name)

	def test_like_knows_wildcards_and_takes_a_backslash_for_their_escape(self):
		for name in ("10% off", "10x off", "a_b", "axb"):
			self.add(name)
		self.assertEqual(self.found(["session_name", "like", "10%"]), ["10% off", "10x off"])
		self.assertEqual(self.found(["session_name", "like", "A_B"]), ["a_b", "axb"])
		self.assertEqual(self.found(["session_name", "like", "a_b "]), [])
		self.assertEqual(self.found(["session_name", "not like", "1%"]), ["a_b", "axb"])
		self.add("Sesión Uno")
		self.assertEqual(self.found(["session_name", "like", "sesion%"]), ["Sesión Uno"])
		self.assertEqual(self.values(session_name=("like", "10\\%%")), ["10% off"])
		self.assertEqual(self.values(session_name=("like", "a\\_b")), ["a_b"])

	def test_nothing_counts_as_empty_in_lists_and_matches_nothing_in_get_value(self):
		self.add("with", error_code="X")
		self.add("without")
		self.assertEqual(self.found(["error_code", "!=", "Y"]), ["with", "without"])
		self.assertEqual(self.found(["error_code", "is", "set"]), ["with"])
		self.assertEqual(self.found(["error_code", "is", "not set"]), ["without"])
		self.assertEqual(self.found(["error_code", "=", ""]), ["without"])
		self.assertEqual(self.found(["error_code", "in", ["X", ""]]), ["with", "without"])
		self.assertEqual(self.found(["error_code", "not in", ["X"]]), ["without"])
		self.assertEqual(self.values(error_code=("is", "not set")), ["without"])
		self.assertEqual(self.values(error_code=("!=", "Y")), ["with"])
		self.assertEqual(self.values(error_code=None), ["without"])
		self.assertEqual(self.found(["last_checked", "is", "not set"]), ["with", "without"])

	def test_numbers_and_times_are_compared_as_such(self):
		for number in (9, 10):
			self.add(f"n{number}", session_db_id=number, last_checked=MOMENT + timedelta(hours=number))
		self.assertEqual(self.found(["session_db_id", ">", 9]), ["n10"])
		self.assertEqual(self.found(["session_db_id", ">", "9"]), ["n10"])
		self.assertEqual(self.found(["session_db_id", "in", [9, 11]]), ["n9"])
		self.assertEqual(self.found(["last_checked", "<", MOMENT + timedelta(hours=10)]), ["n9"])
		self.assertEqual(self.values(last_checked=("<", str(MOMENT + timedelta(hours=10)))), ["n9"])

	def test_a_record_is_found_by_its_rows(self):
		self.add("mine", assigned_users=[{"user": AGENT}])
		self.add("other")
		self.assertEqual(self.found([ROW, "user", "=", AGENT]), ["mine"])

	def test_quotes_and_percent_signs_in_values_stay_values(self):
		hostile = "x' or '1'='1 %s 100% \\"
		name = self.add("plain", error_code=hostile)
		self.assertEqual(self.found(["error_code", "=", hostile]), ["plain"])
		self.assertEqual(self.values(error_code=hostile), ["plain"])
		self.assertEqual(frappe.db.get_value(SESSION, name, "error_code"), hostile)
		frappe.db.set_value(SESSION, {"error_code": hostile}, "error_message", "50%")
		for condition, values in (
			("error_code = %s", hostile),
			(f"error_code = {frappe.db.escape(hostile)} and name = %s", [name]),
			(f"name = {frappe.db.escape(name)}", ()),
		):
			query = f"select error_message from `tabWhatsApp Session` where {condition}"
			self.assertEqual(frappe.db.sql(query, values), (("50%",),))
		self.assertEqual(
			frappe.db.sql("select error_message from `tabWhatsApp Session` where error_message = '50%'"),
			(("50%",),),
		)
		self.assertEqual(frappe.db.sql("select name from `tabWhatsApp Session` where name = 'nothing'"), ())

	def test_lists_have_fields_order_and_pages(self):
		_a, b, _c = (self.add(name) for name in ("a", "b", "c"))
		rows = self.found(
			pluck=None,
			fields=["name", "session_name as label"],
			order_by="session_name desc",
			limit=1,
			limit_start=1,
		)
		self.assertEqual(rows, [{"name": b, "label": "b"}])
		self.assertEqual(self.found(order_by="session_name desc", limit_page_length=2), ["c", "b"])
		self.assertEqual(frappe.db.count(SESSION, {"session_id": ("like", f"{self.prefix}%")}), 3)
		self.assertEqual(frappe.db.get_value(SESSION, b, ["session_name", "is_active"]), ("b", 1))


class TestTransactions(DatabaseTestCase):
	def names(self) -> list[str]:
		return self.found()

	def test_a_savepoint_undoes_a_part_and_a_rollback_the_rest(self):
		self.insert("a")
		frappe.db.savepoint("here")
		self.insert("b")
		frappe.db.rollback(save_point="here")
		self.assertEqual(self.found(), ["a"])
		frappe.db.rollback()
		self.assertEqual(self.found(), [])

	def insert(self, name: str) -> Any:
		return frappe.get_doc(doctype=SESSION, session_id=f"{self.prefix}-{name}", session_name=name).insert()

	def test_what_waits_for_the_commit_is_dropped_by_a_rollback(self):
		ran: list[str] = []
		frappe.db.after_commit.add(lambda: ran.append("rolled back"))
		frappe.db.rollback()
		frappe.db.after_commit.add(lambda: ran.append("committed"))
		frappe.db.commit()
		frappe.db.commit()
		self.assertEqual(ran, ["committed"])

	def test_others_see_it_after_the_commit_and_a_lock_makes_them_wait(self):
		name = self.add("counted", session_db_id=0)

		def increment() -> None:
			number = frappe.db.get_value(SESSION, name, "session_db_id", for_update=True)
			time.sleep(0.05)
			frappe.db.set_value(SESSION, name, "session_db_id", number + 1)

		with ThreadPoolExecutor(3) as executor:
			list(executor.map(self.elsewhere, [increment] * 3))
		frappe.db.rollback()
		self.assertEqual(frappe.db.get_value(SESSION, name, "session_db_id"), 3)

	def elsewhere(self, work: Any) -> Any:
		"""As another request or job: its own connection, then a commit."""
		frappe.init(site=self.site, sites_path=self.sites_path, force=True)
		frappe.connect()
		try:
			result = work()
			frappe.db.commit()
			return result
		finally:
			frappe.destroy()

	def setUp(self) -> None:
		super().setUp()
		self.site, self.sites_path = frappe.local.site, frappe.local.sites_path

	def test_an_uncommitted_record_is_invisible_elsewhere(self):
		self.insert("a")
		for expected in ([], ["a"]):
			with ThreadPoolExecutor(1) as executor:
				self.assertEqual(executor.submit(self.elsewhere, self.found).result(), expected)
			frappe.db.commit()
