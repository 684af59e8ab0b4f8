"""One test message a day and session, where the settings say so, and who hears of one that does not arrive."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import frappe
from frappe.utils import now_datetime

from xappiens_whatsapp.api import health
from xappiens_whatsapp.api import proof as proof_api
from xappiens_whatsapp.background import proofs as background
from xappiens_whatsapp.server import budget, features, gateway
from xappiens_whatsapp.sessions import proof_steps, states
from xappiens_whatsapp.site import copies, shared
from xappiens_whatsapp.tests.base import MANAGER, set_setting
from xappiens_whatsapp.tests.test_proofs import ProofTestCase
from xappiens_whatsapp.tests.workers import run_jobs


class DailyTestCase(ProofTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.addCleanup(self.settings, daily_proof="Off")
		self.addCleanup(self.sandbox.behave, features={})

	def accept_webhooks(self) -> None:
		super().accept_webhooks()
		self.choose(now_datetime())

	def choose(self, moment: datetime) -> None:
		set_setting("daily_proof", f"{moment:%H}:00")

	@contextmanager
	def at(self, minute: int = 59) -> Iterator[None]:
		"""In the hour that was chosen, which may end while a test runs."""
		moment = now_datetime().replace(minute=minute)
		self.choose(moment)
		with patch.object(background, "now_datetime", lambda: moment):
			yield

	def run_pass(self, minute: int = 59) -> list[str]:
		frappe.db.commit()
		with self.at(minute):
			background.run()
		frappe.db.commit()
		run_jobs()
		return self.texts()

	def texts(self) -> list[str]:
		return [path.removeprefix("POST /api/messages/").removesuffix("/send") for path in self.sent_texts()]


class TestOneADay(DailyTestCase):
	def test_each_connected_session_gets_one_and_only_one(self):
		docs = [self.connected() for _session in range(3)]
		self.assertEqual(sorted(self.run_pass()), sorted(doc.session_id for doc in docs))
		self.assertEqual(len(self.run_pass()), 3)
		self.assertEqual({self.fresh(doc.name).proof_state for doc in docs}, {"Sent"})

	def test_sessions_that_are_down_not_active_or_without_a_number_are_left_alone(self):
		self.connected(status="Disconnected", is_connected=0)
		self.connected(is_active=0)
		self.connected(phone_number=None)
		doc = self.connected()
		self.assertEqual(self.run_pass(), [doc.session_id])

	def test_switched_off_nothing_is_sent(self):
		doc = self.connected()
		with self.at():
			set_setting("daily_proof", "Off")
			background.enqueue_proofs()
			run_jobs()
			background.run()
		self.assertEqual(self.texts(), [])
		self.assertEqual(self.run_pass(), [doc.session_id])

	def test_at_another_hour_nothing_is_sent(self):
		doc = self.connected()
		with self.at():
			self.choose(now_datetime() + timedelta(hours=5))
			background.enqueue_proofs()
			run_jobs()
			background.run()
		self.assertEqual(self.texts(), [])
		self.assertEqual(self.run_pass(), [doc.session_id])

	def test_the_scheduler_starts_it(self):
		"""With an id of the hour's first minute: a bench's own worker goes by the real clock."""
		ids = iter(self.new_id, "")
		doc = self.connected(session_id=next(one for one in ids if background.minute_of(one) == 0))
		with self.at():
			background.enqueue_proofs()
			frappe.db.commit()
			run_jobs()
		self.assertEqual(self.texts(), [doc.session_id])

	def test_is_spread_over_the_hour(self):
		docs = [self.connected() for _session in range(8)]
		by_minute = {minute: len(self.run_pass(minute)) for minute in (0, 15, 30, 45, 50)}
		self.assertEqual(by_minute[50], 8)
		for minute, count in by_minute.items():
			self.assertEqual(
				count, sum(background.minute_of(doc.session_id) <= minute for doc in docs), minute
			)

	def test_a_copy_of_a_site_sends_nothing(self):
		doc = self.connected()
		copies.remember("linked_site", "production.example|")
		self.addCleanup(copies.move_here)
		self.assertEqual(self.run_pass(), [])
		copies.move_here()
		self.assertEqual(self.run_pass(), [doc.session_id])

	def test_a_server_that_asks_to_slow_down_ends_the_pass_and_the_rest_comes_later(self):
		docs = [self.connected() for _session in range(3)]
		self.sandbox.fault("send", "slow", seconds=0)
		self.sandbox.fault("send", "rate_limit", reset=60)
		with patch.object(background, "PATIENCE", 0.0):
			self.assertEqual(len(self.run_pass()), 2)
			frappe.cache.delete_keys("whatsapp_budget")
			self.assertEqual(len(self.run_pass()), 4)
		self.assertEqual({self.fresh(doc.name).proof_state for doc in docs}, {"Sent"})

	def test_takes_the_background_share_of_the_budget_and_leaves_the_rest_to_people(self):
		doc, key = self.connected(), self.sandbox.api_key
		shared.write(budget.window_key(key), f"10 {time.time() + 300}", 300)
		for _request in range(5):
			budget.spend(key)
		with patch.object(background, "PATIENCE", 0.0):
			self.assertEqual(self.run_pass(), [])
		self.assertEqual(proof_api.send_test_message(doc.name)["state"], "Sent")

	def test_one_whose_outcome_nobody_knows_is_not_sent_again(self):
		doc = self.connected()
		self.sandbox.fault("send", "http", status=500, performed=True)
		self.run_pass()
		self.assertEqual(self.run_pass(), [doc.session_id])

	def test_a_server_that_is_away_is_tried_again_in_the_next_pass(self):
		doc = self.connected()
		features.of(gateway.connect_to_server())
		self.sandbox.stop()
		self.addCleanup(self.sandbox.start)
		self.assertEqual(self.run_pass(), [])
		self.assertEqual(self.fresh(doc.name).proof_state or "", "")
		self.sandbox.start()
		self.assertEqual(self.run_pass(), [doc.session_id])

	def test_a_server_that_sends_nothing_is_asked_nothing(self):
		doc = self.connected()
		self.sandbox.behave(features={"sendText": False})
		self.assertEqual((self.run_pass(), self.sent()), ([], ["GET /health"]))
		self.sandbox.behave(features={})
		frappe.cache.delete_keys("whatsapp_features")
		self.assertEqual(self.run_pass(), [doc.session_id])

	def test_a_session_that_dropped_unseen_is_learned_and_the_others_get_theirs(self):
		down, up = self.connected(), self.connected()
		self.sandbox.drop(down.session_id, 428)
		self.assertEqual(set(self.run_pass()), {down.session_id, up.session_id})
		self.assertEqual(self.fresh(down.name).status, "Disconnected")
		self.assertEqual(self.fresh(down.name).proof_state or "", "")
		self.assertEqual(self.fresh(up.name).proof_state, "Sent")


class TestFailures(DailyTestCase):
	def known_to_report(self, *docs: Any) -> None:
		for doc in docs:
			doc.db_set("server_id", "known")
		proof_steps.note_that_server_reports("known")

	def fail(self, *docs: Any) -> None:
		self.known_to_report(*docs)
		self.run_pass()
		with self.late():
			self.run_pass()

	def test_several_together_are_told_once_to_those_concerned(self):
		docs = [self.connected() for _session in range(2)]
		self.change_user(MANAGER, "language", "en", afterwards="en")
		self.fail(*docs)
		self.assertEqual({self.fresh(doc.name).proof_state for doc in docs}, {"Failed"})
		(subject,) = [text for doc in docs for text in self.told(doc, MANAGER)]
		self.assertIn("2 WhatsApp numbers are connected", subject)
		self.run_pass()
		self.assertEqual(len([text for doc in docs for text in self.told(doc, MANAGER)]), 1)

	def test_one_is_told_by_name_and_not_again_the_next_day_until_one_arrived(self):
		doc = self.connected()
		self.fail(doc)
		self.assertEqual(len(self.told(doc, MANAGER)), 1)
		self.next_day()
		self.fail(doc)
		self.assertEqual((self.fresh(doc.name).proof_state, len(self.told(doc, MANAGER))), ("Failed", 1))
		self.next_day()
		self.run_pass()
		self.tell(doc, 2)
		self.assertEqual(self.fresh(doc.name).proof_state, "Delivered")
		self.next_day()
		self.fail(doc)
		self.assertEqual(len(self.told(doc, MANAGER)), 2)

	def next_day(self) -> None:
		frappe.cache.delete_keys("whatsapp_proof_daily")
		frappe.cache.delete_keys("whatsapp_proof_asked")

	def test_a_restricted_account_is_told_at_once(self):
		doc = self.connected()
		self.sandbox.restrict(doc.session_id, 3600)
		self.run_pass()
		self.assertEqual(self.fresh(doc.name).proof_state, "Failed")
		self.assertEqual(len(self.told(doc, MANAGER)), 1)

	def test_a_person_s_own_test_alarms_nobody_but_fails_without_the_dialog(self):
		doc = self.connected()
		self.known_to_report(doc)
		proof_api.send_test_message(doc.name)
		set_setting("daily_proof", "Off")
		with self.late():
			background.enqueue_proofs()
			frappe.db.commit()
			run_jobs()
		self.assertEqual(self.fresh(doc.name).proof_state, "Failed")
		self.assertEqual(self.told(doc), [])

	def test_where_alerts_are_off_nobody_is_told(self):
		doc = self.connected()
		set_setting("send_alerts", 0)
		self.fail(doc)
		self.assertEqual((self.fresh(doc.name).proof_state, self.told(doc)), ("Failed", []))
		set_setting("send_alerts", 1)
		self.next_day()
		self.fail(doc)
		self.assertEqual(len(self.told(doc, MANAGER)), 1)


class TestHealth(DailyTestCase):
	def test_counts_the_results_and_the_oldest_proof_without_names(self):
		before = health.status()["proofs"]
		self.connected(proof_state=states.FAILED)
		self.connected(proof_state=states.READ, last_proof="2020-01-02 03:04:05")
		self.connected(is_active=0, proof_state=states.READ, last_proof="2019-01-02 03:04:05")
		status = health.status()
		self.assertEqual(status["proofs"]["Failed"], before["Failed"] + 1)
		self.assertEqual(status["proofs"]["Read"], before["Read"] + 1)
		self.assertEqual(status["oldest_proof"][:19], "2020-01-02 03:04:05")
