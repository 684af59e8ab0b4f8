"""Make a module say by name what the stand-in does not provide."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any


def refuse(module: str) -> Callable[[str], Any]:
	def __getattr__(name: str) -> Any:
		if name.startswith("__"):
			raise AttributeError(name)
		if find_spec(module).submodule_search_locations and find_spec(f"{module}.{name}"):
			return import_module(f"{module}.{name}")
		raise NotImplementedError(f"{module}.{name} is not provided by devsite")

	return __getattr__
