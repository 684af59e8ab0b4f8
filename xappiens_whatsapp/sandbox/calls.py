"""What a handler gets, and what a row of the table of routes says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import validation
from .answers import Answer, Refusal
from .faults import Fault
from .registry import Registry
from .simulation import Simulation
from .state import Session


@dataclass
class Call:
	simulation: Simulation
	now: float
	path: dict[str, str]
	query: dict[str, str]
	headers: Any
	raw_body: bytes = b""
	body: dict[str, Any] = field(default_factory=dict)
	fault: Fault | None = None

	@property
	def registry(self) -> Registry:
		return self.simulation.registry

	@property
	def variant(self) -> str:
		return self.fault.variant() if self.fault else ""

	def session(self) -> Session:
		"""By number only, as the server wants it."""
		return known(self.registry.by_id(validation.numeric_id(self.path["id"])))

	def session_by_either(self) -> Session:
		text = self.path["id"]
		number = int(text) if validation.NUMBER.fullmatch(text) else 0
		return known(self.registry.by_id(number) or self.registry.by_key(text))

	def session_by_key(self) -> Session:
		return known(self.registry.by_key(self.path["sessionId"]))

	def require(self, feature: str) -> None:
		if not self.simulation.habits.offers(feature):
			raise Refusal(404, "NOT_FOUND", "Ruta no encontrada")

	def has_fault(self, kind: str) -> bool:
		return self.fault is not None and self.fault.kind == kind


def known(session: Session | None) -> Session:
	if session is None:
		raise Refusal(404)
	return session


@dataclass(frozen=True)
class Route:
	name: str
	method: str
	path: str
	handler: Callable[[Call], Answer]
	needs_key: bool = True
	stands_still: bool = True
	"""Whether the sessions wait while it is answered; not so where the answer waits for somebody else."""
