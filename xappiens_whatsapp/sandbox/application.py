"""From a request to a response: record, fault, limit, key, handler."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from . import breakage, control, phone
from .answers import Answer, Refusal, failure
from .calls import Call, Route
from .faults import Fault
from .recording import recorded
from .routes import ROUTES
from .simulation import Simulation

MAXIMUM_BODY = 1_000_000
RULES = Map(
	[Rule(route.path, endpoint=route, methods=[route.method]) for route in ROUTES], merge_slashes=False
)
NOWHERE = Route("nowhere", "", "", lambda call: Answer(404), needs_key=False)


class Application:
	def __init__(self, sandbox: Simulation) -> None:
		self.sandbox = sandbox

	def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
		request = Request(environ)
		request.max_content_length = MAXIMUM_BODY
		try:
			response = self._response(request)
		except HTTPException as error:
			response = breakage.response_of(self._failure(Refusal(error.code or 500)))
		return response(environ, start_response)

	def _response(self, request: Request) -> Response:
		if request.path == "/phone":
			return phone.page()
		if request.path.startswith("/sandbox/"):
			return breakage.response_of(self._guarded(lambda: self._control(request)))
		return self._api(request)

	def _control(self, request: Request) -> Answer:
		handler = control.CONTROLS.get((request.method, request.path))
		if handler is None:
			raise Refusal(404, "NOT_FOUND", "Ruta no encontrada")
		return control.perform(handler, self.sandbox, json_body(request))

	def _api(self, request: Request) -> Response:
		body = request.get_data()
		self.sandbox.requests.append(recorded(request, body, self.sandbox.clock()))
		route, path = matched(request)
		fault = self.sandbox.faults.take(route.name)
		allowed, headers = self._count(request, route)
		if fault and not fault.performed:
			return self._replacement(fault, request, headers)
		answer = self._guarded(lambda: self._perform(request, route, path, fault, allowed))
		answer.headers = headers | answer.headers
		return self._spoiled(fault, request, answer) if fault else breakage.response_of(answer)

	def _count(self, request: Request, route: Route) -> tuple[bool, dict[str, str]]:
		if not route.needs_key:
			return True, {}
		return self.sandbox.limiter.count(request.headers.get("X-API-Key", ""), self.sandbox.clock())

	def _perform(
		self, request: Request, route: Route, path: dict[str, str], fault: Fault | None, allowed: bool
	) -> Answer:
		if route is NOWHERE:
			raise Refusal(404, "NOT_FOUND", "Ruta no encontrada")
		if not allowed:
			raise Refusal(429)
		if route.needs_key:
			self._check_key(request)
		body = json_body(request)
		query, raw = request.args.to_dict(), request.get_data()
		with self._moment(route) as now:
			return route.handler(Call(self.sandbox, now, path, query, request.headers, raw, body, fault))

	def _moment(self, route: Route) -> AbstractContextManager[float]:
		return self.sandbox.registry.current() if route.stands_still else nullcontext(self.sandbox.clock())

	def _check_key(self, request: Request) -> None:
		key = request.headers.get("X-API-Key")
		if not key:
			raise Refusal(401, "MISSING_API_KEY", "Falta la clave de API")
		if key != self.sandbox.api_key:
			raise Refusal(401, "INVALID_API_KEY", "Clave de API no válida")

	def _spoiled(self, fault: Fault, request: Request, answer: Answer) -> Response:
		if fault.kind == "slow":
			self.sandbox.stopping.wait(fault.seconds(5))
		if fault.replaces:
			return self._replacement(fault, request, {})
		if fault.kind == "wrong_session":
			answer.body = breakage.of_another_session(answer.body)
		return breakage.altered(fault, breakage.response_of(answer))

	def _replacement(self, fault: Fault, request: Request, headers: dict[str, str]) -> Response:
		sandbox = self.sandbox
		response = breakage.replacement(fault, request, sandbox.clock(), sandbox.limiter.limit)
		for name, value in headers.items() if fault.kind in ("http", "refusal", "rate_limit") else ():
			response.headers.setdefault(name, value)
		return response

	def _guarded(self, action: Callable[[], Answer]) -> Answer:
		try:
			return action()
		except Refusal as refusal:
			return self._failure(refusal)

	def _failure(self, refusal: Refusal) -> Answer:
		return failure(refusal, self.sandbox.clock())


def matched(request: Request) -> tuple[Route, dict[str, str]]:
	try:
		return RULES.bind_to_environ(request.environ).match()
	except HTTPException:
		return NOWHERE, {}


def json_body(request: Request) -> dict[str, Any]:
	if not request.is_json or not request.get_data():
		return {}
	try:
		body = json.loads(request.get_data())
	except ValueError:
		raise Refusal(400, details={"body": "no es JSON"}) from None
	if not isinstance(body, dict):
		raise Refusal(400, details={"body": "debe ser un objeto"})
	return body
