"""Pages of the apps' www folders."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import jinja2
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

import frappe


def get_response(path: str) -> Response:
	name = path.strip("/")
	for app in frappe.local.conf.installed_apps:
		page = Path(import_module(app).__file__).parent / "www" / f"{name}.html"
		if name.replace("-", "").isalnum() and page.exists():
			return _page(app, name, page.read_text(encoding="utf-8"))
	raise NotFound


def _page(app: str, name: str, source: str) -> Response:
	if "<html" not in source:
		raise NotImplementedError("a page that extends Frappe's templates is not provided by devsite")
	module = import_module(f"{app}.www.{name.replace('-', '_')}")
	context = frappe._dict(frappe=frappe, _=frappe._)
	context.update(module.get_context(context) or {})
	text = jinja2.Environment(autoescape=True).from_string(source).render(context)
	return Response(text, mimetype="text/html")


__getattr__ = frappe._missing.refuse(__name__)
