"""The page behind a pairing link. The link's token stands after the #, so it is in no request line and no log."""

from __future__ import annotations

import json
import re
from pathlib import Path

import frappe
from frappe import _

from xappiens_whatsapp import __version__

no_cache = 1
sitemap = 0

SCRIPTS = ("xappiens_whatsapp_link.bundle.js", "panel/*.js")
SOURCE_STRING = re.compile(r'__\(\s*("(?:[^"\\]|\\.)+")')


def get_context(context: frappe._dict) -> frappe._dict:
	boot = {
		"language": frappe.local.lang,
		"csrf_token": frappe.session.data.csrf_token if frappe.session.user != "Guest" else None,
		"messages": {source: _(source) for source in source_strings()},
	}
	context.update({"boot": json.dumps(boot), "language": frappe.local.lang, "version": __version__})
	return context


def source_strings() -> set[str]:
	"""What the page's own scripts say."""
	folder = Path(__file__).parents[1] / "public" / "js"
	files = (file for pattern in SCRIPTS for file in folder.glob(pattern))
	texts = (file.read_text(encoding="utf-8") for file in files)
	return {json.loads(string) for text in texts for string in SOURCE_STRING.findall(text)}
