"""What is told to go wrong, for which route, how many times."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from .answers import REFUSALS
from .messages import STATUSES
from .shapes import VARIANTS

API_ROUTES = (
	"create",
	"list",
	"get",
	"status",
	"qr",
	"connect",
	"disconnect",
	"restart",
	"delete",
	"webhook",
	"pairing_code",
	"webhook_test",
	"send",
	"messages",
)
ROUTES = (*API_ROUTES, "health", "delivery", "*")
REPLACING = {
	"http": ("status", "code", "error", "details", "text_key", "performed"),
	"html": ("status", "performed"),
	"refusal": ("name", "performed"),
	"challenge": ("status", "form", "performed"),
	"not_json": ("text", "performed"),
	"redirect": ("location", "status", "performed"),
	"huge": ("megabytes", "performed"),
	"reset": ("performed",),
	"rate_limit": ("reset", "retry_after", "performed"),
}
ALTERING = {
	"slow": ("seconds",),
	"cut": (),
	"truncated": (),
	"variant": ("name", "word"),
	"wrong_session": (),
	"empty_qr": (),
	"late_qr": ("seconds",),
	"acks": ("numbers",),
}
DELIVERY = {
	"twice": (),
	"lost": (),
	"late": ("seconds",),
	"out_of_order": (),
	"bad_signature": (),
	"stale": ("seconds",),
	"variant": ("name",),
}
ONLY_ON = {"empty_qr": ("qr",), "late_qr": ("qr", "connect", "restart"), "acks": ("send",)}
CHALLENGES = ("html", "json", "text", "empty")


@dataclass
class Fault:
	route: str
	kind: str
	times: int | None = 1
	details: dict[str, Any] = field(default_factory=dict)

	def __post_init__(self) -> None:
		kinds = DELIVERY if self.route == "delivery" else REPLACING | ALTERING
		_require(self.route, ROUTES, "route")
		_require(self.kind, kinds, f"kind for route {self.route}")
		_require(self.route, ONLY_ON.get(self.kind, ROUTES), f"route for {self.kind}")
		for name in self.details:
			_require(name, kinds[self.kind], f"detail of {self.kind}")
		self._check_details()
		if self.times is not None and (type(self.times) is not int or self.times < 1):
			raise ValueError("times is a whole number from 1, or null for as long as not cleared")

	def _check_details(self) -> None:
		name = self.details.get("name")
		if self.kind == "variant":
			_require(name, VARIANTS.get(self.route, ()), f"variant of {self.route}")
		elif self.kind == "refusal":
			_require(name, REFUSALS, "refusal")
		elif self.kind == "challenge":
			_require(self.details.get("form", "html"), CHALLENGES, "form of challenge")
		elif self.kind == "acks":
			numbers = self.details.get("numbers", [])
			if not isinstance(numbers, list | tuple):
				raise ValueError("numbers is a list of acknowledgements")
			for number in numbers:
				_require(number, STATUSES, "acknowledgement")

	@property
	def replaces(self) -> bool:
		return self.kind in REPLACING

	@property
	def performed(self) -> bool:
		"""Whether the server does what was asked before the answer goes wrong."""
		return not self.replaces or bool(self.details.get("performed"))

	def matches(self, route: str) -> bool:
		return self.route == route or (self.route == "*" and route != "delivery")

	def variant(self) -> str:
		return self.details["name"] if self.kind == "variant" else ""

	def seconds(self, default: float) -> float:
		return float(self.details.get("seconds", default))


def _require(value: Any, known: Collection[str], what: str) -> None:
	if value not in known:
		raise ValueError(f"unknown {what}: {value!r}; known are {', '.join(map(str, known)) or 'none'}")


class FaultBook:
	def __init__(self) -> None:
		self._lock = threading.Lock()
		self._faults: list[Fault] = []

	def add(self, fault: Fault) -> None:
		with self._lock:
			self._faults.append(fault)

	def clear(self) -> None:
		with self._lock:
			self._faults.clear()

	def pending(self) -> list[Fault]:
		with self._lock:
			return list(self._faults)

	def take(self, route: str) -> Fault | None:
		with self._lock:
			fault = next((fault for fault in self._faults if fault.matches(route)), None)
			if fault and fault.times is not None:
				fault.times -= 1
				if not fault.times:
					self._faults.remove(fault)
			return fault
