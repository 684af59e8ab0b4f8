"""Deliveries to the webhook as a server would make them, right or wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import frappe
from frappe.installer import get_site_config_path, update_site_config
from werkzeug.serving import make_server
from werkzeug.test import Client

from xappiens_whatsapp.baileys.webhooks import sign
from xappiens_whatsapp.sandbox.server import QuietHandler
from xappiens_whatsapp.sessions.webhooks import METHOD
from xappiens_whatsapp.site import copies
from xappiens_whatsapp.tests.base import WhatsAppTestCase

SECRET = "a-test-secret-of-the-site-0000000000"
OTHER_SECRET = "another-secret-that-is-not-ours-0000"
PATH = f"/api/method/{METHOD}"
JSON = {"Content-Type": "application/json"}


class WebhookTestCase(WhatsAppTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.accept_webhooks()

	def accept_webhooks(self) -> None:
		self.settings(webhook_enabled=1, webhook_secret=SECRET, webhook_secret_rotated_on=None)

	def linked(self) -> Any:
		"""A connected session, the server's knowledge and ours in step.

		The server is not told where to call: the site's own web server may be running, and would answer it.
		"""
		self.settings(webhook_enabled=0)
		doc = self.linked_session()
		self.accept_webhooks()
		return doc

	def deliver(
		self, payload: Any, secret: str | None = SECRET, *, method: str = "POST", **headers: str
	) -> tuple[int, Any]:
		"""One request as the server makes it; the status and the JSON of the answer."""
		body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
		headers = {**JSON, "X-Frappe-Site-Name": frappe.local.site, **headers}
		if secret is not None:
			headers.setdefault("X-Webhook-Signature", sign(body, secret))
		frappe.db.commit()
		with ThreadPoolExecutor(1) as executor:
			answer = executor.submit(post, method, body, headers).result()
		frappe.db.rollback()
		frappe.local.cache.clear()
		return answer

	def event(self, name: str, session_id: str, **data: Any) -> dict[str, Any]:
		return {"event": name, "sessionId": session_id, "timestamp": iso_now(), "data": data}


def post(method: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
	from frappe.app import application

	response = Client(application).open(PATH, method=method, data=body, headers=headers)
	return response.status_code, response.get_json(silent=True)


def iso_now() -> str:
	return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())


@contextmanager
def served_site(port: int = 0) -> Iterator[str]:
	"""The site behind a socket of its own, under the address that `get_url` then gives; 0 is any free port."""
	from frappe.app import application

	site = frappe.local.site

	def named(environ: dict[str, Any], start_response: Any) -> Any:
		return application({**environ, "HTTP_X_FRAPPE_SITE_NAME": site}, start_response)

	server = make_server("127.0.0.1", port, named, threaded=True, request_handler=QuietHandler)
	Thread(target=server.serve_forever, daemon=True).start()
	try:
		with site_address(f"http://127.0.0.1:{server.port}") as address:
			yield address
	finally:
		server.shutdown()
		server.server_close()


@contextmanager
def site_address(address: str) -> Iterator[str]:
	"""The site's configuration names this address, for every thread and every process that reads it."""
	in_file = json.loads(Path(get_site_config_path()).read_text(encoding="utf-8")).get("host_name")
	before = frappe.local.conf.host_name
	move(address)
	try:
		yield address
	finally:
		move(in_file or "None", before)


def move(configured: str, known_as: str | None = None) -> None:
	"""`known_as` is what all configuration files together say; "None" takes the site's own word away."""
	update_site_config("host_name", configured)
	frappe.local.conf.host_name = known_as or (None if configured == "None" else configured)
	copies.move_here()
	frappe.db.commit()
