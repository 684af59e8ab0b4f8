"""A development stand-in for a Frappe site; see README.md."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

STAND_IN = Path(__file__).parent / "stand_in"


def activate() -> bool:
	"""Make `frappe` importable; True when it is the stand-in, False when a real one is there."""
	if str(STAND_IN) in sys.path:
		return True
	if _has_real_frappe():
		return False
	sys.path.insert(0, str(STAND_IN))
	sys.modules.pop("frappe", None)
	return True


def _has_real_frappe() -> bool:
	"""The package of that name on PyPI is an empty placeholder."""
	spec = find_spec("frappe")
	if not spec or not spec.origin:
		return False
	return "def init(" in Path(spec.origin).read_text(encoding="utf-8")
