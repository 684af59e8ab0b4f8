"""Pages of the app's www folder."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import jinja2
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

import frappe
from frappe.calls import APP
from frappe.utils.jinja_globals import include_script, include_style


def get_response(path: str) -> Response:
	name = path.strip("/")
	page = Path(import_module(APP).__file__).parent / "www" / f"{name}.html"
	if not name.replace("-", "").isalnum() or not page.exists():
		raise NotFound
	source = page.read_text(encoding="utf-8")
	if "<html" not in source:
		raise NotImplementedError("a page that extends Frappe's templates is not provided by devsite")
	module = import_module(f"{APP}.www.{name.replace('-', '_')}")
	context = frappe._dict(
		frappe=frappe, _=frappe._, include_script=include_script, include_style=include_style
	)
	context.update(module.get_context(context) or {})
	text = jinja2.Environment(autoescape=True).from_string(source).render(context)
	return Response(text, mimetype="text/html")


__getattr__ = frappe._missing.refuse(__name__)
