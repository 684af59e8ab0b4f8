"""Who did what, and from where: one row of the story for each action."""

from __future__ import annotations

import json
from typing import Any

import frappe
from frappe.utils.password import remove_encrypted_password

from xappiens_whatsapp import SESSION_EVENT, SETTINGS
from xappiens_whatsapp.api import proof as proof_api
from xappiens_whatsapp.api import session, settings
from xappiens_whatsapp.sessions import story, telling
from xappiens_whatsapp.tests.base import AGENT, MANAGER, SESSION_API
from xappiens_whatsapp.tests.test_pairing import Browser
from xappiens_whatsapp.tests.test_proofs import ProofTestCase
from xappiens_whatsapp.tests.test_story import StoryTestCase
from xappiens_whatsapp.tests.workers import run_jobs


class TestActions(StoryTestCase):
	def act(self, doc: Any, method: str, user: str = MANAGER, **arguments: Any) -> frappe._dict:
		answer = self.call(method, user=user, session_id=doc.name, **arguments)
		self.assertEqual(answer.status, 200, answer.text)
		return self.last(doc)

	def test_each_is_one_row_with_who_and_from_where(self):
		for method, event in (("restart_session", "Restarted"), ("disconnect_session", "Disconnected")):
			for mode in ("Delete on the server", "Keep on the server"):
				with self.subTest(method, mode=mode):
					self.settings(disconnect_mode=mode)
					doc = self.linked_session()
					row = self.act(doc, method)
					run_jobs()
					self.assertEqual((row.event, row.by_user, row.via), (event, MANAGER, "Desk"))
					self.assertEqual(self.events(doc), ["Created", "Linked", event])

	def test_a_restart_that_does_not_come_back_is_a_drop(self):
		doc = self.linked_session()
		self.act(doc, "restart_session")
		self.sandbox.drop(doc.session_id, 440)
		self.look(doc)
		self.assertEqual(self.events(doc)[2:], ["Restarted", "Dropped"])

	def test_an_action_that_fails_is_none_and_a_later_one_is(self):
		doc = self.linked_session()
		self.sandbox.fault("restart", "http", status=503, times=None)
		self.assertNotEqual(self.call("restart_session", user=MANAGER, session_id=doc.name).status, 200)
		self.assertEqual(self.events(doc), ["Created", "Linked"])
		self.sandbox.clear_faults()
		self.assertEqual(self.act(doc, "restart_session").event, "Restarted")

	def test_a_deleted_session_keeps_its_story_for_managers(self):
		doc = self.linked_session()
		self.assertEqual(self.call("delete_session", user=MANAGER, session_id=doc.name).status, 200)
		row = self.rows(doc.name)[-1]
		self.assertEqual((row.event, row.by_user), ("Deleted", MANAGER))
		self.assertEqual(self.events(doc), ["Created", "Linked", "Deleted"])

	def test_a_code_is_shown_once_for_each_attempt_of_a_person(self):
		doc = self.created()
		self.assign(doc.name, AGENT, "Agent")
		for _look in range(3):
			for user in (MANAGER, AGENT):
				answer = self.call("get_qr_code", "GET", user=user, session_id=doc.name)
				self.assertTrue(answer.message["ready"], answer.text)
		shown = [row.by_user for row in self.rows(doc.name) if row.event == "Code Shown"]
		self.assertEqual(shown, [MANAGER, AGENT])

	def test_a_pairing_link_is_made_by_a_manager_and_used_by_nobody_in_particular(self):
		doc = self.created()
		url = self.call(
			"xappiens_whatsapp.api.pairing.create_link", user=MANAGER, session_id=doc.name
		).message["url"]
		made = self.last(doc)
		self.assertEqual((made.event, made.by_user), ("Pairing Link Made", MANAGER))
		token = url.partition("#")[2]
		guest = Browser(frappe.local.site)
		guest.click(token)
		for _look in range(2):
			self.assertTrue(guest.look(token).message["qr"])
		shown = self.last(doc)
		self.assertEqual((shown.event, shown.by_user or "", shown.via), ("Code Shown", "", "Link"))
		self.assertEqual(self.events(doc).count("Code Shown"), 1)
		self.assertNotIn(token, json.dumps(self.rows(doc.name), default=str))

	def test_a_program_with_a_key_comes_through_the_api(self):
		doc = self.linked_session()
		self.addCleanup(self.forget_key)
		user = frappe.get_doc("User", MANAGER)
		user.update({"api_key": frappe.generate_hash(length=15), "api_secret": "a-test-secret-0000"})
		user.save()
		key = f"token {user.api_key}:a-test-secret-0000"
		path, headers = f"/api/method/{SESSION_API}restart_session", {"Authorization": key}
		self.assertEqual(self.request(path, "POST", None, {"session_id": doc.name}, headers).status, 200)
		self.assertEqual((self.last(doc).by_user, self.last(doc).via), (MANAGER, "API"))

	def forget_key(self) -> None:
		frappe.db.rollback()
		frappe.db.set_value("User", MANAGER, "api_key", None)
		remove_encrypted_password("User", MANAGER, "api_secret")
		frappe.db.commit()

	def test_the_shell_has_a_name_too(self):
		doc = self.linked_session()
		session.restart_session(doc.name)
		self.assertEqual((self.last(doc).by_user, self.last(doc).via), ("Administrator", "Shell"))

	def test_changed_settings_are_named_without_their_values(self):
		doc = self.created()
		doc.session_name = "Otra tienda"
		doc.append("assigned_users", {"user": AGENT, "role": "Agent"})
		doc.save()
		frappe.db.commit()
		row = self.last(doc)
		self.assertEqual((row.event, row.detail), ("Changed", "session_name, assigned_users"))
		self.fresh(doc.name).save()
		frappe.db.commit()
		self.assertEqual(self.events(doc).count("Changed"), 1)

	def test_what_changes_for_all_stands_in_every_story(self):
		doc = self.created()
		self.settings(api_key="another-key-of-a-test", disconnect_mode="Keep on the server")
		newest = telling.page(doc)["events"][0]
		self.assertEqual(newest["words"], "Changed: API Key, Disconnect Mode.")
		row = self.rows(SETTINGS)[-1]
		self.assertNotIn("another-key", json.dumps(row, default=str))

	def test_a_secret_as_long_as_the_one_before_is_told_as_well(self):
		doc = self.created()
		key = self.sandbox.api_key
		self.settings(api_key=key[::-1])
		self.assertEqual(telling.page(doc)["events"][0]["words"], "Changed: API Key.")
		self.settings(api_key=key)
		settings.rotate_webhook_secret()
		frappe.db.commit()
		self.assertEqual(telling.page(doc)["events"][0]["words"], "Changed: Webhook Secret.")
		told = len(self.rows(SETTINGS))
		frappe.get_doc(SETTINGS).save()
		frappe.db.commit()
		self.assertEqual(len(self.rows(SETTINGS)), told)

	def test_switching_on_the_daily_message_is_told(self):
		doc = self.created()
		self.settings(daily_proof="03:00")
		self.assertEqual(telling.page(doc)["events"][0]["words"], "Changed: Daily Test Message.")


class TestEntrance(ProofTestCase):
	def test_what_a_job_finds_out_came_in_by_the_background(self):
		doc = self.linked()
		proof_api.send_test_message(doc.name)
		self.tell(doc, -1)
		filters = {"session": doc.name, "event": story.TEST_MESSAGE}
		rows = frappe.get_all(SESSION_EVENT, filters=filters, fields=["detail", "via", "by_user"])
		self.assertEqual(
			{row.detail: (row.via, row.by_user or "") for row in rows},
			{"Sent": ("Shell", "Administrator"), "Failed": ("Background", "")},
		)
