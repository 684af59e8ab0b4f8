"""What stands in a site's configuration file."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import frappe

WRITING = threading.Lock()


def get_site_config_path() -> str:
	return os.path.join(frappe.local.site_path, "site_config.json")


def update_site_config(key: str, value: object) -> None:
	"""Whoever reads the file meanwhile finds it whole, and whoever writes it waits; the text "None" takes the key away."""
	path = Path(get_site_config_path())
	with WRITING:
		values = {**json.loads(path.read_text(encoding="utf-8")), key: value}
		if value == "None":
			del values[key]
		written = path.with_suffix(f".{frappe.generate_hash(length=10)}.new")
		written.write_text(json.dumps(values, indent=1), encoding="utf-8")
		os.replace(written, path)
	frappe.local.conf[key] = value
