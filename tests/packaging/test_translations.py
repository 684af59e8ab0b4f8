"""Everything a person reads is English in the source, complete in Spanish, and made of whole sentences."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

from babel.messages.extract import extract

PACKAGE = Path(__file__).parents[2] / "xappiens_whatsapp"
PLACEHOLDER = re.compile(r"\{\w*\}|%\(\w+\)s|%s")
SPANISH = {
	(row[0], row[2] if len(row) > 2 else ""): row[1]
	for row in csv.reader((PACKAGE / "translations/es.csv").open(encoding="utf-8"))
	if row
}
META_KEYS = ("label", "description", "title")


def files(*patterns: str, but_not: tuple[str, ...] = ()) -> list[Path]:
	"""Of the package, wherever it is checked out; without what `bench build` makes, and what lies in the folders `but_not`."""
	left_out = {"dist", *but_not}
	found = [
		path
		for pattern in patterns
		for path in PACKAGE.rglob(pattern)
		if not left_out & set(path.relative_to(PACKAGE).parts)
	]
	assert found
	return found


def sources_in_code() -> set[str]:
	found = set()
	for pattern, method in (("*.py", "python"), ("*.js", "javascript"), ("*.html", "javascript")):
		for path in files(pattern, but_not=("tests", "sandbox")):
			found |= messages_of(path, method)
	return found


def messages_of(path: Path, method: str) -> set[str]:
	keywords = {"_": None, "__": None, "_lt": None}
	with path.open("rb") as file:
		return {
			first(message)
			for _line, message, _comments, _context in extract(method, file, keywords=keywords)
			if first(message)
		}


def first(message: object) -> str:
	return (message[0] if isinstance(message, tuple) else message) or ""


def sources_in_doctypes() -> set[str]:
	found = set()
	for path in PACKAGE.glob("xappiens_whatsapp/doctype/*/*.json"):
		doctype = json.loads(path.read_text(encoding="utf-8"))
		found.add(doctype["name"])
		for field in doctype["fields"]:
			if not field.get("hidden"):
				found |= {field[key] for key in META_KEYS if field.get(key)}
			if field["fieldtype"] == "Select":
				found |= set(filter(has_words, field["options"].split("\n")))
	return found


def has_words(option: str) -> bool:
	"""An hour is the same in every language."""
	return any(character.isalpha() for character in option)


def test_every_source_string_has_spanish():
	known = {source for source, _context in SPANISH}
	missing = sorted((sources_in_code() | sources_in_doctypes()) - known)
	assert not missing, "\n".join(missing)


def test_no_spanish_row_is_left_without_a_source():
	sources = sources_in_code() | sources_in_doctypes() | sources_in_workspaces()
	assert not sorted({source for source, _context in SPANISH} - sources)


def sources_in_workspaces() -> set[str]:
	found = set()
	desk_16 = [*PACKAGE.glob("workspace_sidebar/*.json"), *PACKAGE.glob("desktop_icon/*.json")]
	for path in [*PACKAGE.glob("xappiens_whatsapp/*/*/*.json"), *desk_16]:
		if path.parent.parent.name != "doctype":
			found |= {
				value
				for key, value in walk(json.loads(path.read_text(encoding="utf-8")))
				if key in (*META_KEYS, "name", "format")
			}
	return found | set(
		re.findall(r'"(?:app_title|title)": "(.+?)"', (PACKAGE / "hooks.py").read_text(encoding="utf-8"))
	)


def walk(node: object):
	if isinstance(node, dict):
		for key, value in node.items():
			if isinstance(value, str):
				yield key, value
			yield from walk(value)
	elif isinstance(node, list):
		for value in node:
			yield from walk(value)


def test_placeholders_are_the_same_in_both_languages():
	for (source, _context), spanish in SPANISH.items():
		assert sorted(PLACEHOLDER.findall(source)) == sorted(PLACEHOLDER.findall(spanish)), source


def test_no_translatable_string_is_put_together_inside_the_call():
	built = re.compile(r"""(?<![\w.])_{1,2}\(\s*(f["']|`[^`]*\$\{|["'][^"'\n]*["']\s*(\+|%)\s*\w)""")
	for path in files("*.py", "*.js", "*.html"):
		assert not built.findall(path.read_text(encoding="utf-8")), path


def test_what_is_shown_to_people_goes_through_translation():
	shown = re.compile(
		r"""(frappe\.(?:throw|msgprint|show_alert|confirm)|set_intro|add_custom_button|add_menu_item)\(\s*["'`]"""
	)
	for path in files("*.py", "*.js", but_not=("tests",)):
		assert not shown.findall(path.read_text(encoding="utf-8")), path


def test_the_four_buttons_read_in_spanish_as_the_product_says():
	labels = {
		"Create Session": "Crear Sesión",
		"View QR": "Ver QR",
		"Status": "Estado",
		"Disconnect": "Desconectar",
	}
	assert {source: SPANISH.get((source, "")) for source in labels} == labels
