"""The desk's pages: a shell, and what the browser side starts from."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

import frappe
from frappe.calls import APP
from frappe.model.meta import all_metas
from frappe.permissions import get_role_permissions
from frappe.sessions import get_csrf_token
from frappe.translate import get_all_translations
from frappe.utils import slug
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

DESK = Path(__file__).parent / "desk"


def page(path: str) -> Response:
	is_guest = frappe.session.user == "Guest"
	if path != "/login" and is_guest:
		return redirect(f"/login?redirect-to={quote(path)}")
	source = (DESK / ("login.html" if path == "/login" else "index.html")).read_text(encoding="utf-8")
	filled = {"boot_script": boot_script(is_guest), "language": frappe.local.lang}
	for name, text in filled.items():
		source = source.replace("{{ " + name + " }}", text)
	return Response(source, mimetype="text/html", headers={"Cache-Control": "no-store"})


def boot_script(is_guest: bool) -> str:
	token = None if is_guest else get_csrf_token()
	boot = json.dumps(boot_data(is_guest, token), default=str).replace("<", "\\u003c")
	frappe_object = f"window.frappe = window.frappe || {{}}; frappe.csrf_token = {json.dumps(token)};"
	return f"<script>window.devsite_boot = {boot}; {frappe_object}</script>"


def boot_data(is_guest: bool, token: str | None) -> dict[str, Any]:
	return {
		"full_name": frappe.db.get_value("User", frappe.session.user, "full_name"),
		"roles": frappe.get_roles(),
		"csrf_token": token,
		"messages": get_all_translations(frappe.local.lang),
		"app_route": "/app",
		"doctypes": {} if is_guest else readable(),
	}


def readable() -> dict[str, dict[str, Any]]:
	"""The app's DocTypes that the user may read, and their child tables."""
	own = [meta for meta in all_metas().values() if meta.path.parts[-5] == APP]
	granted = {meta.name: get_role_permissions(meta, frappe.session.user) for meta in own}
	may_see = [meta for meta in own if meta.istable or granted[meta.name].read]
	return {meta.name: for_browser(meta, granted[meta.name]) for meta in may_see}


def for_browser(meta: Any, granted: frappe._dict) -> dict[str, Any]:
	values = {key: value for key, value in meta.items() if key not in ("fieldnames", "path")}
	perm = {right: granted[right] for right in ("read", "write", "create", "delete")}
	lists = meta.path.with_name(f"{meta.path.stem}_list.js")
	code = {
		"__js": scripts(meta.name, meta.path.with_suffix(".js"), "doctype_js"),
		"__list_js": scripts(meta.name, lists, "doctype_list_js"),
	}
	return {**values, **code, "slug": slug(meta.name), "perm": perm}


def scripts(doctype: str, own: Path, hook: str) -> str:
	"""The DocType's own script and what the hook joins to it."""
	package = Path(import_module(APP).__file__).parent
	joined = [package / path for path in frappe.get_hooks(hook, default={}).get(doctype, [])]
	return "\n".join(file.read_text(encoding="utf-8") for file in (own, *joined) if file.exists())
