"""The desk's pages: a shell, and what the browser side starts from."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

import frappe
from frappe.auth import get_csrf_token
from frappe.model.meta import doctype_files
from frappe.translate import get_all_translations
from frappe.utils import slug
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

DESK = Path(__file__).parent / "desk"
RIGHTS = ("read", "write", "create", "delete")
DESK_DOCTYPES = ("User", "Role", "Has Role")


def page(path: str) -> Response:
	is_guest = frappe.session.user == "Guest"
	if path != "/login" and is_guest:
		return redirect(f"/login?redirect-to={quote(path)}")
	source = (DESK / ("login.html" if path == "/login" else "index.html")).read_text(encoding="utf-8")
	if not is_guest:
		get_csrf_token()
	filled = {"boot_script": boot_script(), "app_scripts": app_scripts(), "language": frappe.local.lang}
	for name, text in filled.items():
		source = source.replace("{{ " + name + " }}", text)
	return Response(source, mimetype="text/html", headers={"Cache-Control": "no-store"})


def boot_script() -> str:
	boot = json.dumps(boot_data(), default=str).replace("<", "\\u003c")
	token = json.dumps(frappe.session.data.csrf_token)
	start = (
		f"window.devsite_boot = {boot}; window.frappe = window.frappe || {{}}; frappe.csrf_token = {token};"
	)
	return f"<script>{start}</script>"


def app_scripts() -> str:
	styles = [f'<link rel="stylesheet" href="{asset(path)}">' for path in frappe.get_hooks("app_include_css")]
	scripts = [f'<script src="{asset(path)}"></script>' for path in frappe.get_hooks("app_include_js")]
	return "".join(styles + scripts)


def asset(path: str) -> str:
	"""Bundles are what `bench build` makes of the file of that name under public/."""
	if path.startswith("/"):
		return path
	for app in frappe.local.conf.installed_apps:
		public = Path(import_module(app).__file__).parent / "public"
		if found := next(public.rglob(path), None):
			return f"/assets/{app}/{found.relative_to(public).as_posix()}"
	raise NotImplementedError(f"the included file {path!r} was not found in any app's public folder")


def boot_data() -> dict[str, Any]:
	user = frappe.session.user
	return {
		"user": user,
		"full_name": frappe.utils.get_fullname(user),
		"roles": frappe.get_roles(),
		"language": frappe.local.lang,
		"time_zone": frappe.utils.get_system_timezone(),
		"csrf_token": frappe.session.data.csrf_token,
		"messages": get_all_translations(frappe.local.lang),
		"app_route": "/app",
		"sitename": frappe.local.site,
		"doctypes": {}
		if user == "Guest"
		else {meta.name: for_browser(meta, path) for meta, path in readable()},
	}


def readable() -> list[tuple[Any, Path]]:
	files = doctype_files(tuple(frappe.get_installed_apps()))
	own = doctype_files(tuple(frappe.local.conf.installed_apps))
	found = []
	for name, path in files.items():
		meta = frappe.get_meta(json.loads(path.read_text(encoding="utf-8"))["name"])
		wanted = name in own or meta.name in DESK_DOCTYPES
		if wanted and (
			meta.istable or frappe.permissions.get_role_permissions(meta).read or is_administrator()
		):
			found.append((meta, path))
	return found


def is_administrator() -> bool:
	return frappe.session.user == "Administrator"


def for_browser(meta: Any, path: Path) -> dict[str, Any]:
	granted = frappe.permissions.get_role_permissions(meta)
	perm = {right: 1 if is_administrator() else int(granted.get(right) or 0) for right in RIGHTS}
	values = {key: value for key, value in meta.items() if key != "fieldnames"}
	scripts = [path.with_suffix(".js"), *hooked_scripts("doctype_js", meta.name)]
	list_scripts = [path.with_name(f"{path.stem}_list.js"), *hooked_scripts("doctype_list_js", meta.name)]
	code = {"__js": joined(scripts), "__list_js": joined(list_scripts)}
	return {**values, **code, "slug": slug(meta.name), "perm": perm}


def hooked_scripts(hook: str, doctype: str) -> list[Path]:
	paths = []
	for app in frappe.local.conf.installed_apps:
		for script in frappe.get_hooks(hook, {}, app).get(doctype, []):
			paths.append(Path(import_module(app).__file__).parent / script)
	return paths


def joined(files: list[Path]) -> str:
	return "\n".join(file.read_text(encoding="utf-8") for file in files if file.exists())
