"""What goes wrong once with an answer of the server: before the deed, or after it."""

from __future__ import annotations

READS = ("list", "get", "status")
ACTIONS = ("create", "connect", "disconnect", "restart", "delete")
FAULTS = [
	(route, kind, details)
	for kind, details, routes in (
		("http", {"status": 500}, (*READS, *ACTIONS)),
		("http", {"status": 500, "performed": True}, ACTIONS),
		("reset", {}, (*READS, *ACTIONS)),
		("reset", {"performed": True}, ACTIONS),
		("cut", {}, (*READS, *ACTIONS)),
		("html", {"status": 502}, (*READS, *ACTIONS)),
		("http", {"status": 404, "code": "SESSION_NOT_FOUND"}, (*READS, *ACTIONS)),
		("refusal", {"name": "not_connected"}, ACTIONS),
		("refusal", {"name": "already_connected"}, ACTIONS),
	)
	for route in routes
]
