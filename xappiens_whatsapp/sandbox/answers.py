"""The envelopes of the contract: successes, errors, and how moments are written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

DEFAULT_ERRORS = {
	400: ("VALIDATION_ERROR", "Datos de entrada inválidos"),
	401: ("INVALID_API_KEY", "Clave de API no válida"),
	403: ("AUTHORIZATION_FAILED", "No autorizado"),
	404: ("SESSION_NOT_FOUND", "Sesión no encontrada"),
	409: ("", "Session already exists"),
	413: ("PAYLOAD_TOO_LARGE", "Cuerpo demasiado grande"),
	422: ("VALIDATION_ERROR", "Datos de entrada inválidos"),
	429: ("RATE_LIMIT_EXCEEDED", "Demasiadas solicitudes"),
	500: ("INTERNAL_ERROR", "Error interno del servidor"),
	503: ("WHATSAPP_ERROR", "Servicio no disponible"),
}


@dataclass
class Answer:
	status: int
	body: Any = None
	headers: dict[str, str] = field(default_factory=dict)

	def encoded(self) -> bytes:
		return b"" if self.status == 204 else json.dumps(self.body).encode()


class Refusal(Exception):
	"""A handler ends here with this error answer."""

	def __init__(
		self,
		status: int,
		code: str = "",
		text: str = "",
		*,
		details: dict[str, str] | None = None,
		facts: dict[str, Any] | None = None,
	) -> None:
		super().__init__(status, code, text)
		self.status = status
		self.code, self.text = with_defaults(status, code, text)
		self.details = details
		self.facts = facts or {}


REFUSALS = {
	"not_connected": (400, "SESSION_NOT_CONNECTED", "La sesión debe estar conectada"),
	"disconnected": (400, "SESSION_DISCONNECTED", "La sesión está desconectada"),
	"not_connected_text": (409, "", "Session is not connected"),
	"already_connected": (400, "SESSION_ALREADY_CONNECTED", "La sesión ya está conectada"),
	"already_connected_conflict": (409, "SESSION_ALREADY_CONNECTED", "La sesión ya está conectada"),
	"already_connected_text": (409, "", "Session is already connected"),
}
"""What servers refuse by naming the state of the session."""


def refusal(name: str) -> Refusal:
	return Refusal(*REFUSALS[name])


def with_defaults(status: int, code: str, text: str) -> tuple[str, str]:
	default_code, default_text = DEFAULT_ERRORS.get(status, ("INTERNAL_ERROR", "Error inesperado"))
	return code or default_code, text or default_text


def success(data: Any = None, message: str = "", *, status: int = 200) -> Answer:
	body: dict[str, Any] = {"success": True}
	if message:
		body["message"] = message
	if data is not None:
		body["data"] = data
	return Answer(status, body)


def failure(refusal: Refusal, now: float, *, text_key: str = "error") -> Answer:
	body: dict[str, Any] = {"success": False, text_key: refusal.text, "timestamp": iso(now)}
	if refusal.code:
		body["code"] = refusal.code
	if refusal.details:
		body["details"] = refusal.details
	return Answer(refusal.status, body | refusal.facts)


def iso(moment: float) -> str:
	text = datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="milliseconds")
	return text.replace("+00:00", "Z")


def iso_or_null(moment: float | None) -> str | None:
	return None if moment is None else iso(moment)
