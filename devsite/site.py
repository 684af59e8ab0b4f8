"""Making a site: files, tables, the app, the users."""

from __future__ import annotations

import json
from pathlib import Path

import frappe
import frappe.app
from cryptography.fernet import Fernet
from frappe.installer import update_site_config
from frappe.model.meta import all_metas, create_table
from frappe.utils.password import update_password

SITE = "devsite.localhost"
TIME_ZONE = "Europe/Madrid"
USERS = {
	"manager@example.com": "WhatsApp Manager",
	"agent@example.com": "WhatsApp User",
	"viewer@example.com": "WhatsApp User",
	"nobody@example.com": None,
}
TABLES = (
	"create table if not exists tabSingles (doctype text collate frappe_text, field text, value text)",
	"create table if not exists tabSessions (sid text primary key, user text, csrf_token text)",
	"create table if not exists `__Auth` (doctype text, name text collate frappe_text, fieldname text, "
	"password text, primary key (doctype, name, fieldname))",
)


def open_site(data_dir: str | Path, language: str = "en") -> None:
	"""Connect to the site under the folder as Administrator; make it first when it is not there."""
	config = Path(data_dir) / SITE / "site_config.json"
	if is_new := not config.exists():
		config.parent.mkdir(parents=True, exist_ok=True)
		values = {"db_name": SITE, "encryption_key": Fernet.generate_key().decode()}
		config.write_text(json.dumps(values, indent=1))
	frappe.app._site, frappe.app._sites_path = SITE, str(data_dir)
	frappe.init(SITE, str(data_dir), force=True)
	frappe.connect()
	migrate()
	if is_new:
		_fill(language)


def migrate() -> None:
	for statement in TABLES:
		frappe.db.sql_ddl(statement)
	metas = all_metas().values()
	for meta in metas:
		create_table(meta)
	for meta in metas:
		_register(meta)
	frappe.db.commit()


def _register(meta: frappe._dict) -> None:
	"""The rows that installing leaves for a DocType: itself and its roles."""
	_add("DocType", meta.name, module=meta.module)
	for row in meta.permissions:
		_add("Role", row.role, desk_access=1)


def _add(doctype: str, name: str, **values: object) -> None:
	if not frappe.db.exists(doctype, name):
		frappe.get_doc({"doctype": doctype, "name": name, **values}).db_insert()


def _fill(language: str) -> None:
	for role in ("All", "Guest", "Desk User"):
		_add("Role", role)
	settings = frappe.get_doc("System Settings")
	settings.update({"language": language, "time_zone": TIME_ZONE, "allow_error_traceback": 1}).save()
	_add_user("Administrator", "admin", "System Manager", language)
	_add_user("Guest", "", None, "")
	for hook in ("before_install", "after_install"):
		for method in frappe.get_hooks(hook):
			frappe.get_attr(method)()
	for email, role in USERS.items():
		_add_user(email, "demo", role, language)
	frappe.db.commit()


def _add_user(name: str, password: str, role: str | None, language: str) -> None:
	email = name if "@" in name else f"{name.lower()}@example.com"
	values = {
		"doctype": "User",
		"email": email,
		"first_name": name.split("@")[0].title(),
		"language": language,
	}
	user = frappe.get_doc({**values, "roles": [{"role": role}] if role else []})
	user.insert(set_name=name)
	if password:
		update_password(name, password)


def point_settings_to(url: str, api_key: str) -> None:
	settings = frappe.get_doc("WhatsApp Settings")
	settings.update({"enabled": 1, "api_base_url": url, "api_key": api_key, "webhook_enabled": 1})
	settings.save()
	frappe.db.commit()


def be_at_home(address: str) -> None:
	"""The site's `host_name`; this is no copy of the site that it was before."""
	from xappiens_whatsapp.site import copies

	update_site_config("host_name", address)
	copies.move_here()
	frappe.db.commit()
