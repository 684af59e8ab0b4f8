"""What the documents promise is there, and the Spanish ones promise the same as the English ones."""

from __future__ import annotations

import ast
import csv
import importlib
import inspect
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "xappiens_whatsapp"
DOCUMENTS = [
	path
	for path in sorted(ROOT.rglob("*.md"))
	if not any(part[0] == "." or part == "node_modules" for part in path.relative_to(ROOT).parts)
]
TWINS = [
	("README.md", "README.es.md"),
	("gateway/README.md", "gateway/README.es.md"),
	("docs/user-guide.md", "docs/user-guide.es.md"),
]
READMES = ["README.md", "README.es.md"]
ROLES = {"WhatsApp Manager", "WhatsApp User"}
CODE_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
PICTURE = re.compile(r"images/([\w-]+)\.png")
FUNCTION_ROW = re.compile(r"^\| `(\w+)\.(\w+)\((.*?)\)` \| ([A-Z, ]+) \|", re.MULTILINE)
COMMAND_ROW = re.compile(r"^\| `([\w-]+)([^`]*)` \| (.+?) \|", re.MULTILINE)


def text_of(name: str | Path) -> str:
	return (ROOT / name).read_text(encoding="utf-8")


def prose_of(name: str | Path) -> str:
	return CODE_BLOCK.sub("", text_of(name))


def headings_of(name: str) -> list[str]:
	return re.findall(r"^(#+) ", prose_of(name), re.MULTILINE)


def tables_of(name: str) -> list[tuple[int, int]]:
	"""Columns and rows of each table."""
	found = re.findall(r"(?:^\|.*\|\n)+", prose_of(name), re.MULTILINE)
	return [(table.split("\n")[1].count("|") - 1, table.count("\n") - 2) for table in found]


def code_of(name: str) -> list[tuple[str, list[str]]]:
	"""Language and lines of each block; comments and quoted words are for the reader and may differ."""
	blocks = CODE_BLOCK.findall(text_of(name))
	return [
		(language, [re.sub(r'(#.*|"[^"]*")', "", line).rstrip() for line in code.split("\n")])
		for language, code in blocks
	]


@pytest.mark.parametrize(("english", "spanish"), TWINS)
@pytest.mark.parametrize("parts_of", [headings_of, tables_of, code_of])
def test_the_spanish_twin_has_the_same_parts_in_the_same_order(english, spanish, parts_of):
	assert parts_of(english)
	assert parts_of(spanish) == parts_of(english)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_lead_somewhere(document):
	targets = [link.partition("#")[0] for link in LINK.findall(prose_of(document)) if "://" not in link]
	missing = [target for target in targets if target and not (document.parent / target).exists()]
	assert not missing


def test_pictures_are_those_that_the_browser_tests_take():
	"""Those of a real desk, `desk-v…`, are made by hand, with the run that docs/tested-with.md tells of."""
	sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests/browser").glob("*.py"))
	names = re.findall(r'"([^"\n]+-(?:light|dark|\{[\w.]*theme\}))"', sources)
	taken = [re.sub(r"\{.*?\}", r"[a-z-]+", name) for name in names]
	shown = {name for document in DOCUMENTS for name in PICTURE.findall(text_of(document))}
	assert shown
	shown = {name for name in shown if not name.startswith("desk-v")}
	assert not [name for name in sorted(shown) if not any(re.fullmatch(pattern, name) for pattern in taken)]


def labels_in(language: int) -> set[str]:
	with (PACKAGE / "translations/es.csv").open(encoding="utf-8") as file:
		return {row[language] for row in csv.reader(file) if row}


@pytest.mark.parametrize(
	("document", "language"),
	[(english, 0) for english, _spanish in TWINS]
	+ [(spanish, 1) for _english, spanish in TWINS]
	+ [("docs/operations.md", 0)],
)
def test_words_in_bold_are_labels_of_the_desk(document, language):
	words = set(re.findall(r"\*\*(.+?)\*\*", prose_of(document)))
	assert words
	assert words <= labels_in(language) | ROLES


def whitelisted_functions() -> dict[tuple[str, str], tuple[list[str], list[str]]]:
	"""Arguments and verbs of every function that the site offers over HTTP."""
	found = {}
	for path in (PACKAGE / "api").glob("*.py"):
		for node in ast.parse(path.read_text(encoding="utf-8")).body:
			if isinstance(node, ast.FunctionDef) and (verbs := verbs_of(node)):
				found[path.stem, node.name] = [argument.arg for argument in node.args.args], verbs
	return found


def verbs_of(function: ast.FunctionDef) -> list[str]:
	for decorator in function.decorator_list:
		if ast.unparse(decorator).startswith("frappe.whitelist("):
			return next(
				ast.literal_eval(keyword.value) for keyword in decorator.keywords if keyword.arg == "methods"
			)
	return []


def functions_in(document: str) -> dict[tuple[str, str], tuple[list[str], list[str]]]:
	rows = FUNCTION_ROW.findall(text_of(document))
	return {(module, name): (listed(arguments), listed(verbs)) for module, name, arguments, verbs in rows}


def listed(text: str) -> list[str]:
	return [part.strip() for part in text.split(",") if part.strip()]


@pytest.mark.parametrize("document", READMES)
def test_every_whitelisted_function_is_in_the_readme_with_its_arguments_and_verbs(document):
	assert functions_in(document) == whitelisted_functions()


@pytest.mark.needs_site
@pytest.mark.parametrize("document", READMES)
def test_functions_of_the_readme_can_be_called_over_http(document):
	import frappe

	for (module, name), (arguments, _verbs) in functions_in(document).items():
		function = getattr(importlib.import_module(f"xappiens_whatsapp.api.{module}"), name)
		frappe.is_whitelisted(function)
		assert list(inspect.signature(function).parameters) == arguments


@pytest.mark.needs_site
@pytest.mark.parametrize("document", READMES)
def test_errors_of_the_readme_have_the_status_that_it_gives(document):
	import frappe

	from xappiens_whatsapp.server import exceptions
	from xappiens_whatsapp.sessions import pairing_links

	rows = re.findall(r"^\| (\d{3})(?: / \d{3})? \| `(\w+)` \|", text_of(document), re.MULTILINE)
	assert len(rows) >= 10
	for status, name in rows:
		places = (exceptions, pairing_links, frappe)
		error = next(getattr(place, name) for place in places if hasattr(place, name))
		assert error.http_status_code == int(status), name


@pytest.mark.parametrize("document", READMES)
def test_commands_of_the_readme_are_those_of_bench_with_their_options(document):
	from xappiens_whatsapp.commands import whatsapp

	shown = {}
	for name, arguments, options in COMMAND_ROW.findall(prose_of(document)):
		if name in whatsapp.commands:
			shown[name] = (re.findall(r"[A-Z_]{2,}", arguments), re.findall(r"(?<![\w ])--[\w-]+", options))
	assert shown == {name: usage_of(command) for name, command in whatsapp.commands.items()}


def usage_of(command: object) -> tuple[list[str], list[str]]:
	arguments = [
		(param.metavar or param.name).upper()
		for param in command.params
		if param.param_type_name == "argument"
	]
	options = [param.opts[0] for param in command.params if param.param_type_name == "option"]
	return arguments, options
