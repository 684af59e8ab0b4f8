"""Secrets in __Auth, encrypted; hashed where people log in with them."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken
from werkzeug.security import check_password_hash, generate_password_hash

import frappe


def get_decrypted_password(
	doctype: str, name: str, fieldname: str, raise_exception: bool = True
) -> str | None:
	place = {"doctype": doctype, "name": name, "fieldname": fieldname}
	if stored := frappe.db.get_value("__Auth", place, "password", order_by=None):
		return _decrypted(stored)
	if raise_exception:
		frappe.throw(frappe._("Password not found for {0} {1} {2}").format(doctype, name, fieldname))
	return None


def set_encrypted_password(doctype: str, name: str, pwd: str, fieldname: str) -> None:
	values = (doctype, name, fieldname, _cipher().encrypt(pwd.encode()).decode())
	frappe.db.sql("replace into `__Auth` values (%s, %s, %s, %s)", values)


def remove_encrypted_password(doctype: str, name: str, fieldname: str) -> None:
	frappe.db.delete("__Auth", {"doctype": doctype, "name": name, "fieldname": fieldname})


def delete_all_passwords_for(doctype: str, name: str) -> None:
	frappe.db.delete("__Auth", {"doctype": doctype, "name": name})


def update_password(user: str, pwd: str) -> None:
	values = ("User", user, "password", generate_password_hash(pwd, "pbkdf2:sha256:1000"))
	frappe.db.sql("replace into `__Auth` values (%s, %s, %s, %s)", values)


def check_password(user: str, pwd: str) -> None:
	place = {"doctype": "User", "name": user, "fieldname": "password"}
	stored = frappe.db.get_value("__Auth", place, "password", order_by=None)
	if not stored or not check_password_hash(stored, pwd):
		raise frappe.AuthenticationError(frappe._("Incorrect User or Password"))


def _decrypted(stored: str) -> str:
	"""Also where nothing is raised for a missing one, as on Frappe."""
	try:
		return _cipher().decrypt(stored.encode()).decode()
	except InvalidToken:
		frappe.throw(frappe._("Encryption key is invalid! Please check site_config.json"))


def _cipher() -> Fernet:
	return Fernet(frappe.local.conf.encryption_key)


__getattr__ = frappe._missing.refuse(__name__)
