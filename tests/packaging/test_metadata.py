"""What a bench, pip and the marketplace read about the app says the same everywhere."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

import xappiens_whatsapp

if sys.version_info >= (3, 11):
	import tomllib
else:
	import tomli as tomllib

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "xappiens_whatsapp"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DOCTYPES = {
	path.stem: json.loads(path.read_text(encoding="utf-8")) for path in PACKAGE.glob("*/doctype/*/*.json")
}
SECRET_WORDS = ("secret", "password", "token", "api_key")


def test_requirements_repeat_the_dependencies_of_pyproject():
	listed = (ROOT / "requirements.txt").read_text(encoding="utf-8").split()
	assert listed == PYPROJECT["project"]["dependencies"]


def test_setup_reads_version_and_requirements_instead_of_repeating_them():
	source = (ROOT / "setup.py").read_text(encoding="utf-8")
	assert "requirements.txt" in source and "__version__" in source
	assert xappiens_whatsapp.__version__ not in source
	assert f'name="{PYPROJECT["project"]["name"]}"' in source
	assert PYPROJECT["project"]["description"] in source


def test_frappe_is_a_bench_dependency_and_never_a_pip_one():
	optional = PYPROJECT["project"]["optional-dependencies"].values()
	everything = [*PYPROJECT["project"]["dependencies"], *(name for names in optional for name in names)]
	assert not [name for name in everything if name.startswith("frappe")]
	assert PYPROJECT["tool"]["bench"]["frappe-dependencies"]["frappe"] == ">=15.0.0,<17.0.0"


def test_every_third_party_import_of_the_package_is_declared():
	names = {re.split(r"[\[<>=]", name)[0].lower() for name in PYPROJECT["project"]["dependencies"]}
	declared = {name.removeprefix("python-") for name in names}
	given = {"frappe", "xappiens_whatsapp", "werkzeug", "click", "redis", "PIL", "jinja2"}
	imported = set()
	for path in PACKAGE.rglob("*.py"):
		imported |= set(re.findall(r"^(?:from|import) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
	foreign = {name for name in imported if name not in sys.stdlib_module_names} - given
	assert {name.lower() for name in foreign} <= declared


def test_modules_and_patches_resolve():
	modules = (PACKAGE / "modules.txt").read_text(encoding="utf-8").split("\n")
	assert all((PACKAGE / name.lower().replace(" ", "_")).is_dir() for name in modules if name)
	for line in (PACKAGE / "patches.txt").read_text(encoding="utf-8").splitlines():
		if line and not line.startswith(("[", "#")):
			assert (ROOT / (line.split()[0].replace(".", "/") + ".py")).is_file(), line


@pytest.mark.parametrize("name", DOCTYPES)
def test_doctypes_keep_secrets_in_password_fields_and_give_nothing_to_everybody(name):
	doctype = DOCTYPES[name]
	for field in doctype["fields"]:
		if any(word in field["fieldname"] for word in SECRET_WORDS) and not field["fieldname"].endswith(
			"_on"
		):
			assert field["fieldtype"] == "Password", field["fieldname"]
	assert not {row["role"] for row in doctype["permissions"]} & {"All", "Guest", "Desk User"}
	assert doctype["field_order"] == [field["fieldname"] for field in doctype["fields"]]
	assert doctype["module"] == xappiens_whatsapp.MODULE


def test_there_are_no_fixtures_symlinks_or_scripts_named_like_tests_outside_the_test_folders():
	assert not list(PACKAGE.rglob("fixtures"))
	assert not [path for path in PACKAGE.rglob("*") if path.is_symlink()]
	strays = [
		path
		for path in ROOT.rglob("test_*.py")
		if not {"tests", ".venv", "node_modules"} & set(path.relative_to(ROOT).parts)
	]
	assert not strays


def test_no_path_of_a_development_machine_is_in_the_package():
	for path in PACKAGE.rglob("*"):
		if path.suffix in (".py", ".js", ".json", ".html", ".csv", ".css"):
			text = path.read_text(encoding="utf-8")
			assert not re.search(r"(/home/\w+|/work/|/opt/|/Users/)", text), path
