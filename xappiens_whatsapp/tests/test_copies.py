"""Which site this is, what a copy of it does not do, to which hosts the key goes, and for how long."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import frappe
from frappe.utils.password import update_password
from werkzeug.test import Client

from xappiens_whatsapp.api import session
from xappiens_whatsapp.background import jobs, notices, reconciliation
from xappiens_whatsapp.patches import remember_site
from xappiens_whatsapp.server import budget, gateway, hosts
from xappiens_whatsapp.setup import neighbours
from xappiens_whatsapp.site import address, copies, secrets
from xappiens_whatsapp.tests.base import (
	MANAGER,
	PASSWORD,
	VIEWER,
	WhatsAppTestCase,
	add_user,
	login,
	set_setting,
)
from xappiens_whatsapp.tests.webhooks import PATH, WebhookTestCase
from xappiens_whatsapp.tests.workers import run_jobs

API = "xappiens_whatsapp.api.settings."
SETTINGS = "WhatsApp Settings"
ADMINISTRATOR = "sysadmin@example.com"


def linked_elsewhere(place: str = "production.example|crm.production.example") -> None:
	"""As in a restored database: this site is called otherwise than the one that linked the sessions."""
	set_setting("linked_site", place)


def administrator() -> str:
	if not frappe.db.exists("User", ADMINISTRATOR):
		add_user(ADMINISTRATOR, "System Manager")
	update_password(ADMINISTRATOR, PASSWORD)
	return ADMINISTRATOR


class TestCopies(WebhookTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.doc = self.linked()
		linked_elsewhere()
		self.addCleanup(copies.move_here)
		self.sandbox.clear_requests()

	def assert_only_read(self) -> None:
		self.assertEqual([line for line in self.sent() if not line.startswith("GET ")], [])

	def test_nothing_that_changes_something_goes_out(self):
		name = self.doc.name
		for disconnect_mode in ("Delete on the server", "Keep on the server"):
			frappe.db.set_single_value(SETTINGS, "disconnect_mode", disconnect_mode)
			for method, arguments in (
				("create_session", {"session_id": self.new_id(), "session_name": "Ventas"}),
				("restart_session", {"session_id": name}),
				("disconnect_session", {"session_id": name}),
				("recreate_session", {"session_id": name}),
				("update_session_webhook", {"session_id": name, "webhook_url": "https://copy.example/"}),
				(API + "register_webhooks", {}),
			):
				with self.subTest(method, disconnect_mode=disconnect_mode):
					answer = self.call(method, user=MANAGER, **arguments)
					self.assertEqual((answer.status, answer.body["error_code"]), (409, "COPY_OF_A_SITE"))
					self.assertIn("This looks like a copy of crm.production.example.", answer.words)
					self.assert_only_read()
		self.assertEqual(self.fresh(name).status, "Connected")

	def test_a_client_of_a_copy_sends_no_text_and_connects_nothing(self):
		self.sandbox.drop(self.doc.session_id, 408)
		answer = self.call("connect_session", user=MANAGER, session_id=self.doc.name)
		self.assertEqual(answer.body["error_code"], "COPY_OF_A_SITE")
		client = gateway.connect_to_server()
		for call in (
			lambda: client.send_text(self.doc.session_id, "34600000001", "hello"),
			lambda: client.request_pairing_code(self.doc.session_db_id, "34600000001"),
			lambda: client.delete_session(self.doc.session_db_id),
		):
			with self.assertRaisesRegex(Exception, "only reads"):
				call()
		self.assert_only_read()

	def test_it_reads_and_says_so_in_the_connection_test(self):
		self.assertTrue(session.get_session_status(self.doc.name)["success"])
		self.assertTrue(session.list_sessions()["success"])
		rows = session.test_connection()["checks"]
		self.assertTrue(all(row["ok"] for row in rows))
		self.assertIn("looks like a copy", rows[0]["detail"])
		self.assert_only_read()

	def test_a_record_is_deleted_here_and_the_server_keeps_the_session(self):
		doc = self.fresh(self.doc.name)
		doc.run_method("onload")
		self.assertIs(doc.get("__onload").is_copy, True)
		answer = self.call("delete_session", user=MANAGER, session_id=self.doc.name)
		self.assertEqual(answer.status, 200, answer.text)
		self.assertIn("on this copy only", answer.message["message"])
		self.assertFalse(frappe.db.exists("WhatsApp Session", self.doc.name))
		self.assertEqual(self.sent(), [])

	def test_jobs_are_quiet(self):
		self.assertIsNone(reconciliation.reconcile())
		jobs.register_webhooks()
		jobs.refresh_session(self.doc.name)
		self.assertEqual(self.sent(), [])

	def test_nobody_is_alarmed(self):
		before = frappe.db.count("Notification Log")
		frappe.db.set_value(
			"WhatsApp Session", self.doc.name, {"status": "Disconnected", "down_since": frappe.utils.now()}
		)
		frappe.db.commit()
		notices.send_waiting()
		run_jobs()
		self.assertEqual(frappe.db.count("Notification Log"), before)
		copies.move_here()
		notices.send_waiting()
		run_jobs()
		self.assertGreater(frappe.db.count("Notification Log"), before)

	def test_neither_migrating_nor_saving_makes_it_the_real_site(self):
		neighbours.settle()
		remember_site.execute()
		self.settings(linked_site=str(copies.here()), quiet_copy="x")
		self.assertTrue(copies.is_copy())
		self.assertFalse(copies.is_quiet())

	def test_administrators_decide(self):
		for method in ("confirm_real_site", "keep_copy_quiet"):
			for user in (None, VIEWER, MANAGER):
				self.assertEqual(self.call(API + method, user=user).status, 403)
		self.assertTrue(copies.is_copy())
		user = administrator()
		notice = self.call(API + "copy_notice", "GET", user).message
		self.assertEqual((notice["is_quiet"], notice["may_decide"]), (False, True))
		self.assertEqual(self.call(API + "keep_copy_quiet", user=user).status, 200)
		self.assertTrue(self.call(API + "copy_notice", "GET", user).message["is_quiet"])
		self.assertEqual(self.call("restart_session", user=user, session_id=self.doc.name).status, 409)
		self.assertEqual(self.call(API + "confirm_real_site", user=user).status, 200)
		self.assertEqual(self.call(API + "copy_notice", "GET", user).message["sentence"], "")
		self.assertEqual(self.call("restart_session", user=MANAGER, session_id=self.doc.name).status, 200)

	def test_the_banner_is_for_those_who_see_sessions(self):
		notice = self.call(API + "copy_notice", "GET", VIEWER).message
		self.assertIn("looks like a copy", notice["sentence"])
		self.assertFalse(notice["may_decide"])
		self.assertEqual(self.call(API + "copy_notice", "GET").status, 403)


class TestWhichSite(WhatsAppTestCase):
	def configure(self, host_name: str | None) -> None:
		before = frappe.local.conf.host_name
		frappe.local.conf.host_name = host_name
		self.addCleanup(setattr, frappe.local.conf, "host_name", before)

	def test_another_host_or_site_is_another_place(self):
		site = frappe.local.site
		self.configure("https://crm.example")
		for place, is_copy in (
			(f"{site}|crm.example", False),
			(f"{site}|other.example", True),
			("other.example|crm.example", True),
			(f"{site}|", True),
			("", False),
		):
			with self.subTest(place):
				linked_elsewhere(place)
				self.assertIs(copies.is_copy(), is_copy)

	def test_a_host_name_that_names_what_was_known_makes_no_copy(self):
		linked_elsewhere(f"{frappe.local.site}|")
		frappe.db.set_single_value(SETTINGS, "site_address", "https://crm.example")
		for host_name, is_copy in (
			("https://crm.example", False),
			(f"https://{frappe.local.site}/", False),
			(f"http://{frappe.local.site}:8000", False),
			("http://CRM.example", False),
			("https://staging.example", True),
		):
			with self.subTest(host_name):
				self.configure(host_name)
				self.assertIs(copies.is_copy(), is_copy)
		self.configure("https://crm.example")
		copies.settle()
		self.configure(None)
		self.assertTrue(copies.is_copy())

	def test_an_update_makes_no_copy(self):
		linked_elsewhere("")
		remember_site.execute()
		self.assertEqual(copies.linked(), copies.here())

	def test_a_save_on_a_copy_does_not_move_it(self):
		linked_elsewhere(f"{frappe.local.site}|")
		self.configure("https://staging.example")
		self.settings()
		self.assertTrue(copies.is_copy())


class TestAddress(WhatsAppTestCase):
	def setUp(self) -> None:
		super().setUp()
		frappe.db.set_single_value(SETTINGS, "site_address", "https://crm.example")
		frappe.db.commit()
		self.addCleanup(copies.move_here)

	def ask_under(self, host: str, path: str, verb: str = "POST", **body: Any) -> Any:
		"""A manager's request with this Host; the answer's only value."""
		from frappe.app import application

		frappe.db.commit()
		site = frappe.local.site

		def ask() -> Any:
			client = Client(application)
			headers = {"X-Frappe-Site-Name": site, "Accept": "application/json"}
			client.set_cookie("sid", login(client, headers, MANAGER), domain=host.partition(":")[0])
			base_url = f"https://{host}"
			response = client.open(path, method=verb, json=body, headers=headers, base_url=base_url)
			return next(iter(response.get_json().values()))

		with ThreadPoolExecutor(1) as executor:
			answer = executor.submit(ask).result()
		frappe.db.rollback()
		return answer

	def save_under(self, host: str) -> Any:
		return self.ask_under(host, f"/api/resource/{SETTINGS}/{SETTINGS}", "PUT", api_timeout=7)

	def test_what_a_request_calls_the_site_changes_nothing(self):
		right = (frappe.conf.host_name or "https://crm.example").rstrip("/")
		name = session.create_session(self.new_id(), "Ventas")["session"]
		self.assertEqual(self.save_under("other.example")["webhook_url"], f"{right}{PATH}")
		self.assertEqual(frappe.get_doc(SETTINGS).site_address, right)
		method = "/api/method/xappiens_whatsapp.api.pairing.create_link"
		link = self.ask_under("other.example", method, session_id=name)
		self.assertTrue(link["url"].startswith(f"{right}/"), link["url"])
		self.assertTrue(address.to_form("WhatsApp Session", "a b").startswith(f"{right}/"))

	def test_the_sites_own_name_may_say_scheme_and_port(self):
		self.save_under(f"{frappe.local.site}:8443")
		right = (frappe.conf.host_name or f"https://{frappe.local.site}:8443").rstrip("/")
		self.assertEqual(frappe.get_doc(SETTINGS).site_address, right)

	def test_the_configuration_comes_first(self):
		before = frappe.local.conf.host_name
		frappe.local.conf.host_name = "https://configured.example/"
		try:
			self.assertEqual(address.of_site(), "https://configured.example")
		finally:
			frappe.local.conf.host_name = before


class TestHosts(WhatsAppTestCase):
	def save(self, **values: Any) -> None:
		doc = frappe.get_doc(SETTINGS)
		doc.update(values)
		doc.save()
		frappe.db.commit()

	def test_another_host_gets_no_key_that_was_not_entered_for_it(self):
		for other in ("https://other.example", "https://127.0.0.1:9"):
			for user in (MANAGER, "Administrator"):
				with self.subTest(other, user=user):
					self.settings()
					with self.as_user(user):
						self.save(api_base_url="")
						self.save(api_base_url=other, key_address=other)
					self.assertEqual(secrets.read("api_key"), "")
					self.save(api_base_url=self.sandbox.url)
					self.assertEqual(secrets.read("api_key"), "")
		self.sandbox.clear_requests()
		self.assertFalse(self.call("test_connection", user=MANAGER).message["success"])
		self.assertEqual(self.sent(), [])
		self.settings()
		self.assertTrue(session.test_connection()["success"])

	def test_the_key_of_an_older_version_is_for_the_address_of_then(self):
		frappe.db.set_single_value(SETTINGS, "key_address", "")
		remember_site.execute()
		self.save(api_base_url="https://other.example")
		self.assertEqual(secrets.read("api_key"), "")

	def test_a_key_in_the_same_save_is_kept(self):
		self.save(api_base_url="https://other.example", api_key="another-key-0000")
		self.assertEqual(secrets.read("api_key"), "another-key-0000")

	def test_the_same_host_keeps_it(self):
		self.save(api_base_url=self.sandbox.url + "/api/", api_timeout=9)
		self.assertEqual(secrets.read("api_key"), self.sandbox.api_key)
		same = (
			("https://a.example", "https://A.example/prefix"),
			("http://a.example", "https://a.example"),
			("https://a.example", "https://a.example:443/"),
		)
		others = (
			("https://a.example", "http://a.example"),
			("https://a.example", "https://a.example:8443"),
			("https://a.example", "https://a.example.evil.example"),
			("https://a.example", "https://[broken"),
		)
		self.assertEqual([hosts.is_same(*pair) for pair in (*same, *others)], [True] * 3 + [False] * 4)

	def test_without_encryption_only_to_the_own_network(self):
		for host in ("127.0.0.1", "[::1]", "10.1.2.3", "172.20.0.5", "192.168.1.9", "[fd00::1]", "localhost"):
			self.assertEqual(hosts.problem_with(f"http://{host}:3000"), "", host)
		for host in (
			"8.8.8.8",
			"203.0.113.7",
			"169.254.169.254",
			"[2001:4860:4860::8888]",
			"[::ffff:8.8.8.8]",
			"172.32.0.1",
		):
			self.assertIn("https://", hosts.problem_with(f"http://{host}"), host)
			self.assertEqual(hosts.problem_with(f"https://{host}"), "")
		with self.assertRaisesRegex(frappe.ValidationError, "without encryption"):
			self.save(api_base_url="http://203.0.113.7", api_key="another-key-0000")
		frappe.db.rollback()
		self.assertEqual(secrets.read("api_key"), self.sandbox.api_key)

	def test_an_address_that_was_stored_before_is_refused_when_it_is_used(self):
		set_setting("api_base_url", "http://203.0.113.7")
		answer = self.call("create_session", user=MANAGER, session_id=self.new_id(), session_name="Ventas")
		self.assertEqual(answer.status, 417)
		self.assertIn("without encryption", answer.words)


class TestSecondsOfARequest(WhatsAppTestCase):
	def test_calls_together_end_with_the_requests_time(self):
		name = session.create_session(self.new_id(), "Ventas")["session"]
		self.sandbox.fault("*", "slow", seconds=0.9, times=None)
		with patch.object(budget, "SECONDS_PER_REQUEST", 2):
			started = time.monotonic()
			answer = self.call("recreate_session", user=MANAGER, session_id=name)
			elapsed = time.monotonic() - started
		self.assertEqual(answer.status, 504, answer.text)
		self.assertIn("more than 2 seconds in all", answer.words)
		self.assertLess(elapsed, 3.5)
		self.sandbox.clear_faults()
		self.assertEqual(self.call("connect_session", user=MANAGER, session_id=name).status, 200)

	def test_a_call_is_cut_when_the_time_is_over(self):
		name = session.create_session(self.new_id(), "Ventas")["session"]
		self.sandbox.fault("*", "slow", seconds=4, times=None)
		with patch.object(budget, "SECONDS_PER_REQUEST", 1):
			started = time.monotonic()
			answer = self.call("get_session_status", user=MANAGER, session_id=name)
			self.assertLess(time.monotonic() - started, 2.5)
		self.assertEqual(answer.status, 504, answer.text)
		self.assertEqual(self.fresh(name).error_code or "", "")

	def test_background_work_has_no_such_end(self):
		name = session.create_session(self.new_id(), "Ventas")["session"]
		self.sandbox.fault("status", "slow", seconds=1.5)
		with patch.object(budget, "SECONDS_PER_REQUEST", 1):
			self.assertTrue(jobs.refresh_session(name))
