"""Secrets in __Auth: reversible ones with Fernet, login passwords hashed."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet

import frappe

ITERATIONS = 20_000


def get_decrypted_password(
	doctype: str, name: str, fieldname: str, raise_exception: bool = True
) -> str | None:
	if stored := frappe.db.get_value(
		"__Auth", _place(doctype, name, fieldname, 1), "password", order_by=None
	):
		return _cipher().decrypt(stored.encode()).decode()
	if raise_exception:
		frappe.throw(frappe._("Password not found for {0} {1} {2}").format(doctype, name, fieldname))
	return None


def set_encrypted_password(doctype: str, name: str, pwd: str, fieldname: str) -> None:
	_store(doctype, name, fieldname, _cipher().encrypt(pwd.encode()).decode(), 1)


def remove_encrypted_password(doctype: str, name: str, fieldname: str) -> None:
	frappe.db.delete("__Auth", _place(doctype, name, fieldname, 1))


def delete_all_passwords_for(doctype: str, name: str) -> None:
	frappe.db.delete("__Auth", {"doctype": doctype, "name": name})


def update_password(user: str, pwd: str) -> None:
	salt = secrets.token_hex(8)
	_store("User", user, "password", f"{salt}${_hashed(pwd, salt)}", 0)


def check_password(user: str, pwd: str) -> None:
	found = frappe.db.get_value("__Auth", _place("User", user, "password", 0), "password", order_by=None)
	salt, _dollar, hashed = (found or "").partition("$")
	if not found or not hmac.compare_digest(hashed, _hashed(pwd, salt)):
		raise frappe.AuthenticationError(frappe._("Incorrect User or Password"))


def _cipher() -> Fernet:
	return Fernet(frappe.local.conf.encryption_key)


def _place(doctype: str, name: str, fieldname: str, encrypted: int) -> dict:
	return {"doctype": doctype, "name": name, "fieldname": fieldname, "encrypted": encrypted}


def _store(*values: object) -> None:
	marks = "(doctype, name, fieldname, password, encrypted) values (%s, %s, %s, %s, %s)"
	frappe.db.sql(f"replace into `__Auth` {marks}", values)


def _hashed(pwd: str, salt: str) -> str:
	return hashlib.pbkdf2_hmac("sha256", pwd.encode(), salt.encode(), ITERATIONS).hex()


__getattr__ = frappe._missing.refuse(__name__)
