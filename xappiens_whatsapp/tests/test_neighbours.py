"""Beside apps that bring DocTypes of our names, and permissions for them: refused, noticed, undone."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

import click
import frappe

from xappiens_whatsapp import SETTINGS, hooks
from xappiens_whatsapp.api import pairing, session
from xappiens_whatsapp.background import jobs, reconciliation
from xappiens_whatsapp.sessions.webhooks import METHOD
from xappiens_whatsapp.setup import install, neighbours
from xappiens_whatsapp.site import ownership
from xappiens_whatsapp.site.ownership import DocTypeTakenOver
from xappiens_whatsapp.tests.base import MANAGER, WhatsAppTestCase, keeps_refused_calls, logged_errors
from xappiens_whatsapp.tests.test_commands import CommandTestCase
from xappiens_whatsapp.tests.test_pairing import Browser

APPS = str(Path(__file__).parent / "apps")
THEIRS = "Other Whatsapp"
HEALTH = "xappiens_whatsapp.api.health.status"
DIAGNOSE = "xappiens_whatsapp.api.diagnosis.diagnose"


class NeighbourTestCase(WhatsAppTestCase):
	def take_settings(self, app: str = "other_whatsapp") -> None:
		"""As an app that is installed after ours does, where nothing refuses it."""
		self.addCleanup(self.give_back)
		frappe.db.sql(
			"insert into `tabModule Def` (name, module_name, app_name) values (%s, %s, %s)",
			(THEIRS, THEIRS, app),
		)
		frappe.db.sql("update tabDocType set module = %s where name = %s", (THEIRS, SETTINGS))
		frappe.clear_cache(doctype=SETTINGS)
		frappe.db.commit()

	def give_back(self) -> None:
		frappe.db.rollback()
		frappe.db.sql("update tabDocType set module = 'Xappiens Whatsapp' where name = %s", SETTINGS)
		frappe.db.sql("delete from `tabModule Def` where name = %s", THEIRS)
		frappe.clear_cache(doctype=SETTINGS)
		frappe.db.commit()


class TestGuard(WhatsAppTestCase):
	def setUp(self):
		super().setUp()
		sys.path.insert(0, APPS)
		self.addCleanup(sys.path.remove, APPS)

	def test_an_app_with_a_doctype_of_our_name_is_refused_in_one_sentence_with_what_to_do(self):
		with self.assertRaises(install.DocTypeBelongsToAnotherApp) as raised:
			install.before_app_install("other_whatsapp")
		words = str(raised.exception)
		self.assertIn("other_whatsapp cannot be installed", words)
		self.assertIn("WhatsApp Settings of xappiens_whatsapp", words)
		self.assertIn("uninstall xappiens_whatsapp", words)
		self.assertNotIn("\n", words)

	def test_frappe_and_bench_show_the_refusal_without_frames(self):
		self.assertTrue(issubclass(install.DocTypeBelongsToAnotherApp, frappe.IncompatibleApp))
		refusal = install.DocTypeBelongsToAnotherApp("The sentence.")
		self.assertIsInstance(refusal, click.ClickException)
		self.assertEqual((refusal.format_message(), refusal.exit_code), ("The sentence.", 1))

	def test_other_apps_and_our_own_install_as_before(self):
		for app in ("address_book", "xappiens_whatsapp", "frappe"):
			install.before_app_install(app)

	def test_the_hook_is_the_one_that_frappe_calls(self):
		path = "xappiens_whatsapp.setup.install.before_app_install"
		self.assertIn(path, frappe.get_hooks("before_app_install"))


class TestCRM(WhatsAppTestCase):
	def test_the_menu_item_is_one_that_crm_draws(self):
		"""Of the standard ones it draws those that it knows by name, which are its own."""
		(item,) = hooks.standard_dropdown_items
		self.assertFalse(item.get("is_standard"))
		self.assertEqual((item["type"], item["open_in_new_window"]), ("Route", 1))
		self.assertTrue(item["name1"].startswith("xappiens_whatsapp"))


class TestTakenOver(NeighbourTestCase):
	def test_every_call_says_so_in_one_sentence_and_sends_nothing(self):
		name = session.create_session(self.new_id(), "Ventas")["session"]
		self.sandbox.clear_requests()
		self.take_settings()
		before = logged_errors()
		for method, verb, arguments in (
			("list_sessions", "POST", {}),
			("get_session_status", "POST", {"session_id": name}),
			("connect_session", "POST", {"session_id": name}),
			("disconnect_session", "POST", {"session_id": name}),
			("create_session", "POST", {"session_id": self.new_id(), "session_name": "Dos"}),
			(HEALTH, "GET", {}),
		):
			with self.subTest(method):
				answer = self.call(method, verb, user=MANAGER, **arguments)
				self.assertEqual((answer.status, answer.body["exc_type"]), (409, "DocTypeTakenOver"))
				self.assertEqual(answer.body.get("error_code"), "DOCTYPE_TAKEN_OVER")
				self.assertIn("WhatsApp Settings belongs to the app other_whatsapp", answer.text)
		self.assertEqual(self.sent(), [])
		if not keeps_refused_calls():
			self.assertEqual(logged_errors(), before)
		self.give_back()
		self.assertEqual(self.call("list_sessions", user=MANAGER).status, 200)

	def test_a_guest_and_the_server_read_nothing_of_it(self):
		name = session.create_session(self.new_id(), "Ventas")["session"]
		token = urlsplit(pairing.create_link(name)["url"]).fragment
		guest = Browser(frappe.local.site)
		self.assertEqual(guest.ask("open_link", token).status, 200)
		self.take_settings()
		frappe.cache.delete_keys("whatsapp_link_asked")
		webhook = guest.open(f"/api/method/{METHOD}", method="POST", json={"event": "session.connected"})
		self.assertEqual((webhook.status, webhook.body), (401, {"message": {"success": False}}))
		unreadable = guest.open(
			f"/api/method/{METHOD}", method="POST", data=b"x", content_type="application/json"
		)
		self.assertEqual(unreadable.status, 401)
		looked = guest.ask("pairing_status", token)
		self.assertEqual(looked.status, 503)
		for answer in (webhook, unreadable, looked):
			self.assertNotRegex(answer.text, "other_whatsapp|bench|WhatsApp Settings")
		self.give_back()
		self.assertEqual(guest.ask("pairing_status", token).status, 200)

	def test_jobs_stay_quiet(self):
		name = session.create_session(self.new_id(), "Ventas")["session"]
		self.sandbox.clear_requests()
		self.take_settings()
		before = logged_errors()
		reconciliation.enqueue_reconciliation()
		self.assertIsNone(reconciliation.reconcile())
		self.assertFalse(jobs.refresh_session(name))
		jobs.register_webhooks("https://site.example.com/")
		self.assertEqual((self.sent(), logged_errors()), ([], before))
		self.give_back()
		self.assertTrue(reconciliation.reconcile()["is_complete"])

	def test_the_diagnosis_names_the_app_and_both_ways_out(self):
		self.take_settings("frappe")
		row = self.call(DIAGNOSE, user=MANAGER).message["checks"][-1]
		self.assertEqual((row["check"], row["ok"]), ("settings", False))
		site = frappe.local.site
		self.assertIn(
			f"bench --site {site} execute xappiens_whatsapp.setup.neighbours.take_back", row["remedy"]
		)
		self.assertIn(f"bench --site {site} uninstall-app frappe`", row["remedy"])
		self.assertIn(f"bench --site {site} uninstall-app xappiens_whatsapp", row["remedy"])

	def test_of_an_app_that_is_not_installed_migrate_takes_it_back(self):
		self.take_settings()
		self.assertIn(f"bench --site {frappe.local.site} migrate", ownership.remedy())

	def test_a_doctype_that_is_gone_is_said_too(self):
		self.addCleanup(frappe.db.rollback)
		frappe.db.sql("update tabDocType set name = 'Away' where name = %s", SETTINGS)
		self.assertIn("WhatsApp Settings is missing", ownership.problem())
		with self.assertRaises(DocTypeTakenOver):
			ownership.check()

	def test_in_the_console_it_reads_as_a_sentence(self):
		self.take_settings()
		with self.assertRaises(DocTypeTakenOver) as raised:
			session.list_sessions()
		(line,) = raised.exception._render_traceback_()
		self.assertTrue(line.startswith("DocTypeTakenOver: WhatsApp Settings belongs to"), line)


class TestTakingBack(NeighbourTestCase):
	def lose_marks(self) -> None:
		"""What is left of our values when the other app has saved its settings."""
		frappe.db.sql("delete from tabSingles where doctype = %s", SETTINGS)
		frappe.clear_document_cache(SETTINGS, SETTINGS)

	def test_key_secret_and_sessions_stay_also_when_the_settings_are_saved_afterwards(self):
		name = session.create_session(self.new_id(), "Ventas")["session"]
		secret = frappe.get_doc(SETTINGS).get_password("webhook_secret")
		self.take_settings()
		self.lose_marks()
		neighbours.take_back()
		self.assertEqual(ownership.taken_over(), {})
		settings = frappe.get_doc(SETTINGS)
		settings.api_base_url = self.sandbox.url
		settings.save()
		frappe.db.commit()
		settings = frappe.get_doc(SETTINGS)
		self.assertEqual(settings.get_api_key(), self.sandbox.api_key)
		self.assertEqual(settings.get_password("webhook_secret"), secret)
		self.assertEqual(session.get_session_status(name)["data"]["sessionId"], name)

	def test_before_the_other_app_goes_its_doctypes_of_our_names_are_ours_again(self):
		self.take_settings()
		neighbours.before_app_uninstall("address_book")
		self.assertEqual(ownership.taken_over(), {SETTINGS: "other_whatsapp"})
		with click.Context(click.Command("uninstall-app")) as context:
			context.params["dry_run"] = True
			neighbours.before_app_uninstall("other_whatsapp")
		self.assertEqual(ownership.taken_over(), {SETTINGS: "other_whatsapp"})
		neighbours.before_app_uninstall("other_whatsapp")
		self.assertEqual(ownership.taken_over(), {})

	def test_migrate_says_what_is_wrong_and_repairs_what_is_ours(self):
		self.take_settings()
		neighbours.after_migrate()
		self.assertEqual(ownership.taken_over(), {SETTINGS: "other_whatsapp"})
		self.give_back()
		self.lose_marks()
		neighbours.after_migrate()
		self.assertEqual(set(frappe.get_doc(SETTINGS).api_key), {"*"})


class TestCommandsBeside(NeighbourTestCase, CommandTestCase):
	def test_a_command_prints_one_sentence(self):
		self.take_settings()
		result = self.run_command("list")
		self.assertFails(result, 2, "WhatsApp Settings belongs to the app other_whatsapp")
		self.assertEqual(len(result.stderr.strip().splitlines()), 1)
		diagnosed = self.run_command("diagnose")
		self.assertEqual(diagnosed.exit_code, 1)
		self.assertIn("migrate", diagnosed.output)

	def test_what_nobody_foresaw_is_one_line_and_exit_code_3(self):
		frappe.db.sql_ddl("alter table `tabWhatsApp Session` rename to `tabWhatsApp Session Away`")
		try:
			result = self.run_command("list")
		finally:
			frappe.db.sql_ddl("alter table `tabWhatsApp Session Away` rename to `tabWhatsApp Session`")
		self.assertFails(result, 3, "WhatsApp Session")
		if not frappe.conf.developer_mode:  # there Frappe itself prints statements that fail
			self.assertEqual(len(result.stderr.strip().splitlines()), 1)
		self.assertEqual(self.run_command("list").exit_code, 0)

	def test_with_json_the_refusal_is_json(self):
		self.take_settings()
		result = self.run_command("list", "--json")
		answer = json.loads(result.stdout)
		self.assertIn("other_whatsapp", answer["error"])
		self.assertEqual(answer["error_code"], "DOCTYPE_TAKEN_OVER")
