"""What this server does at every request. What it does once, or for a while, is a fault."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from . import shapes
from .reasons import STYLES

FEATURES: dict[str, Any] = {
	"pairingCode": True,
	"webhookTest": "/api/webhooks/test/session",
	"sendText": True,
	"disconnectReason": True,
	"reconnects": False,
	"unlinksOnDelete": True,
}
"""True, or the path where there is no other way to know it."""
UNANNOUNCED = {"sendText": True}
"""What the contract promises of servers that say nothing of features."""


@dataclass
class Habits:
	reasons: str = "words"
	list_shape: str = "sessions"
	strict: bool = False
	exclusive_numbers: bool = True
	without_headers: tuple[str, ...] = ()
	clock_offset: float = 0.0
	features: dict[str, Any] | None = field(default_factory=dict)
	"""Changes to FEATURES; None says nothing of features at all."""

	def __post_init__(self) -> None:
		_one_of(self.reasons, STYLES, "reasons")
		_one_of(self.list_shape, tuple(shapes.LIST), "list_shape")
		unknown = set(self.features or ()) - set(FEATURES)
		if unknown:
			raise ValueError(
				f"unknown features: {', '.join(sorted(unknown))}; known are {', '.join(FEATURES)}"
			)
		for name in ("strict", "exclusive_numbers"):
			_one_of(getattr(self, name), (True, False), name)
		if isinstance(self.without_headers, str):
			raise ValueError("without_headers is a list of names")
		self.without_headers = tuple(self.without_headers)
		self.clock_offset = float(self.clock_offset)

	def change(self, **values: Any) -> None:
		"""In place, since the whole server looks at this object; unknown names are a TypeError."""
		vars(self).update(vars(replace(self, **values)))

	@property
	def announced(self) -> dict[str, Any] | None:
		return None if self.features is None else FEATURES | self.features

	def offers(self, feature: str) -> bool:
		offered = UNANNOUNCED if self.announced is None else self.announced
		return bool(offered.get(feature))


def _one_of(value: Any, known: tuple[Any, ...], what: str) -> None:
	if value not in known:
		raise ValueError(f"unknown {what}: {value!r}; known are {', '.join(map(str, known))}")
