"""How much of the time sessions were connected, as form, report, card and health say it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe.utils import now_datetime

from xappiens_whatsapp import SESSION_EVENT
from xappiens_whatsapp.sessions import story, uptime
from xappiens_whatsapp.tests.base import AGENT, MANAGER, WhatsAppTestCase, counted_statements
from xappiens_whatsapp.xappiens_whatsapp.report.whatsapp_uptime.whatsapp_uptime import execute

HOUR = 3600
DAY = 24 * HOUR


class UptimeTestCase(WhatsAppTestCase):
	def recorded(self, *turns: tuple[float, str], status: str = "Connected", **values: Any) -> Any:
		"""A record with turns so many hours ago."""
		doc = self.new_record(status=status, is_connected=int(status == "Connected"), **values)
		frappe.db.delete(SESSION_EVENT, {"session": doc.name})
		self.now = now_datetime()
		before: datetime | None = None
		for hours, event in turns:
			at = self.now - timedelta(hours=hours)
			seconds = round((at - before).total_seconds()) if before else 0
			values = {"session": doc.name, "event": event, "at": at, "seconds": seconds}
			frappe.get_doc(doctype=SESSION_EVENT, **values).insert()
			before = at
		frappe.db.commit()
		return doc

	def measured(self, doc: Any, days: int = 7) -> uptime.Uptime:
		return uptime.of_sessions([doc.name])[doc.name][days]

	def assert_times(self, found: uptime.Uptime, up: float, down: float, drops: int, longest: float) -> None:
		self.assertEqual(found.drops, drops)
		for told, expected in ((found.up, up), (found.down, down), (found.longest, longest)):
			self.assertAlmostEqual(told, expected * HOUR, delta=30)


class TestShare(UptimeTestCase):
	def test_what_lies_before_the_first_linking_counts_neither_way(self):
		doc = self.recorded((10, "Created"), (8, "Linked"))
		self.assert_times(self.measured(doc), up=8, down=0, drops=0, longest=0)
		self.assertEqual(self.measured(doc).percent, 100)

	def test_drops_count_with_how_long_they_lasted(self):
		doc = self.recorded((100, "Linked"), (60, "Dropped"), (50, "Back"), (10, "Dropped"), (5, "Back"))
		found = self.measured(doc)
		self.assert_times(found, up=85, down=15, drops=2, longest=10)
		self.assertAlmostEqual(found.percent, 85, delta=0.1)

	def test_a_drop_that_lasts_until_now_is_counted_until_now(self):
		doc = self.recorded((20, "Linked"), (15, "Dropped"), status="Disconnected")
		self.assert_times(self.measured(doc), up=5, down=15, drops=1, longest=15)

	def test_time_after_our_own_disconnect_is_nobodys_fault(self):
		doc = self.recorded((40, "Linked"), (30, "Disconnected"), (10, "Linked"), (6, "Dropped"), (4, "Back"))
		self.assert_times(self.measured(doc), up=18, down=2, drops=1, longest=2)

	def test_the_window_cuts_what_began_before_it(self):
		doc = self.recorded((20 * 24, "Linked"), (8 * 24, "Dropped"), (6 * 24, "Back"))
		self.assert_times(self.measured(doc, 7), up=6 * 24, down=24, drops=0, longest=24)
		self.assert_times(self.measured(doc, 30), up=18 * 24, down=48, drops=1, longest=48)

	def test_a_quiet_window_is_read_off_the_record(self):
		since = now_datetime() - timedelta(days=60)
		up = self.recorded(status_since=since)
		self.assert_times(self.measured(up, 30), up=30 * 24, down=0, drops=0, longest=0)
		down = self.recorded(status="Disconnected", down_since=since)
		self.assertEqual(self.measured(down, 30).percent, 0)
		never = self.recorded(status="Disconnected")
		self.assertIsNone(self.measured(never, 30).percent)

	def test_pruned_rows_leave_what_is_known(self):
		doc = self.recorded((29 * 24, "Linked"), (2, "Dropped"), (1, "Back"))
		frappe.db.delete(SESSION_EVENT, {"session": doc.name, "event": ("in", ("Linked", "Dropped"))})
		frappe.db.commit()
		self.assert_times(self.measured(doc, 30), up=1, down=1, drops=0, longest=1)

	def test_many_sessions_cost_no_more_statements_than_one(self):
		docs = [self.recorded((9, "Linked"), (3, "Dropped"), (2, "Back")) for _ in range(12)]
		self.assertEqual(self.statements_of([docs[0]]), self.statements_of(docs))

	def statements_of(self, docs: list[Any]) -> int:
		with counted_statements() as counted:
			uptime.of_sessions([doc.name for doc in docs])
		return len(counted)


class TestWhereItIsSaid(UptimeTestCase):
	def test_the_form_has_it_with_the_story(self):
		doc = self.recorded((100, "Linked"), (60, "Dropped"), (50, "Back"))
		doc.creation = self.now - timedelta(days=9)
		doc.run_method("onload")
		told = doc.get("__onload").uptime
		self.assertEqual((told["drops"], told["longest"]), (1, 10 * HOUR))
		self.assertAlmostEqual(told["percent_7"], 90, delta=0.1)
		self.assertTrue(doc.get("__onload").story["events"])
		told = [row.event for row in story.read(doc.name, doc.creation, 0, 10_000) if row.event != "Changed"]
		self.assertEqual(told, ["Back", "Dropped", "Linked"])

	def test_the_report_lists_the_least_connected_first(self):
		good = self.recorded((100, "Linked"))
		bad = self.recorded((100, "Linked"), (50, "Dropped"), status="Disconnected")
		unknown = self.recorded(status="Disconnected")
		columns, rows, _message, chart = execute()
		mine = [row["name"] for row in rows if row["name"] in (good.name, bad.name, unknown.name)]
		self.assertEqual(mine, [bad.name, good.name, unknown.name])
		self.assertEqual(set(rows[0]), {column["fieldname"] for column in columns} | {"phone_number"})
		self.assertEqual(len(chart["data"]["labels"]), len(chart["data"]["datasets"][0]["values"]))

	def test_people_see_the_sessions_that_they_are_assigned_to(self):
		own = self.recorded((100, "Linked"))
		foreign = self.recorded((100, "Linked"), (50, "Dropped"), status="Disconnected")
		self.assign(own.name, AGENT, "Agent")
		with self.as_user(AGENT):
			_columns, rows, *_rest = execute()
		self.assertIn(own.name, [row["name"] for row in rows])
		self.assertNotIn(foreign.name, [row["name"] for row in rows])
		card = self.call("xappiens_whatsapp.api.story.uptime_card", "GET", user=AGENT)
		self.assertEqual(card.message["value"], 100)

	def test_a_card_without_sessions_says_that_nothing_is_known(self):
		doc = self.recorded((100, "Linked"))
		self.change_user(AGENT, "language", "en", afterwards="en")
		card = self.call("xappiens_whatsapp.api.story.uptime_card", "GET", user=AGENT).message
		self.assertEqual(card, "Not known yet")
		self.assign(doc.name, AGENT, "Agent")
		card = self.call("xappiens_whatsapp.api.story.uptime_card", "GET", user=AGENT).message
		self.assertEqual(card["value"], 100)

	def test_inactive_sessions_are_left_out_unless_asked_for(self):
		doc = self.recorded((100, "Linked"), is_active=0)
		listed = {bool(wanted): execute({"with_inactive": wanted})[1] for wanted in (0, 1)}
		self.assertNotIn(doc.name, [row["name"] for row in listed[False]])
		self.assertIn(doc.name, [row["name"] for row in listed[True]])

	def test_monitors_get_it(self):
		self.recorded((100, "Linked"), (50, "Dropped"), status="Disconnected")
		answer = self.call("xappiens_whatsapp.api.health.status", "GET", user=MANAGER).message
		self.assertEqual(set(answer["uptime"]), {"percent_7", "percent_30", "drops", "longest"})
		text = self.call("xappiens_whatsapp.api.health.metrics", "GET", user=MANAGER).text
		self.assertRegex(text, r'whatsapp_uptime_ratio\{days="30"\} 0\.\d+')
