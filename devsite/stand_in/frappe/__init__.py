"""The part of Frappe that xappiens_whatsapp uses. A stand-in; see devsite/README.md."""

from __future__ import annotations

import json
import logging
import os
import secrets
import traceback
from datetime import date, timedelta
from typing import Any

from werkzeug.local import Local, release_local

from frappe._missing import refuse
from frappe.exceptions import *

__version__ = "15.0.0-devsite"
STANDARD_USERS = ("Guest", "Administrator")


class _dict(dict):
	"""A dict whose keys are attributes; an unknown one is None."""

	__setattr__ = dict.__setitem__

	def __getattr__(self, key: str) -> Any:
		if key.startswith("__") and key.endswith("__"):
			raise AttributeError(key)
		return self.get(key)

	def update(self, *args: Any, **kwargs: Any) -> _dict:
		super().update(*args, **kwargs)
		return self


local = Local()
db, conf, form_dict, request = local("db"), local("conf"), local("form_dict"), local("request")
response, session, flags = local("response"), local("session"), local("flags")

from frappe.utils.redis_wrapper import cache


def init(site: str, sites_path: str = ".", force: bool = False) -> None:
	if getattr(local, "initialised", None) and not force:
		return
	local.site, local.sites_path, local.site_path = site, sites_path, os.path.join(sites_path, site)
	with open(os.path.join(local.site_path, "site_config.json"), encoding="utf-8") as file:
		local.conf = _dict(json.load(file))
	local.db, local.request, local.request_ip = None, getattr(local, "request", None), None
	local.flags = _dict(in_test=False)
	local.error_log, local.message_log = [], []
	local.form_dict, local.response = _dict(), _dict(docs=[])
	local.session = _dict(user="Guest", sid="Guest", data=_dict())
	local.lang, local.cache = "en", {}
	local.initialised = True


def connect(*, set_admin_as_user: bool = True) -> None:
	from frappe.database import Database

	local.db = Database(os.path.join(local.site_path, "site.db"))
	if set_admin_as_user:
		set_user("Administrator")


def destroy() -> None:
	if getattr(local, "db", None):
		local.db.rollback()
		local.db.close()
	release_local(local)


def set_user(username: str) -> None:
	"""The language stays: a job speaks English, whoever enqueued it."""
	local.session.update(user=username, sid=username, data=_dict())
	local.cache, local.form_dict = {}, _dict()


def get_system_settings(key: str) -> Any:
	return get_cached_doc("System Settings").get(key)


# ---- messages


def _(msg: str, lang: str | None = None) -> str:
	return get_all_translations(lang or local.lang).get(msg.strip()) or msg


def msgprint(
	msg: str,
	title: str | None = None,
	raise_exception: Any = False,
	indicator: str | None = None,
	alert: int = 0,
) -> None:
	message = _dict(message=msg, title=title or _("Message"), indicator=indicator, alert=alert)
	if raise_exception:
		message.update(indicator=indicator or "red", raise_exception=1, __frappe_exc_id=generate_hash())
	local.message_log.append(_dict({key: value for key, value in message.items() if value}))
	if isinstance(raise_exception, Exception):
		raise_exception.args = (msg,)
		raise raise_exception
	if raise_exception:
		raise raise_exception(msg)


def throw(msg: str, exc: Any = ValidationError, title: str | None = None) -> None:
	msgprint(msg, title, exc, "red")


def get_message_log() -> list[_dict]:
	return local.message_log


def clear_last_message() -> None:
	local.message_log = local.message_log[:-1]


def bold(text: Any) -> str:
	return f"<strong>{text}</strong>"


def get_traceback() -> str:
	return traceback.format_exc().strip()


def logger(module: str | None = None) -> logging.Logger:
	return logging.getLogger(f"frappe.{module or 'frappe'}")


def log_error(title: str = "Error", message: str | None = None) -> Any:
	"""Its table knows no transactions in MariaDB: what was logged outlives a rollback."""
	values = {"doctype": "Error Log", "method": title, "error": message or get_traceback()}
	logged = get_doc(values).insert(ignore_permissions=True)
	db.after_rollback.add(lambda: (logged.db_insert(), db.commit()))
	return logged


def are_emails_muted() -> bool:
	return bool(local.flags.mute_emails or local.conf.get("mute_emails"))


