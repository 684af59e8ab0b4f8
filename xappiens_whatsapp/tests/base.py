"""What the Frappe tests share; they run unchanged on a bench (v15, v16) and on the development site."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

import frappe
from frappe.utils.password import update_password
from werkzeug.test import Client, TestResponse

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.api.session import create_session, get_session_status
from xappiens_whatsapp.background import notices
from xappiens_whatsapp.sandbox import Sandbox
from xappiens_whatsapp.sessions import records
from xappiens_whatsapp.site import copies
from xappiens_whatsapp.tests import leftovers

try:
	from frappe.tests import IntegrationTestCase as FrappeTestCase
except ImportError:
	from frappe.tests.utils import FrappeTestCase

MANAGER = "manager@example.com"
AGENT = "agent@example.com"
VIEWER = "viewer@example.com"
NOBODY = "nobody@example.com"
PASSWORD = "a-test-password-0000"
USERS = {MANAGER: "WhatsApp Manager", AGENT: "WhatsApp User", VIEWER: "WhatsApp User", NOBODY: None}
SESSIONS: dict[str, str] = {}
SESSION_API = "xappiens_whatsapp.api.session."


class Response(NamedTuple):
	status: int
	body: dict[str, Any]
	text: str

	@property
	def message(self) -> Any:
		return self.body.get("message")

	@property
	def words(self) -> str:
		"""What a person would read: all messages, as one text; the second version of Frappe's API has them under `errors`."""
		told = [json.loads(raw) for raw in json.loads(self.body.get("_server_messages") or "[]")]
		return " ".join(one["message"] for one in [*told, *self.body.get("errors", [])])


class WhatsAppTestCase(FrappeTestCase):
	"""A sandbox server per class, settings that point to it before every test, and nothing left behind."""

	sandbox_options: dict[str, Any] = {"qr_delay": 0.0, "scan_delay": 0.0}
	people: dict[str, str | None] = USERS

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		SESSIONS.clear()
		frappe.set_user("Administrator")
		ensure_users(cls.people)
		cls.addClassCleanup(leftovers.check_since, leftovers.snapshot(), cls.__qualname__)
		cls.sandbox = Sandbox("test-api-key-0000", **cls.sandbox_options)
		cls.sandbox.start()
		cls.addClassCleanup(cls.sandbox.stop)

	def setUp(self) -> None:
		super().setUp()
		frappe.set_user("Administrator")
		self.addCleanup(leftovers.remove_since, leftovers.snapshot(), self.id())
		copies.move_here()
		self.settings()
		self.sandbox.clear_faults()
		self.sandbox.clear_requests()
		frappe.cache.delete_keys("whatsapp_")
		gathered = patch.object(notices, "GATHERED_FOR", 0.0)
		gathered.start()
		self.addCleanup(gathered.stop)
		self.addCleanup(remove_test_sessions)

	def settings(self, **values: Any) -> None:
		"""Save the settings as a manager would, with the sandbox as server unless told otherwise."""
		doc = frappe.get_doc("WhatsApp Settings")
		defaults = {
			"enabled": 1,
			"default_session": None,
			"send_alerts": 1,
			"api_base_url": self.sandbox.url,
			"api_key": self.sandbox.api_key,
			"api_timeout": 5,
			"disconnect_mode": "Delete on the server",
			"webhook_enabled": 0,
		}
		doc.update({**defaults, **values})
		doc.flags.ignore_mandatory = True
		doc.save()
		frappe.db.commit()

	def new_id(self) -> str:
		return f"test_{frappe.generate_hash(length=10)}"

	def new_record(self, **values: Any) -> Any:
		"""A record that the server has not heard of, as the predecessor or an import may have left it."""
		session_id = values.pop("session_id", None) or self.new_id()
		known = {field: values.pop(field) for field in records.SERVER_OWNED if field in values}
		doc = frappe.get_doc(
			{"doctype": "WhatsApp Session", "session_id": session_id, "session_name": "Test", **values}
		).insert()
		if known:
			doc.db_set(known)
		frappe.db.commit()
		return doc

	def linked_session(
		self, session_name: str = "Ventas", phone_number: str = "34600000001", **values: Any
	) -> Any:
		"""The record of a connected session, in step with the server; the calls it took are forgotten."""
		created = create_session(self.new_id(), session_name)
		self.sandbox.scan(created["session_id"], phone_number=phone_number)
		get_session_status(created["session"])
		if values:
			self.fresh(created["session"]).update(values).save()
		frappe.db.commit()
		self.sandbox.clear_requests()
		return self.fresh(created["session"])

	def change_user(self, user: str, field: str, value: Any, *, afterwards: Any) -> None:
		def change(to: Any) -> None:
			frappe.db.set_value("User", user, field, to)
			frappe.db.commit()

		change(value)
		self.addCleanup(change, afterwards)

	def told(self, doc: Any, user: str | None = None) -> list[str]:
		"""The subjects of the notifications about this record, the oldest first."""
		filters = {"document_type": SESSION, "document_name": doc.name}
		if user:
			filters["for_user"] = user
		return frappe.get_all("Notification Log", filters=filters, pluck="subject", order_by="creation asc")

	def assign(self, session: str, user: str, role: str) -> None:
		doc = frappe.get_doc("WhatsApp Session", session)
		doc.append("assigned_users", {"user": user, "role": role})
		doc.save()
		frappe.db.commit()

	@contextmanager
	def as_user(self, user: str) -> Iterator[None]:
		frappe.set_user(user)
		try:
			yield
		finally:
			frappe.set_user("Administrator")

	def fresh(self, name: str) -> Any:
		"""The record as another request would read it now."""
		frappe.db.rollback()
		return frappe.get_doc("WhatsApp Session", name)

	def sent(self, method: str | None = None) -> list[str]:
		"""`METHOD path` of what reached the server, in order."""
		return [f"{r.method} {r.path}" for r in self.sandbox.requests if method in (None, r.method)]

	def call(self, method: str, verb: str = "POST", user: str | None = None, **arguments: Any) -> Response:
		"""One HTTP request to `/api/method`, through the site's own WSGI application."""
		path = f"/api/method/{method if '.' in method else SESSION_API + method}"
		return self.request(path, verb, user, arguments)

	def request(
		self,
		path: str,
		verb: str,
		user: str | None,
		arguments: dict[str, Any] | None = None,
		headers: dict[str, str] | None = None,
	) -> Response:
		frappe.db.commit()
		asked = (frappe.local.site, path, verb, user, arguments or {}, headers)
		with ThreadPoolExecutor(1) as executor:
			response = executor.submit(request, *asked).result()
		frappe.db.rollback()
		return response


