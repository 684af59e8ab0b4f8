"""No module of the sandbox or the development site needs, however late or by annotation, one that needs it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SANDBOX = (ROOT, "xappiens_whatsapp/sandbox", ())
DEVSITE = (ROOT, "devsite", ("devsite/stand_in",))
STAND_IN = (ROOT / "devsite/stand_in", "frappe", ())
NAMESPACE = "frappe"
"""Every module of Frappe's says `import frappe` and speaks to its neighbours through it; so do the stand-in's."""


def modules(root: Path, folder: str, left_out: tuple[str, ...]) -> dict[str, Path]:
	paths = [
		path for path in (root / folder).rglob("*.py") if not str(path.relative_to(root)).startswith(left_out)
	]
	return {dotted(path.relative_to(root)): path for path in paths}


def dotted(path: Path) -> str:
	return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def needs(path: Path, name: str, known: dict[str, Path]) -> set[str]:
	package = name if path.name == "__init__.py" else name.rpartition(".")[0]
	found = {
		target if target in known else target.rpartition(".")[0]
		for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
		for target in targets(node, package)
	}
	return {target for target in found if target in known} - {name, NAMESPACE}


def targets(node: ast.AST, package: str) -> Iterator[str]:
	"""Dotted names; of `from a import b` it is not yet said whether b is a module."""
	if isinstance(node, ast.Import):
		yield from (alias.name for alias in node.names)
	elif isinstance(node, ast.ImportFrom):
		above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
		base = ".".join([*above, *filter(None, [node.module])])
		yield from (f"{base}.{alias.name}" for alias in node.names)
	elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
		if node.args and isinstance(node.args[0], ast.Constant):
			yield node.args[0].value


@pytest.mark.parametrize("place", [SANDBOX, DEVSITE, STAND_IN], ids=["sandbox", "devsite", "stand-in"])
def test_no_circle(place):
	known = modules(*place)
	graph = {name: needs(path, name, known) for name, path in known.items()}
	assert any(graph.values())
	try:
		list(TopologicalSorter(graph).static_order())
	except CycleError as error:
		pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize(
	"source",
	[
		"from .b import x",
		"from . import b",
		"import p.b",
		"from p import b",
		"def late():\n\tfrom p.b import x",
		"if TYPE_CHECKING:\n\tfrom .b import x",
		"import_module('p.b')",
	],
)
def test_every_way_to_need_a_module_is_seen(tmp_path, source):
	known = {"p.a": tmp_path / "a.py", "p.b": tmp_path / "b.py"}
	known["p.a"].write_text(source)
	assert needs(known["p.a"], "p.a", known) == {"p.b"}