def sendmail(
	recipients: list[str], subject: str, message: str, reference_doctype: str, reference_name: str
) -> Any:
	"""Puts the message into Email Queue, where it stays."""
	if not conf.mail_server:
		throw(_("Please setup default outgoing Email Account"), OutgoingEmailError)
	values = {
		"reference_doctype": reference_doctype,
		"reference_name": reference_name,
		"doctype": "Email Queue",
	}
	values |= {"message": f"Subject: {subject}\n\n{message}", "recipients": ", ".join(recipients)}
	return get_doc(values).insert(ignore_permissions=True)


# ---- small things


def generate_hash(length: int = 56) -> str:
	return secrets.token_hex((length + 1) // 2)[:length]


def json_handler(obj: Any) -> Any:
	if isinstance(obj, date | timedelta):
		return str(obj)
	return obj.as_dict(no_nulls=True) if hasattr(obj, "as_dict") else list(obj)


def as_json(obj: Any, indent: int | None = 1) -> str:
	return json.dumps(obj, sort_keys=True, indent=indent, default=json_handler, separators=(",", ": "))


def parse_json(val: Any) -> Any:
	val = json.loads(val) if isinstance(val, str) else val
	return _dict(val) if isinstance(val, dict) else val


# ---- documents


def get_doc(*args: Any, **kwargs: Any) -> Any:
	if args and isinstance(args[0], dict):
		args, kwargs = (), args[0]
	return get_controller(args[0] if args else kwargs["doctype"])(*args, **kwargs)


def new_doc(doctype: str, **values: Any) -> Any:
	return get_doc({**default_values(doctype), **values})


def default_values(doctype: str) -> dict[str, Any]:
	"""Without a default a choice starts with its first option."""
	values = {"doctype": doctype, "__islocal": 1, "owner": session.user, "docstatus": 0}
	for fieldname, df in get_meta(doctype).columns().items():
		default = df.default or (df.options.split("\n", 1)[0] if df.fieldtype == "Select" else None)
		is_number = df.fieldtype == "Check" or (df.fieldtype == "Int" and default is not None)
		values.setdefault(fieldname, cint(default) if is_number else default)
	return values


def get_cached_doc(doctype: str, name: str | None = None) -> Any:
	key = f"document_cache::{doctype}::{name or doctype}"
	return cache.get_value(key, lambda: get_doc(doctype, name or doctype))


def clear_document_cache(doctype: str, name: str | None = None) -> None:
	def clear() -> None:
		key = f"document_cache::{doctype}::"
		cache.delete_value(f"{key}{name}") if name else cache.delete_keys(key)

	clear()
	db.after_commit.add(clear)
	db.after_rollback.add(clear)


def get_list(doctype: str, **options: Any) -> list:
	return DatabaseQuery(doctype, ignore_permissions=False).execute(**options)


def get_all(doctype: str, **options: Any) -> list:
	return DatabaseQuery(doctype, ignore_permissions=True).execute(**options)


def delete_doc(
	doctype: str,
	name: str,
	force: bool = False,
	ignore_permissions: bool = False,
	ignore_missing: bool = True,
	delete_permanently: bool = True,
	ignore_on_trash: bool = False,
) -> None:
	"""Nothing is kept of it in any case."""
	if db.exists(doctype, name):
		doc = get_doc(doctype, name, for_update=True)
		doc._delete(ignore_permissions, force, ignore_on_trash)
	elif not ignore_missing:
		raise DoesNotExistError(doctype=doctype)


from frappe.calls import call, get_attr, get_hooks, get_installed_apps, is_whitelisted, whitelist
from frappe.model.db_query import DatabaseQuery
from frappe.model.document import get_controller
from frappe.model.meta import all_metas, get_meta
from frappe.permissions import get_roles, has_permission
from frappe.realtime import publish_realtime
from frappe.translate import get_all_translations
from frappe.utils import cint
from frappe.utils.background_jobs import enqueue


def scrub(txt: str) -> str:
	return txt.replace(" ", "_").replace("-", "_").lower()


def reload_doc(module: str, dt: str, dn: str, force: bool = False, reset_permissions: bool = False) -> None:
	"""Only to whom the DocType belongs is kept in the database here."""
	db.set_value("DocType", dn, "module", get_meta(dn).module)


@whitelist(allow_guest=True)
def ping() -> str:
	return "pong"


def clear_cache(doctype: str | None = None) -> None:
	all_metas.cache_clear()
	kept = {name for key in get_hooks("persistent_cache_keys") for name in cache.get_keys(key)}
	cache.delete_value([name for name in cache.get_keys("") if name not in kept], make_keys=False)
	local.cache = {}


__getattr__ = refuse(__name__)