def request(
	site: str,
	path: str,
	verb: str,
	user: str | None,
	arguments: dict[str, Any],
	headers: dict[str, str] | None = None,
) -> Response:
	"""In a thread of its own: at its end Frappe tears down everything that is bound to the thread."""
	from frappe.app import application

	client = Client(application)
	headers = {"X-Frappe-Site-Name": site, "Accept": "application/json", **(headers or {})}
	if user:
		client.set_cookie("sid", login(client, headers, user))
	body = {"query_string": arguments} if verb == "GET" else {"json": arguments}
	response = client.open(path, method=verb, headers=headers, **body)
	text = response.get_data(as_text=True)
	return Response(response.status_code, response.get_json(silent=True) or {}, text)


def login(client: Client, headers: dict[str, str], user: str) -> str:
	"""Once per user: hashing passwords takes longer than most of the requests."""
	for _attempt in range(5):
		if user in SESSIONS:
			return SESSIONS[user]
		answer = client.post("/api/method/login", data={"usr": user, "pwd": PASSWORD}, headers=headers)
		if cookie := client.get_cookie("sid"):
			SESSIONS[user] = cookie.value
		elif not is_conflict(answer):
			break
	raise AssertionError(
		f"{user}: login answered {answer.status_code}: {answer.get_data(as_text=True)[-300:]}"
	)


def is_conflict(answer: TestResponse) -> bool:
	"""Of two first logins at once MariaDB refuses one (1020); earlier releases of Frappe 15 have no class of their own for it."""
	name = (answer.get_json(silent=True) or {}).get("exc_type")
	return name in ("QueryDeadlockError", "OperationalError")


def set_setting(field: str, value: Any, doctype: str = "WhatsApp Settings") -> None:
	"""Past the checks that saving makes, and seen by every request from now on."""
	frappe.db.set_single_value(doctype, field, value)
	frappe.clear_document_cache(doctype, doctype)
	frappe.db.commit()


def unused_port() -> int:
	with socket.socket() as probe:
		probe.bind(("127.0.0.1", 0))
		return probe.getsockname()[1]


@contextmanager
def counted_statements() -> Iterator[list[str]]:
	"""What goes to the database while the block runs; everything passes through to the real method."""
	seen: list[str] = []
	original = frappe.db.sql

	def counting(query: Any, *args: Any, **kwargs: Any) -> Any:
		seen.append(str(query))
		return original(query, *args, **kwargs)

	frappe.db.sql = counting
	try:
		yield seen
	finally:
		del frappe.db.sql


def keeps_refused_calls() -> bool:
	"""Whether Frappe itself keeps every refused call in Error Log: version 16 does in developer mode."""
	return bool(frappe.conf.developer_mode) and not frappe.__version__.startswith("15.")


def logged_errors() -> str:
	"""All of Error Log, with what is only put aside for it so far."""
	from frappe.deferred_insert import save_to_db

	save_to_db()
	frappe.db.commit()
	return "\n".join(
		f"{row.method}\n{row.error}" for row in frappe.get_all("Error Log", fields=["method", "error"])
	)


def ensure_users(people: dict[str, str | None]) -> None:
	"""They read English; the browser tests of the same bench let them read Spanish."""
	for user, role in people.items():
		if not frappe.db.exists("User", user):
			add_user(user, role)
		update_password(user, PASSWORD)
		frappe.db.set_value("User", user, "language", "en")
	frappe.db.commit()


def add_user(user: str, role: str | None) -> None:
	doc = frappe.get_doc(
		doctype="User", email=user, first_name=user.split("@")[0].title(), send_welcome_email=0
	)
	if role:
		doc.append("roles", {"role": role})
	doc.insert()


def remove_test_sessions() -> None:
	frappe.set_user("Administrator")
	frappe.db.rollback()
	names = [
		name
		for field in ("session_id", "name")
		for name in frappe.get_all("WhatsApp Session", filters={field: ("like", "test%")}, pluck="name")
	]
	for name in names:
		frappe.db.delete("WhatsApp Session User", {"parent": name})
		frappe.db.delete("WhatsApp Session", {"name": name})
	frappe.db.commit()
