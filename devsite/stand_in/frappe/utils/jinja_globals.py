"""Tags for bundles, which the development site serves as they were written."""

from __future__ import annotations

from markupsafe import Markup

import frappe
from frappe.calls import APP

SCRIPT = Markup('<script type="module" src="/assets/{}/js/{}"></script>')
STYLE = Markup('<link rel="stylesheet" href="/assets/{}/css/{}">')


def include_script(path: str, preload: bool = True) -> Markup:
	return SCRIPT.format(APP, path)


def include_style(path: str, preload: bool = True) -> Markup:
	return STYLE.format(APP, path)


__getattr__ = frappe._missing.refuse(__name__)
