"""Every dotted path that Frappe follows for us leads somewhere."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "xappiens_whatsapp"
METHOD = re.compile(r"""["'`](xappiens_whatsapp\.[\w.]+)["'`]""")
BUNDLE = re.compile(r"\w+\.bundle\.(?:js|css)")


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


def test_files_that_hooks_name_exist():
	hooks = importlib.import_module("xappiens_whatsapp.hooks")
	logos = [app["logo"].replace("/assets/xappiens_whatsapp", "public") for app in hooks.add_to_apps_screen]
	scripts = [*hooks.doctype_js.values(), *hooks.doctype_list_js.values()]
	for path in (*logos, *scripts):
		assert (PACKAGE / path).is_file(), path


def test_bundles_that_scripts_and_pages_name_exist():
	files = [path for suffix in ("*.js", "*.html") for path in PACKAGE.rglob(suffix)]
	named = {name for path in files for name in BUNDLE.findall(path.read_text(encoding="utf-8"))}
	there = {path.name for path in PACKAGE.glob("public/*/*.bundle.*")}
	assert named == there
