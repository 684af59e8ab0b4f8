"""The scripts for the browser: modules that know only what lies below them, short, with one global name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "xappiens_whatsapp"
SCRIPTS = PACKAGE / "public" / "js"
MODULES = sorted(path for path in SCRIPTS.rglob("*.js") if path.name != "load_whatsapp.js")
EVERY_SCRIPT = sorted([*SCRIPTS.rglob("*.js"), *PACKAGE.glob("xappiens_whatsapp/doctype/*/*.js")])
IMPORT = re.compile(r"""^import [^"]*"([^"]+)";$""", re.MULTILINE)
LONGEST = 300


def relative(path: Path) -> str:
	return str(path.relative_to(PACKAGE))


def imports_of(module: Path) -> list[Path]:
	return [(module.parent / name).resolve() for name in IMPORT.findall(module.read_text(encoding="utf-8"))]


def reached_from(module: Path) -> Iterator[Path]:
	waiting, seen = imports_of(module), set()
	while waiting:
		path = waiting.pop()
		if path not in seen:
			seen.add(path)
			waiting += imports_of(path)
			yield path


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_what_a_module_imports_is_there_and_does_not_import_it(module):
	reached = list(reached_from(module))
	assert not [path for path in reached if not path.is_file()]
	assert module not in reached


@pytest.mark.parametrize("module", [path for path in MODULES if path.parent.name == "panel"], ids=relative)
def test_the_panel_that_the_pairing_page_shares_knows_nothing_of_the_desk(module):
	assert {path.parent.name for path in imports_of(module)} <= {"panel"}
	assert "frappe." not in module.read_text(encoding="utf-8")


def test_every_module_is_part_of_a_bundle():
	bundles = list(SCRIPTS.glob("*.bundle.js"))
	bundled = {path for bundle in bundles for path in (bundle, *reached_from(bundle))}
	assert bundled == set(MODULES)


@pytest.mark.parametrize("script", EVERY_SCRIPT, ids=relative)
def test_a_script_is_short_and_leaves_the_page_alone(script):
	source = script.read_text(encoding="utf-8")
	assert len(source.splitlines()) <= LONGEST
	assert not re.findall(
		r"console\.\w+|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", source
	)
	assert set(re.findall(r"window\.(\w+)\s*=[^=]", source)) <= {"xappiens_whatsapp"}
