"""Takes in what the app of the same name left on a site: sessions stay, secrets move to Password storage."""

from __future__ import annotations

import frappe
from frappe.utils.password import set_encrypted_password

from xappiens_whatsapp import SESSION, SETTINGS
from xappiens_whatsapp.server import gateway
from xappiens_whatsapp.sessions import states
from xappiens_whatsapp.site import address, copies, secrets

SECRET_FIELDS = ("api_key", "webhook_secret")
LENGTH_OF_MARK = 10
KEPT_SECRETS = (*SECRET_FIELDS, "previous_webhook_secret")
SECRET_WORDS = ("key", "secret", "token", "password", "jwt")


def run_sql(query: str, values: tuple[str, ...] = ()) -> tuple[tuple[str, ...], ...]:
	"""For tables and columns that no DocType describes: `tabSingles`, and what the predecessor left."""
	return frappe.db.sql(query, values)  # nosemgrep: frappe-using-db-sql


def adopt_predecessor() -> None:
	"""Harmless where there is nothing to take in, and when it runs again."""
	for field in SECRET_FIELDS:
		move_secret(field)
	remove_obsolete_secrets()
	remove_versions_with_secrets()
	clear_stored_credentials()
	reset_unknown_states()
	set_missing_defaults()
	remember_address()
	copies.settle()
	frappe.clear_document_cache(SETTINGS, SETTINGS)


def move_secret(field: str) -> None:
	plain = plain_value(field)
	if not plain or set(plain) == {"*"}:
		return
	if not secrets.read(field):
		set_encrypted_password(SETTINGS, SETTINGS, plain, field)
	run_sql(
		"update tabSingles set value = %s where doctype = %s and field = %s",
		("*" * len(plain), SETTINGS, field),
	)


def mark_kept_secrets() -> None:
	"""A secret without its stars in the document would be deleted when somebody saves it.

	They get lost when another app saves its own settings under our name. Nothing is decrypted: in a restored backup it
	may be unreadable.
	"""
	for (field,) in run_sql(
		"select fieldname from __Auth where doctype = %s and name = %s", (SETTINGS, SETTINGS)
	):
		if field in KEPT_SECRETS and not plain_value(field):
			run_sql("delete from tabSingles where doctype = %s and field = %s", (SETTINGS, field))
			run_sql(
				"insert into tabSingles (doctype, field, value) values (%s, %s, %s)",
				(SETTINGS, field, "*" * LENGTH_OF_MARK),
			)


def plain_value(field: str) -> str | None:
	rows = run_sql("select value from tabSingles where doctype = %s and field = %s", (SETTINGS, field))
	return rows[0][0] if rows else None


def remove_obsolete_secrets() -> None:
	"""Values of fields that no longer exist do no harm, unless they are secrets."""
	known = {field.fieldname for field in frappe.get_meta(SETTINGS).fields}
	for (field,) in run_sql("select field from tabSingles where doctype = %s", (SETTINGS,)):
		if field not in known and any(word in field.lower() for word in SECRET_WORDS):
			run_sql("delete from tabSingles where doctype = %s and field = %s", (SETTINGS, field))


def remove_versions_with_secrets() -> None:
	for row in frappe.get_all("Version", filters={"ref_doctype": SETTINGS}, fields=["name", "data"]):
		if any(word in (row.data or "").lower() for word in SECRET_WORDS):
			frappe.db.delete("Version", {"name": row.name})


def clear_stored_credentials() -> None:
	"""The predecessor kept QR codes, and perhaps secrets, in columns of the session that we do not have."""
	known = set(frappe.get_meta(SESSION).get_valid_columns())
	for column in set(frappe.db.get_table_columns(SESSION)) - known:
		if column.startswith("qr_code") or any(word in column.lower() for word in SECRET_WORDS):
			run_sql(f"update `tab{SESSION}` set `{column}` = null where `{column}` is not null")


def reset_unknown_states() -> None:
	placeholders = ", ".join(["%s"] * len(states.ALL))
	run_sql(
		f"update `tab{SESSION}` set status = %s, is_connected = 0 where coalesce(status, '') not in ({placeholders})",
		(states.DISCONNECTED, *states.ALL),
	)


def remember_address() -> None:
	"""Until a manager saves the settings: the address by which the site knows itself."""
	if not frappe.db.get_single_value(SETTINGS, "site_address"):
		frappe.db.set_single_value(SETTINGS, "site_address", address.of_site())


def remember_address_of_key() -> None:
	"""Only once, by a patch: what `key_address` does not say may be entered by whoever saves the settings next."""
	if not frappe.db.get_single_value(SETTINGS, "key_address"):
		address_of_key = frappe.db.get_single_value(SETTINGS, "api_base_url") or ""
		frappe.db.set_single_value(SETTINGS, "key_address", address_of_key)


def set_missing_defaults() -> None:
	"""Frappe fills in the defaults of new fields where it adds columns, and a single DocType has none."""
	stored = {field for (field,) in run_sql("select field from tabSingles where doctype = %s", (SETTINGS,))}
	for field in frappe.get_meta(SETTINGS).fields:
		if field.default and field.fieldname not in stored:
			frappe.db.set_single_value(SETTINGS, field.fieldname, field.default)


def bind_numbers() -> None:
	"""Numbers of 0.1 belong to the server that the settings name."""
	filters = {"session_db_id": (">", 0), "server_id": ("is", "not set")}
	frappe.db.set_value(SESSION, filters, "server_id", gateway.current_server(), update_modified=False)
