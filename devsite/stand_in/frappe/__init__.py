"""The part of Frappe that xappiens_whatsapp uses. A stand-in; see devsite/README.md."""

from __future__ import annotations

import inspect
import json
import os
import secrets
from collections.abc import Callable
from typing import Any

from werkzeug.local import Local, release_local

from frappe import exceptions as _exceptions
from frappe._missing import refuse
from frappe.exceptions import *

__version__ = "15.0.0-devsite"
STANDARD_USERS = ("Guest", "Administrator")


class _dict(dict):
	"""A dict whose keys are attributes; an unknown one is None."""

	__setattr__ = dict.__setitem__
	__delattr__ = dict.__delitem__

	def __getattr__(self, key: str) -> Any:
		if key.startswith("__") and key.endswith("__"):
			raise AttributeError(key)
		return self.get(key)

	def __deepcopy__(self, memo: dict) -> _dict:
		from copy import deepcopy

		return _dict({key: deepcopy(value, memo) for key, value in self.items()})

	def update(self, *args: Any, **kwargs: Any) -> _dict:
		super().update(*args, **kwargs)
		return self

	def copy(self) -> _dict:
		return _dict(self)


local = Local()
db = local("db")
conf = local("conf")
form_dict = form = local("form_dict")
request = local("request")
job = local("job")
response = local("response")
session = local("session")
user = local("user")
flags = local("flags")
error_log = local("error_log")
debug_log = local("debug_log")
message_log = local("message_log")
lang = local("lang")

from frappe.utils.redis_wrapper import cache


def init(site: str, sites_path: str = ".", new_site: bool = False, force: bool = False) -> None:
	if getattr(local, "initialised", None) and not force:
		return
	local.site, local.sites_path, local.site_path = site, sites_path, os.path.join(sites_path, site)
	local.db = None
	local.request = getattr(local, "request", None)
	local.conf = get_site_config()
	local.flags = _dict(currently_saving=[], in_test=False)
	local.error_log, local.message_log, local.debug_log = [], [], []
	local.form_dict, local.response = _dict(), _dict(docs=[])
	local.session = _dict(user="Guest", sid="Guest", data=_dict())
	local.lang, local.cache, local.role_permissions = "en", {}, {}
	local.request_ip = local.is_ajax = None
	local.initialised = True


def connect(site: str | None = None, db_name: str | None = None, set_admin_as_user: bool = True) -> None:
	from frappe.database import Database

	if site:
		init(site, local.sites_path if getattr(local, "sites_path", None) else ".")
	local.db = Database(local.conf.db_path)
	if set_admin_as_user:
		set_user("Administrator")


def destroy() -> None:
	if getattr(local, "db", None):
		local.db.close()
	release_local(local)


def get_site_config(sites_path: str | None = None, site_path: str | None = None) -> _dict:
	path = os.path.join(site_path or local.site_path, "site_config.json")
	with open(path, encoding="utf-8") as file:
		config = _dict(json.load(file))
	config.db_path = os.path.join(os.path.dirname(path), "site.db")
	return config


def get_conf(site: str | None = None) -> _dict:
	return local.conf


def set_user(username: str) -> None:
	local.session.user, local.session.sid = username, username
	local.session.data = _dict()
	local.cache, local.form_dict, local.role_permissions = {}, _dict(), {}
	local.lang = get_user_lang(username)


def get_user_lang(username: str) -> str:
	return db.get_value("User", username, "language") or get_system_settings("language") or "en"


def get_system_settings(key: str) -> Any:
	return db.get_single_value("System Settings", key)


def get_roles(username: str | None = None) -> list[str]:
	from frappe.permissions import get_roles as roles_of

	return roles_of(username or session.user)


def only_for(roles: str | list | tuple, message: bool = False) -> None:
	wanted = {roles} if isinstance(roles, str) else set(roles)
	if session.user != "Administrator" and not wanted & set(get_roles()):
		raise PermissionError


def get_request_header(key: str, default: Any = None) -> Any:
	return request.headers.get(key, default)


# ---- messages


def _(msg: str, lang: str | None = None, context: str | None = None) -> str:
	from frappe.translate import get_all_translations
	from frappe.utils import strip_html

	key = strip_html(msg).strip()
	translations = get_all_translations(lang or getattr(local, "lang", None) or "en")
	return (context and translations.get(f"{key}:{context}")) or translations.get(key) or msg


