"""Sanitising about as Frappe does it: v15 and v16 differ in the particulars."""

from __future__ import annotations

import html
import json
import re

KEPT = "a b blockquote br code div em h1 h2 h3 h4 i img li ol p pre small span strong table tbody td th thead tr u ul".split()
HARMLESS = "alt class colspan height href id rel rowspan src target title width".split()
TAG = re.compile(r"<(/?)([a-zA-Z!][^\s>/]*)([^>]*)>")
ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""")


def sanitize_html(text: str) -> str:
	"""Tags that Frappe keeps stay, without attributes that act; any other becomes text."""
	return text if _is_json(text) else TAG.sub(_cleaned, text)


def _cleaned(tag: re.Match) -> str:
	slash, name, attributes = tag.groups()
	if name.lower() not in KEPT:
		return html.escape(tag[0], quote=False)
	pairs = [(key.lower(), value.strip("\"'")) for key, value in ATTRIBUTE.findall(attributes)]
	kept = [f' {key}="{value}"' for key, value in pairs if key in HARMLESS and not _acts(key, value)]
	return f"<{slash}{name}{''.join(kept)}>"


def _acts(name: str, value: str) -> bool:
	scheme = re.match(r"\s*([a-z][\w+.-]*)\s*:", html.unescape(value), re.IGNORECASE)
	return name in ("href", "src") and bool(scheme) and scheme[1].lower() not in ("http", "https", "mailto")


def _is_json(text: str) -> bool:
	try:
		json.loads(text)
	except ValueError:
		return False
	return True
