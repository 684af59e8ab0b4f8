"""What a monitor scrapes, read with Prometheus' own parser."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import frappe
import pytest
from frappe.installer import update_site_config
from frappe.utils import add_to_date, now_datetime
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import Client, TestResponse

from xappiens_whatsapp.api import health, session
from xappiens_whatsapp.background import reconciliation
from xappiens_whatsapp.server import outage
from xappiens_whatsapp.sessions import refused_calls, states
from xappiens_whatsapp.tests.base import AGENT, MANAGER, login
from xappiens_whatsapp.tests.webhooks import OTHER_SECRET, WebhookTestCase

pytestmark = pytest.mark.needs_site

TOKEN = "a-test-token-of-the-monitor-00000000"
PATH = "/api/method/xappiens_whatsapp.api.health.metrics"


class MetricsTestCase(WebhookTestCase):
	def setUp(self) -> None:
		super().setUp()
		update_site_config(health.TOKEN_IN_CONFIG, TOKEN)
		self.addCleanup(update_site_config, health.TOKEN_IN_CONFIG, "")

	def scrape(self, token: str | None = TOKEN, user: str | None = None) -> TestResponse:
		frappe.db.commit()
		with ThreadPoolExecutor(1) as executor:
			response = executor.submit(scrape, frappe.local.site, token, user).result()
		frappe.db.rollback()
		return response

	def samples(self, token: str | None = TOKEN, user: str | None = None) -> dict[tuple[str, str], float]:
		"""By name and the value of the label."""
		response = self.scrape(token, user)
		self.assertEqual(response.status_code, 200, response.text)
		return {
			(sample.name, "".join(sample.labels.values())): sample.value
			for family in text_string_to_metric_families(response.text)
			for sample in family.samples
		}


def scrape(site: str, token: str | None, user: str | None) -> TestResponse:
	from frappe.app import application

	client = Client(application)
	headers = {"X-Frappe-Site-Name": site}
	if user:
		client.set_cookie("sid", login(client, headers, user))
	if token is not None:
		headers[health.TOKEN_HEADER] = token
	return client.get(PATH, headers=headers)


class TestAccess(MetricsTestCase):
	def test_the_token_or_a_manager_and_nobody_else(self):
		for token, user in ((TOKEN, None), (None, MANAGER), ("wrong", MANAGER)):
			self.assertEqual(self.scrape(token, user).status_code, 200, (token, user))
		for token, user in ((None, None), ("", None), ("wrong", None), ("ñ", None), (TOKEN[:-1], AGENT)):
			self.assertEqual(self.scrape(token, user).status_code, 403, (token, user))
		self.assertEqual(self.scrape().status_code, 200)

	def test_a_site_without_a_token_has_none_that_fits(self):
		update_site_config(health.TOKEN_IN_CONFIG, "")
		for token in (None, "", "None", TOKEN):
			self.assertEqual(self.scrape(token).status_code, 403, token)
		update_site_config(health.TOKEN_IN_CONFIG, TOKEN)
		self.assertEqual(self.scrape().status_code, 200)

	def test_too_many_are_refused(self):
		for _count in range(health.SCRAPES_A_MINUTE * 2 + 1):
			status = self.scrape("wrong").status_code
			if status == 429:
				break
		self.assertEqual(status, 429)
		frappe.cache.delete_keys("whatsapp_calls")
		self.assertEqual(self.scrape().status_code, 200)


class TestWhatIsTold(MetricsTestCase):
	def test_format_and_no_names_numbers_or_addresses(self):
		doc = self.linked()
		response = self.scrape()
		self.assertTrue(response.headers["Content-Type"].startswith("text/plain; version=0.0.4"))
		for secret in (
			doc.name,
			doc.phone_number,
			"34600000001",
			self.sandbox.url,
			self.sandbox.api_key,
			TOKEN,
		):
			self.assertNotIn(secret, response.text)

	def test_sessions_and_those_that_need_attention(self):
		before = self.samples()
		self.linked()
		doc = self.linked()
		doc.update({"expected_number": "+34600000045"}).save()
		self.dropped()
		self.waiting_for_a_phone()
		self.fresh(self.new_record(status=states.ERROR).name).save()
		self.dropped().update({"is_active": 0}).save()
		after = self.samples()
		grown = {key: after[key] - before[key] for key in after if key[0].startswith("whatsapp_sessions")}
		self.assertEqual(grown.pop(("whatsapp_sessions", "Connecting")), 0)
		self.assertEqual(grown.pop(("whatsapp_sessions_needing_attention", "")), 4)
		self.assertEqual(set(grown.values()), {1})
		self.assertEqual(
			{key[1] for key in grown},
			{"Connected", "Disconnected", "Error", "QR Code Required", "Wrong Phone"},
		)

	def dropped(self) -> Any:
		doc = self.linked()
		self.sandbox.drop(doc.session_id, 401)
		session.get_session_status(doc.name)
		return self.in_need(doc.name)

	def waiting_for_a_phone(self) -> Any:
		self.settings(webhook_enabled=0)
		created = session.create_session(self.new_id(), "Ventas")
		session.get_session_status(created["session"])
		return self.in_need(created["session"])

	def in_need(self, name: str) -> Any:
		doc = self.fresh(name)
		self.assertTrue(doc.needs_attention, doc.status)
		return doc

	def test_the_age_of_the_last_pass(self):
		self.assertNotIn(("whatsapp_last_pass_age_seconds", ""), self.samples())
		finished = str(add_to_date(now_datetime(), minutes=-30))
		frappe.cache.set_value(reconciliation.LAST_PASS, {"finished_at": finished})
		self.assertAlmostEqual(self.samples()["whatsapp_last_pass_age_seconds", ""], 1800, delta=30)

	def test_server_down_and_back(self):
		self.linked()
		self.sandbox.fault("list", "http", times=None, status=401)
		reconciliation.reconcile()
		self.assertEqual(self.samples()["whatsapp_server_down", ""], 1)
		self.sandbox.clear_faults()
		reconciliation.reconcile()
		self.assertFalse(outage.outage())
		self.assertEqual(self.samples()["whatsapp_server_down", ""], 0)

	def test_a_request_lessens_the_budget_and_a_scrape_does_not(self):
		doc = self.linked()
		before = self.samples()["whatsapp_budget_left", ""]
		self.assertEqual(self.samples()["whatsapp_budget_left", ""], before)
		session.get_session_status(doc.name)
		self.assertLess(self.samples()["whatsapp_budget_left", ""], before)

	def test_calls_by_result(self):
		doc = self.linked()
		payload = {"event": "session.connected", "sessionId": doc.session_id}
		self.assertEqual(self.deliver(payload)[0], 200)
		self.assertEqual(self.deliver(payload, OTHER_SECRET)[0], 401)
		self.assertEqual(self.deliver(payload, None)[0], 401)
		self.assertEqual(self.deliver(b"[]")[0], 400)
		calls = {key[1]: n for key, n in self.samples().items() if key[0] == "whatsapp_webhook_calls_total"}
		ones = {refused_calls.TAKEN_IN, refused_calls.WRONG_SIGNATURE, refused_calls.UNSIGNED}
		ones.add(refused_calls.UNREADABLE)
		self.assertEqual({key for key, n in calls.items() if n}, ones)
		self.assertEqual({calls[key] for key in ones}, {1})
		refused_calls.forget()
		self.assertEqual(self.samples()["whatsapp_webhook_calls_total", refused_calls.UNSIGNED], 1)

	def test_a_drop_is_counted_once(self):
		doc = self.linked()
		self.assertEqual(self.samples()["whatsapp_drops_total", ""], 0)
		self.sandbox.drop(doc.session_id, 401)
		for _count in range(2):
			session.get_session_status(doc.name)
		self.assertEqual(self.samples()["whatsapp_drops_total", ""], 1)
