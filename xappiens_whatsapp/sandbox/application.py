"""From a request to a response: record, fault, key, limit, handler."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from . import breakage, control, phone, routes
from .answers import Answer, Refusal, failure
from .faults import Fault

if TYPE_CHECKING:
	from .server import Sandbox

MAXIMUM_BODY = 1_000_000
RULES = Map(
	[Rule(route.path, endpoint=route, methods=[route.method]) for route in routes.ROUTES], merge_slashes=False
)


class Application:
	def __init__(self, sandbox: Sandbox) -> None:
		self.sandbox = sandbox

	def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
		request = Request(environ)
		request.max_content_length = MAXIMUM_BODY
		return self.response(request)(environ, start_response)

	def response(self, request: Request) -> Response:
		if request.path == "/phone":
			return phone.page(request)
		if request.path.startswith("/sandbox/"):
			return breakage.response_of(self._guarded(self._control, request))
		return self._api(request)

	def _guarded(self, action: Any, *arguments: Any) -> Answer:
		try:
			return action(*arguments)
		except Refusal as refusal:
			return failure(refusal, self.sandbox.clock())

	def _control(self, request: Request) -> Answer:
		handler = control.CONTROLS.get((request.method, request.path))
		if handler is None:
			raise Refusal(404, "NOT_FOUND", "Ruta no encontrada")
		if request.method == "POST" and not request.is_json:
			raise Refusal(400, text="Content-Type: application/json")
		return control.perform(handler, self.sandbox, json_body(request))

	def _api(self, request: Request) -> Response:
		body = request.get_data()
		self._record(request, body)
		route, path = self._match(request)
		fault = self.sandbox.faults.take(route.name if route else "")
		if fault and fault.replaces and not fault.performed:
			return self._replaced(fault, request)
		answer = self._guarded(self._perform, request, route, path, fault)
		answer.headers = answer.headers | self._limit_headers
		return self._spoiled(fault, request, answer) if fault else breakage.response_of(answer)
