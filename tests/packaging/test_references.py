"""Every dotted path that Frappe follows for us leads somewhere."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "xappiens_whatsapp"
METHOD = re.compile(r"""["'`](xappiens_whatsapp\.[\w.]+)["'`]""")


def paths_in_hooks() -> list[str]:
	return sorted(set(METHOD.findall((PACKAGE / "hooks.py").read_text(encoding="utf-8"))))


def methods_in_scripts() -> list[str]:
	files = [path for suffix in ("*.js", "*.html") for path in PACKAGE.rglob(suffix)]
	found = {method for path in files for method in METHOD.findall(path.read_text(encoding="utf-8"))}
	return sorted(method for method in found if ".api." in method)


def resolve(path: str) -> object:
	module, _dot, name = path.rpartition(".")
	return getattr(importlib.import_module(module), name)


@pytest.mark.needs_site
@pytest.mark.parametrize("path", paths_in_hooks())
def test_what_hooks_name_exists(path):
	assert callable(resolve(path))


@pytest.mark.needs_site
@pytest.mark.parametrize("path", methods_in_scripts())
def test_what_scripts_call_exists_and_is_whitelisted(path):
	import frappe

	frappe.is_whitelisted(resolve(path))


def test_assets_that_hooks_name_exist():
	hooks = importlib.import_module("xappiens_whatsapp.hooks")
	assets = [
		*hooks.app_include_css,
		*hooks.app_include_js,
		*(app["logo"] for app in hooks.add_to_apps_screen),
	]
	for asset in assets:
		path = asset.removeprefix("/assets/xappiens_whatsapp/").partition("?")[0]
		assert (PACKAGE / "public" / path).is_file(), asset
