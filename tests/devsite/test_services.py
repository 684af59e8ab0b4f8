"""Frappe's small services, as the development site plays them."""

from __future__ import annotations

import frappe
import pytest
from cryptography.fernet import Fernet

from xappiens_whatsapp.tests.base import MANAGER, PASSWORD, WhatsAppTestCase

pytestmark = [
	pytest.mark.needs_site,
	pytest.mark.skipif(not frappe.__version__.endswith("devsite"), reason="there is a real Frappe"),
]
SETTINGS = "WhatsApp Settings"


def test_a_table_is_drawn_as_on_a_bench(capsys):
	from frappe.utils.commands import render_table

	render_table([["Sesión", "n"], ["日本", 10]])
	assert capsys.readouterr().out.splitlines() == [
		"+--------+----+",
		"| Sesión | n  |",
		"+--------+----+",
		"| 日本   | 10 |",
		"+--------+----+",
	]


class TestLanguages(WhatsAppTestCase):
	def test_another_language_is_spoken_for_a_while(self):
		from frappe.translate import print_language

		self.addCleanup(setattr, frappe.local, "lang", frappe.local.lang)
		frappe.local.lang = "en"
		with print_language("es"):
			self.assertEqual(frappe._("Connected"), "Conectada")
		self.assertEqual(frappe.local.lang, "en")
		with print_language(""):
			self.assertEqual(frappe.local.lang, "en")

	def test_as_on_frappe_15_an_exception_leaves_the_language_behind(self):
		from frappe.translate import print_language

		self.addCleanup(setattr, frappe.local, "lang", frappe.local.lang)
		with self.assertRaises(KeyError), print_language("es"):
			raise KeyError
		self.assertEqual(frappe.local.lang, "es")


class TestSecrets(WhatsAppTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.addCleanup(frappe.local.conf.update, encryption_key=frappe.local.conf.encryption_key)

	def test_a_secret_of_another_key_is_an_error_even_where_a_missing_one_is_none(self):
		from frappe.utils.password import get_decrypted_password, set_encrypted_password

		set_encrypted_password(SETTINGS, SETTINGS, "a-secret-of-a-test", "api_key")
		frappe.local.conf.encryption_key = Fernet.generate_key().decode()
		with self.assertRaisesRegex(frappe.ValidationError, "Encryption key is invalid"):
			get_decrypted_password(SETTINGS, SETTINGS, "api_key", raise_exception=False)
		self.assertIsNone(get_decrypted_password(SETTINGS, SETTINGS, "no_such", raise_exception=False))
		set_encrypted_password(SETTINGS, SETTINGS, "entered-anew", "api_key")
		self.assertEqual(get_decrypted_password(SETTINGS, SETTINGS, "api_key"), "entered-anew")

	def test_people_log_in_whatever_the_key(self):
		from frappe.utils.password import check_password

		frappe.local.conf.encryption_key = Fernet.generate_key().decode()
		check_password(MANAGER, PASSWORD)
		for wrong in ("", PASSWORD.upper()):
			with self.assertRaises(frappe.AuthenticationError):
				check_password(MANAGER, wrong)