def msgprint(
	msg: Any,
	title: str | None = None,
	raise_exception: Any = False,
	as_table: bool = False,
	as_list: bool = False,
	indicator: str | None = None,
	alert: bool = False,
	primary_action: Any = None,
	is_minimizable: bool = False,
	wide: bool = False,
	*,
	realtime: bool = False,
) -> None:
	if realtime or is_minimizable:
		raise NotImplementedError("frappe.msgprint(realtime, is_minimizable) is not provided by devsite")
	out = _dict(message=msg, title=title or _("Message"))
	out.update({"indicator": indicator or ("red" if raise_exception else None)})
	out.update(alert=int(alert), as_list=int(as_list), as_table=int(as_table), wide=wide)
	out.update(primary_action=primary_action)
	if raise_exception:
		out.update({"raise_exception": 1, "__frappe_exc_id": generate_hash()})
	if not local.flags.mute_messages:
		local.message_log.append(_dict({key: value for key, value in out.items() if value}))
	if raise_exception:
		raise _as_exception(raise_exception, msg)


def _as_exception(kind: Any, msg: Any) -> Exception:
	if inspect.isclass(kind) and issubclass(kind, Exception):
		return kind(msg)
	if isinstance(kind, Exception):
		kind.args = (msg,)
		return kind
	return _exceptions.ValidationError(msg)


def throw(
	msg: Any,
	exc: Any = _exceptions.ValidationError,
	title: str | None = None,
	is_minimizable: bool = False,
	wide: bool = False,
	as_list: bool = False,
	primary_action: Any = None,
) -> None:
	msgprint(
		msg,
		raise_exception=exc,
		title=title,
		indicator="red",
		is_minimizable=is_minimizable,
		wide=wide,
		as_list=as_list,
		primary_action=primary_action,
	)


def clear_messages() -> None:
	local.message_log = []


def get_message_log() -> list[_dict]:
	return [_dict(message) for message in local.message_log]


def clear_last_message() -> None:
	local.message_log = local.message_log[:-1]


def errprint(msg: str) -> None:
	local.error_log.append({"exc": msg})


def bold(text: Any) -> str:
	return f"<strong>{text}</strong>"


# ---- small things


def generate_hash(txt: str | None = None, length: int = 56) -> str:
	return secrets.token_hex((length + 1) // 2)[:length]


def scrub(txt: str) -> str:
	return str(txt).replace(" ", "_").replace("-", "_").lower()


def unscrub(txt: str) -> str:
	return txt.replace("_", " ").replace("-", " ").title()


def as_json(obj: Any, indent: int | None = 1, separators: Any = None, ensure_ascii: bool = True) -> str:
	from frappe.utils.response import json_handler

	separators = separators or (",", ": ")
	options = {"indent": indent, "default": json_handler, "separators": separators}
	return json.dumps(obj, sort_keys=True, ensure_ascii=ensure_ascii, **options)


def parse_json(val: Any) -> Any:
	if isinstance(val, str):
		val = json.loads(val)
	return _dict(val) if isinstance(val, dict) and not isinstance(val, _dict) else val


from frappe.calls import call, get_attr, get_hooks, get_installed_apps, is_whitelisted, whitelist
from frappe.model.documents import (
	clear_document_cache,
	delete_doc,
	get_all,
	get_cached_doc,
	get_cached_value,
	get_doc,
	get_list,
	get_meta,
	get_single,
	has_permission,
	new_doc,
)
from frappe.services import (
	enqueue,
	enqueue_doc,
	get_traceback,
	log_error,
	logger,
	publish_realtime,
	sendmail,
)


@whitelist(allow_guest=True)
def ping() -> str:
	return "pong"


def clear_cache(user: str | None = None, doctype: str | None = None) -> None:
	from frappe.model.meta import forget_metas

	forget_metas()
	kept = {name for key in get_hooks("persistent_cache_keys") for name in cache.get_keys(key)}
	cache.delete_value([name for name in cache.get_keys("") if name not in kept], make_keys=False)
	local.cache, local.role_permissions = {}, {}


__getattr__ = refuse(__name__)
