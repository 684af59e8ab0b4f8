"""Pages of the apps' www folders, and messages as a page."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from werkzeug.wrappers import Response

import frappe

LAYOUT = """<!doctype html>
<html lang="{{ lang }}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{% block title %}{{ title or "" }}{% endblock %}</title>{% block head_include %}{% endblock %}
<style>body { font: 16px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }</style>{% block style %}{% endblock %}
</head><body>{% block page_content %}{% endblock %}{% block script %}{% endblock %}
<footer><small>devsite: a development stand-in, not Frappe</small></footer></body></html>"""
MESSAGE = '{% extends "templates/web.html" %}{% block page_content %}<h1>{{ title }}</h1><p>{{ html }}</p>{% endblock %}'


def get_response(path: str) -> Response:
	name = path.strip("/") or "index"
	for app in reversed(frappe.local.conf.installed_apps):
		page = Path(import_module(app).__file__).parent / "www" / f"{name}.html"
		if ".." not in name and page.exists():
			return _page(app, name, page)
	return message_page("Not Found", "The resource you are looking for is not available", 404)


def _page(app: str, name: str, page: Path) -> Response:
	context = frappe._dict(frappe=frappe, _=frappe._, lang=frappe.local.lang, path=name)
	context.csrf_token = frappe.session.data.csrf_token or ""
	module_name = name.replace("-", "_")
	if page.with_name(f"{module_name}.py").exists():
		module = import_module(f"{app}.www.{module_name}")
		context.update(module.get_context(context) or {})
	source = page.read_text(encoding="utf-8")
	if "{% extends" not in source and "<html" not in source:
		body = (
			source
			if "{% block page_content" in source
			else "{% block page_content %}" + source + "{% endblock %}"
		)
		source = '{% extends "templates/web.html" %}' + body
	response = Response(render(source, context, app), mimetype="text/html")
	response.status_code = frappe.local.response.get("http_status_code") or context.http_status_code or 200
	return response


def render(source: str, context: dict, app: str | None = None) -> str:
	loaders: list[Any] = [jinja2.DictLoader({"templates/web.html": LAYOUT, "templates/base.html": LAYOUT})]
	if app:
		loaders.append(jinja2.FileSystemLoader(Path(import_module(app).__file__).parent))
	environment = jinja2.Environment(loader=jinja2.ChoiceLoader(loaders), autoescape=True)
	return environment.from_string(source).render(context)


def error_page(status: int, error: Exception) -> Response:
	titles = {401: "Session Expired", 403: "Not Permitted", 404: "Not Found"}
	detail = "" if status in titles else "; ".join(message.message for message in frappe.local.message_log)
	return message_page(titles.get(status, "Server Error"), detail or titles.get(status, ""), status)


def message_page(title: str, html: str, status: int) -> Response:
	context = {"title": frappe._(title), "html": Markup(frappe._(html)), "lang": frappe.local.lang}
	response = Response(render(MESSAGE, context), mimetype="text/html")
	response.status_code = status
	return response


__getattr__ = frappe._missing.refuse(__name__)
