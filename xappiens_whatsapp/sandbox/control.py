"""The sandbox's own routes, for people's scripts and for the page that plays the phone. No key, JSON only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .answers import Answer, Refusal, success
from .registry import SessionUnknown
from .simulation import Simulation
from .state import ScanRefused

DEFAULT_NUMBER = "34600000001"
Body = dict[str, Any]


def perform(handler: Callable[[Simulation, Body], Any], sandbox: Simulation, body: Body) -> Answer:
	try:
		return success(handler(sandbox, body))
	except SessionUnknown as error:
		raise Refusal(404, text=str(error.args[0])) from None
	except ScanRefused as error:
		raise Refusal(409, "SCAN_REFUSED", str(error)) from None
	except (ValueError, TypeError) as error:
		raise Refusal(400, text=str(error)) from None


def add_fault(sandbox: Simulation, body: Body) -> Body:
	known = ("route", "kind", "times")
	details = body.get("details", {}) | {key: body[key] for key in body if key not in (*known, "details")}
	sandbox.fault(_text(body, "route"), _text(body, "kind"), times=body.get("times", 1), **details)
	return list_faults(sandbox, body)


def list_faults(sandbox: Simulation, _body: Body) -> Body:
	return {"faults": [vars(fault) for fault in sandbox.faults.pending()]}


def clear_faults(sandbox: Simulation, body: Body) -> Body:
	sandbox.clear_faults()
	return list_faults(sandbox, body)


def scan(sandbox: Simulation, body: Body) -> Body:
	target = _text(body, "qr" if "qr" in body else "sessionId")
	return sandbox.scan(target, str(body.get("phoneNumber", DEFAULT_NUMBER)))


def enter_code(sandbox: Simulation, body: Body) -> Body:
	number = str(body.get("phoneNumber", DEFAULT_NUMBER))
	return sandbox.enter_code(_text(body, "sessionId"), _text(body, "code"), number)


def drop(sandbox: Simulation, body: Body) -> Body:
	back_after = body.get("backAfter")
	return sandbox.drop(
		_text(body, "sessionId"),
		int(body.get("code", 401)),
		str(body.get("reason", "")),
		None if back_after is None else float(back_after),
	)


def break_credentials(sandbox: Simulation, body: Body) -> Body:
	sandbox.break_credentials(_text(body, "sessionId"))
	return {}


def restrict(sandbox: Simulation, body: Body) -> Body:
	seconds = body.get("seconds")
	sandbox.restrict(
		_text(body, "sessionId"),
		None if seconds is None else float(seconds),
		str(body.get("reason", "DEFAULT")),
		lifted=bool(body.get("lifted", False)),
	)
	return {}


def hide(sandbox: Simulation, body: Body) -> Body:
	sandbox.hide(_text(body, "sessionId"), bool(body.get("hidden", True)))
	return {}


def duplicate(sandbox: Simulation, body: Body) -> Body:
	return {"id": sandbox.duplicate(_text(body, "sessionId"), first=bool(body.get("first", False)))}


def start_over(sandbox: Simulation, body: Body) -> Body:
	sandbox.start_over(int(body.get("firstId", 1)))
	return {}


def list_habits(sandbox: Simulation, _body: Body) -> Body:
	return {"habits": vars(sandbox.habits)}


def behave(sandbox: Simulation, body: Body) -> Body:
	sandbox.behave(**body)
	return list_habits(sandbox, body)


def list_messages(sandbox: Simulation, _body: Body) -> Body:
	return {"messages": sandbox.messages()}


def forget(sandbox: Simulation, body: Body) -> Body:
	sandbox.forget(_text(body, "sessionId"))
	return {}


def renumber(sandbox: Simulation, body: Body) -> Body:
	return {"id": sandbox.renumber(_text(body, "sessionId"))}


def test_webhook(sandbox: Simulation, body: Body) -> Body:
	delivery = sandbox.test_webhook(_text(body, "sessionId"))
	return {"status": delivery.status, "error": delivery.error}


def list_sessions(sandbox: Simulation, _body: Body) -> Body:
	return {"sessions": sandbox.sessions()}


def list_requests(sandbox: Simulation, _body: Body) -> Body:
	return {"requests": [request.as_dict() for request in sandbox.requests]}


def clear_requests(sandbox: Simulation, body: Body) -> Body:
	sandbox.clear_requests()
	return list_requests(sandbox, body)


def list_deliveries(sandbox: Simulation, _body: Body) -> Body:
	return {"deliveries": [vars(delivery) for delivery in sandbox.deliveries]}


def _text(body: Body, key: str) -> str:
	if not isinstance(body.get(key), str) or not body[key]:
		raise ValueError(f"{key} is required, as text")
	return body[key]


CONTROLS: dict[tuple[str, str], Callable[[Simulation, Body], Any]] = {
	("POST", "/sandbox/faults"): add_fault,
	("GET", "/sandbox/faults"): list_faults,
	("DELETE", "/sandbox/faults"): clear_faults,
	("POST", "/sandbox/scan"): scan,
	("POST", "/sandbox/enter-code"): enter_code,
	("POST", "/sandbox/drop"): drop,
	("POST", "/sandbox/break"): break_credentials,
	("POST", "/sandbox/hide"): hide,
	("POST", "/sandbox/restrict"): restrict,
	("POST", "/sandbox/duplicate"): duplicate,
	("POST", "/sandbox/start-over"): start_over,
	("GET", "/sandbox/habits"): list_habits,
	("POST", "/sandbox/habits"): behave,
	("GET", "/sandbox/messages"): list_messages,
	("POST", "/sandbox/forget"): forget,
	("POST", "/sandbox/renumber"): renumber,
	("POST", "/sandbox/webhook-test"): test_webhook,
	("GET", "/sandbox/sessions"): list_sessions,
	("GET", "/sandbox/requests"): list_requests,
	("DELETE", "/sandbox/requests"): clear_requests,
	("GET", "/sandbox/deliveries"): list_deliveries,
}
