"""The limits that the project set itself; see DESIGN_DECISIONS.md."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FILE = 300
LONGEST_FUNCTION = 40
SOURCES = [
	path
	for folder in ("xappiens_whatsapp", "devsite", "benchmarks")
	for path in sorted((ROOT / folder).rglob("*.py"))
	if "tests" not in path.relative_to(ROOT).parts
]
assert SOURCES


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_short(path):
	source = path.read_text(encoding="utf-8")
	if path.is_relative_to(ROOT / "xappiens_whatsapp"):
		assert len(source.splitlines()) <= LONGEST_FILE
	for node in ast.walk(ast.parse(source)):
		if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
			assert node.end_lineno - node.lineno < LONGEST_FUNCTION, node.name


def test_baileys_and_sandbox_know_nothing_of_frappe():
	for folder in ("baileys", "sandbox"):
		for path in (ROOT / "xappiens_whatsapp" / folder).rglob("*.py"):
			assert "import frappe" not in path.read_text(encoding="utf-8"), path


def test_whitelisted_modules_keep_real_annotations_for_frappe_to_check():
	for path in (ROOT / "xappiens_whatsapp/api").glob("*.py"):
		assert "from __future__ import annotations" not in path.read_text(encoding="utf-8"), path


def test_form_scripts_stay_short():
	for path in (ROOT / "xappiens_whatsapp").glob("xappiens_whatsapp/doctype/*/*.js"):
		assert len(path.read_text(encoding="utf-8").splitlines()) <= 150, path
