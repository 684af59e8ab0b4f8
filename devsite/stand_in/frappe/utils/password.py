"""Secrets in __Auth, all of them encrypted; Frappe hashes those with which people log in."""

from __future__ import annotations

from cryptography.fernet import Fernet

import frappe


def get_decrypted_password(
	doctype: str, name: str, fieldname: str, raise_exception: bool = True
) -> str | None:
	place = {"doctype": doctype, "name": name, "fieldname": fieldname}
	if stored := frappe.db.get_value("__Auth", place, "password", order_by=None):
		return _cipher().decrypt(stored.encode()).decode()
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
	set_encrypted_password("User", user, pwd, "password")


def check_password(user: str, pwd: str) -> None:
	if not pwd or get_decrypted_password("User", user, "password", raise_exception=False) != pwd:
		raise frappe.AuthenticationError(frappe._("Incorrect User or Password"))


def _cipher() -> Fernet:
	return Fernet(frappe.local.conf.encryption_key)


__getattr__ = frappe._missing.refuse(__name__)
