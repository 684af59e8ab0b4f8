"""One request budget per key for all workers; people before background work; nothing is sent when it is used up."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import frappe

from xappiens_whatsapp.api import session
from xappiens_whatsapp.baileys.errors import RateLimitedError
from xappiens_whatsapp.baileys.models import RateLimit
from xappiens_whatsapp.server import budget, gateway
from xappiens_whatsapp.server.exceptions import GatewayRateLimited
from xappiens_whatsapp.tests.base import MANAGER, WhatsAppTestCase

KEY = "a-key-that-no-server-has-0000"


def spent_before_refusal(*, background: bool = False) -> int:
	for count in range(1000):
		try:
			budget.spend(KEY, background=background)
		except RateLimitedError:
			return count
	raise AssertionError("the budget has no end")


def spend_elsewhere(site: str, sites_path: str, times: int) -> int:
	"""As another worker: how many requests it got."""
	frappe.init(site, sites_path, force=True)
	frappe.connect()
	got = 0
	try:
		for _request in range(times):
			try:
				budget.spend(KEY)
				got += 1
			except RateLimitedError:
				continue
		return got
	finally:
		frappe.destroy()


class TestBudget(WhatsAppTestCase):
	def setUp(self) -> None:
		super().setUp()
		budget.learn(KEY, RateLimit(limit=30, remaining=30, reset_at=time.time() + 40))

	def test_thirty_requests_in_a_window_then_a_wait_until_its_end(self):
		self.assertEqual(spent_before_refusal(), 30)
		with self.assertRaises(RateLimitedError) as refused:
			budget.spend(KEY)
		self.assertTrue(30 < refused.exception.retry_after <= 40)

	def test_it_is_thirty_before_the_server_has_said_anything(self):
		frappe.cache.delete_keys("whatsapp_budget")
		self.assertEqual(budget.window_of(KEY)[0], 30)

	def test_background_work_gets_half_and_what_it_is_refused_costs_people_nothing(self):
		self.assertEqual(spent_before_refusal(background=True), 15)
		for _attempt in range(50):
			with self.assertRaises(RateLimitedError):
				budget.spend(KEY, background=True)
		self.assertEqual(spent_before_refusal(), 15)

	def test_background_work_stands_back_when_people_have_used_half(self):
		for _click in range(15):
			budget.spend(KEY)
		self.assertEqual(spent_before_refusal(background=True), 0)

	def test_all_workers_share_it(self):
		frappe.db.commit()
		with ThreadPoolExecutor(4) as executor:
			workers = [
				executor.submit(spend_elsewhere, frappe.local.site, frappe.local.sites_path, 20)
				for _worker in "abcd"
			]
		self.assertEqual(sum(worker.result() for worker in workers), 30)

	def test_each_key_has_its_own(self):
		spent_before_refusal()
		budget.spend(KEY + "-2")

	def test_the_server_has_the_last_word_about_what_is_left(self):
		budget.learn(KEY, RateLimit(limit=30, remaining=4, reset_at=time.time() + 40))
		self.assertEqual(spent_before_refusal(), 4)
		budget.learn(KEY, RateLimit(limit=100, remaining=100, reset_at=time.time() + 120))
		self.assertEqual(spent_before_refusal(), 100)

	def test_a_server_that_does_not_say_what_is_left_is_counted_by_us(self):
		for _request in range(10):
			budget.spend(KEY)
		budget.learn(KEY, RateLimit(limit=30, remaining=None, reset_at=time.time() + 40))
		self.assertEqual(spent_before_refusal(), 20)

	def test_an_answer_that_overtook_another_gives_nothing_back(self):
		for _request in range(20):
			budget.spend(KEY)
		budget.learn(KEY, RateLimit(limit=30, remaining=29, reset_at=time.time() + 40))
		self.assertEqual(spent_before_refusal(), 10)

	def test_patient_work_waits_for_the_next_window_and_gives_up_when_that_is_too_far(self):
		budget.learn(KEY, RateLimit(limit=2, remaining=0, reset_at=time.time() + 1))
		started = time.monotonic()
		budget.spend(KEY, background=True, patience=10)
		self.assertTrue(0.5 < time.monotonic() - started < 10)
		budget.learn(KEY, RateLimit(limit=2, remaining=0, reset_at=time.time() + 50))
		with self.assertRaises(RateLimitedError):
			budget.spend(KEY, background=True, patience=10)


class TestRequests(WhatsAppTestCase):
	sandbox_options = {"qr_delay": 0.0, "scan_delay": 0.0, "rate_limit": 6}

	def setUp(self) -> None:
		super().setUp()
		self.sandbox.limiter._minutes.clear()

	def test_when_it_is_used_up_the_person_reads_how_long_to_wait_and_nothing_is_sent(self):
		created = session.create_session(self.new_id(), "Ventas")
		for _poll in range(4):
			session.get_session_status(created["session"])
		self.sandbox.clear_requests()
		with self.assertRaises(GatewayRateLimited) as refused:
			session.get_session_status(created["session"])
		self.assertEqual(self.sent(), [])
		self.assertTrue(1 <= refused.exception.retry_after <= 61)
		answer = self.call("get_session_status", user=MANAGER, session_id=created["session"])
		self.assertEqual((answer.status, answer.body["error_code"]), (429, "OWN_BUDGET"))
		self.assertIn(str(answer.body["retry_after"]), answer.words)

	def test_it_works_again_in_the_next_window(self):
		created = session.create_session(self.new_id(), "Ventas")
		key = self.sandbox.api_key
		budget.learn(key, RateLimit(limit=6, remaining=0, reset_at=time.time() + 1))
		with self.assertRaises(GatewayRateLimited):
			session.get_session_status(created["session"])
		time.sleep(1.1)
		self.assertTrue(session.get_session_status(created["session"])["success"])

	def test_the_background_client_leaves_the_rest_to_people(self):
		created = session.create_session(self.new_id(), "Ventas")
		client = gateway.connect_to_server(background=True)
		client.get_status(created["session_db_id"])
		with self.assertRaises(RateLimitedError):
			client.get_status(created["session_db_id"])
		for _click in range(3):
			session.get_session_status(created["session"])
