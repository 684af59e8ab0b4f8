"""The house: a folder of the package imports only from the floors below it, and nothing imports itself by a detour."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "xappiens_whatsapp"
FLOORS = (
	"baileys",
	"site",
	"permissions",
	"server",
	"sessions",
	"background",
	"diagnosis",
	"api",
	"shell",
	"commands",
)
# What stands beside the stairs: where Frappe enters. Nothing imports from there, and it imports from any floor but these.
ENTRANCES = (
	"setup",
	"hooks",
	"patches",
	"www",
	"xappiens_whatsapp",
	"tasks",
	"jobs",
	"reconciliation",
	"alerts",
)
APART = ("sandbox", "tests")


def modules() -> dict[str, Path]:
	"""By dotted name below the package; a folder's `__init__` has the folder's name."""
	found = {}
	for path in sorted(PACKAGE.rglob("*.py")):
		parts = path.relative_to(PACKAGE).with_suffix("").parts
		found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
	return found


MODULES = modules()


class Imports(ast.NodeVisitor):
	"""Wherever they stand, in functions too; only what is under `TYPE_CHECKING` is no code."""

	def __init__(self, package: str) -> None:
		self.package = package
		self.found: set[str] = set()

	def visit_If(self, node: ast.If) -> None:
		if ast.unparse(node.test) != "TYPE_CHECKING":
			self.generic_visit(node)

	def visit_Import(self, node: ast.Import) -> None:
		self.found.update(alias.name for alias in node.names)

	def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
		start = self.package.split(".")[: 1 - node.level or None] if node.level else []
		base = ".".join([*start, *filter(None, [node.module])])
		self.found.update(f"{base}.{alias.name}" for alias in node.names)


def imported_by(path: Path) -> Iterator[str]:
	"""Names of our own modules, below the package."""
	visitor = Imports(".".join(path.relative_to(PACKAGE.parent).parent.parts))
	visitor.visit(ast.parse(path.read_text(encoding="utf-8")))
	for name in visitor.found:
		top, _, rest = name.partition(".")
		if top == PACKAGE.name and rest:
			yield rest if rest in MODULES else rest.rpartition(".")[0]


GRAPH = {name: set(imported_by(path)) - {"", name} for name, path in MODULES.items()}


def floor_of(module: str) -> str:
	return module.partition(".")[0]


def is_allowed(module: str, imported: str) -> bool:
	here, there = floor_of(module), floor_of(imported)
	if here == there or here == "tests":
		return True
	if there == "sandbox":
		return here == "commands"
	if there not in FLOORS:
		return (here, there) == ("patches", "setup")
	return here in ENTRANCES or (here in FLOORS and FLOORS.index(there) < FLOORS.index(here))


def test_every_module_stands_on_a_floor():
	known = {*FLOORS, *ENTRANCES, *APART, ""}
	assert {name for name in MODULES if floor_of(name) not in known} == set()


def test_a_floor_imports_only_from_those_below_it():
	upwards = [f"{a} imports {b}" for a in GRAPH for b in GRAPH[a] if not is_allowed(a, b)]
	assert sorted(upwards) == []


def test_nothing_imports_itself_by_a_detour():
	assert circle_in(GRAPH) == []


def test_a_circle_would_be_found():
	assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
	assert not is_allowed("site.queue", "sessions.records")
	assert not is_allowed("diagnosis.walk", "sandbox.server")


def circle_in(graph: dict[str, set[str]]) -> list[str]:
	"""The first circle that is found, its first name once more at the end."""
	done: set[str] = set()

	def walk(name: str, way: list[str]) -> list[str]:
		if name in way:
			return [*way[way.index(name) :], name]
		if name in done:
			return []
		for imported in sorted(graph.get(name, ())):
			if found := walk(imported, [*way, name]):
				return found
		done.add(name)
		return []

	return next(filter(None, (walk(name, []) for name in sorted(graph))), [])


@pytest.mark.parametrize(
	"folder", [name for name in (*FLOORS, "setup", "sandbox") if (PACKAGE / name).is_dir()]
)
def test_every_folder_says_in_its_first_line_what_belongs_in_it(folder):
	assert ast.get_docstring(ast.parse((PACKAGE / folder / "__init__.py").read_text(encoding="utf-8")))
