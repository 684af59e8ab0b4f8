"""Calls this site's own webhook address, as the server would, but unsigned."""

from __future__ import annotations

import requests

from xappiens_whatsapp.baileys.transport import TROUBLE, cause_of, make_session

REFUSED = (401, 403, 429)


def problem_with(address: str, *, timeout: float) -> str:
	"""Nothing when the webhook refuses the call, else the cause in one word or the HTTP status of the answer."""
	try:
		with make_session() as session, post_nothing(session, address, timeout) as response:
			status = response.status_code
	except TROUBLE as trouble:
		return cause_of(trouble)
	return "" if status in REFUSED else str(status)


def post_nothing(session: requests.Session, address: str, timeout: float) -> requests.Response:
	return session.post(address, json={}, timeout=timeout, allow_redirects=False, stream=True)
