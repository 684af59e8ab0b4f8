"""Secrets in __Auth: reversible ones with Fernet, login passwords hashed."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets

from cryptography.fernet import Fernet, InvalidToken

import frappe

ITERATIONS = 20_000


def get_decrypted_password(
	doctype: str, name: str, fieldname: str = "password", raise_exception: bool = True
) -> str | None:
	filters = {"doctype": doctype, "name": name, "fieldname": fieldname, "encrypted": 1}
	if stored := frappe.db.get_value("__Auth", filters, "password", order_by=None):
		return decrypt(stored)
	if raise_exception:
		frappe.throw(frappe._("Password not found for {0} {1} {2}").format(doctype, name, fieldname))
	return None


def set_encrypted_password(doctype: str, name: str, pwd: str, fieldname: str = "password") -> None:
	_store(doctype, name, fieldname, encrypt(pwd), 1)


def remove_encrypted_password(doctype: str, name: str, fieldname: str = "password") -> None:
	frappe.db.delete("__Auth", {"doctype": doctype, "name": name, "fieldname": fieldname})


def delete_all_passwords_for(doctype: str, name: str) -> None:
	frappe.db.delete("__Auth", {"doctype": doctype, "name": name})


def update_password(user: str, pwd: str, doctype: str = "User", fieldname: str = "password") -> None:
	salt = secrets.token_hex(8)
	_store(doctype, user, fieldname, f"{salt}${_hashed(pwd, salt)}", 0)


def check_password(user: str, pwd: str, doctype: str = "User", fieldname: str = "password") -> str:
	filters = {"doctype": doctype, "name": user, "fieldname": fieldname, "encrypted": 0}
	found = frappe.db.get_value("__Auth", filters, ["name", "password"], order_by=None)
	salt, _dollar, hashed = found[1].partition("$") if found else ("", "", "")
	if not found or not hmac.compare_digest(hashed, _hashed(pwd, salt)):
		raise frappe.AuthenticationError(frappe._("Incorrect User or Password"))
	return found[0]


def encrypt(txt: str) -> str:
	return Fernet(get_encryption_key()).encrypt(txt.encode()).decode()


def decrypt(txt: str) -> str:
	try:
		return Fernet(get_encryption_key()).decrypt(txt.encode()).decode()
	except InvalidToken:
		return frappe.throw(frappe._("Encryption key is invalid! Please check site_config.json"))


def get_encryption_key() -> str:
	if not frappe.local.conf.encryption_key:
		path = os.path.join(frappe.local.site_path, "site_config.json")
		with open(path, encoding="utf-8") as file:
			config = json.load(file)
		config["encryption_key"] = frappe.local.conf.encryption_key = Fernet.generate_key().decode()
		with open(path, "w", encoding="utf-8") as file:
			json.dump(config, file, indent=1)
	return frappe.local.conf.encryption_key


def _store(doctype: str, name: str, fieldname: str, password: str, encrypted: int) -> None:
	frappe.db.sql(
		"replace into `__Auth` (doctype, name, fieldname, password, encrypted) values (%s, %s, %s, %s, %s)",
		(doctype, name, fieldname, password, encrypted),
	)


def _hashed(pwd: str, salt: str) -> str:
	return hashlib.pbkdf2_hmac("sha256", pwd.encode(), salt.encode(), ITERATIONS).hex()


__getattr__ = frappe._missing.refuse(__name__)
