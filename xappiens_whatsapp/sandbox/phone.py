"""The page that plays the phone."""

from __future__ import annotations

from pathlib import Path

from werkzeug.wrappers import Response

PAGE = Path(__file__).with_name("phone.html")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"


def page() -> Response:
	headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
	return Response(PAGE.read_bytes(), headers=headers, mimetype="text/html")
