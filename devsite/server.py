"""What a bench puts before Frappe: files, the desk's pages, realtime."""

from __future__ import annotations

import mimetypes
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import frappe
import frappe.app
from frappe.realtime import can_subscribe, listen
from werkzeug.exceptions import Forbidden, HTTPException, NotFound
from werkzeug.security import safe_join
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

import xappiens_whatsapp
from devsite import desk_pages

FOLDERS = {
	"devsite": desk_pages.DESK,
	"xappiens_whatsapp": Path(xappiens_whatsapp.__file__).parent / "public",
}


def application(environ: dict, start_response: Callable) -> Iterable[bytes]:
	request = Request(environ)
	try:
		response = route(request)
	except HTTPException as error:
		response = error.get_response(environ)
	if response is None:
		return frappe.app.application(environ, start_response)
	return response(environ, start_response)


def route(request: Request) -> Response | None:
	if request.path.startswith("/assets/"):
		return file_response(request.path.removeprefix("/assets/"))
	if request.path == "/":
		return redirect("/app/whatsapp-session")
	if request.path.split("/")[1] in ("app", "desk", "login"):
		return on_site(request, lambda: desk_pages.page(request.path))
	if request.path == "/devsite/events":
		return on_site(request, lambda: events(request))
	return None


def on_site(request: Request, answer: Callable[[], Response]) -> Response:
	try:
		frappe.app.init_request(request)
		return answer()
	finally:
		frappe.destroy()


def file_response(path: str) -> Response:
	owner, _slash, name = path.partition("/")
	file = safe_join(str(FOLDERS[owner]), name) if owner in FOLDERS else None
	if not file or not Path(file).is_file():
		raise NotFound
	kind = mimetypes.guess_type(file)[0] or "application/octet-stream"
	return Response(Path(file).read_bytes(), mimetype=kind, headers={"Cache-Control": "no-cache"})


def events(request: Request) -> Response:
	rooms = request.args.getlist("room")
	if frappe.session.user == "Guest" or not all(can_subscribe(room) for room in rooms):
		raise Forbidden
	stream = event_stream(rooms, frappe.local.site)
	return Response(stream, mimetype="text/event-stream", headers={"Cache-Control": "no-store"})


def event_stream(rooms: list[str], site: str) -> Iterator[str]:
	yield ": connected\n\n"
	for payload in listen(rooms, site):
		yield f"data: {payload}\n\n" if payload else ": still here\n\n"


class QuietHandler(WSGIRequestHandler):
	def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
		pass


def start(host: str, port: int) -> BaseWSGIServer:
	server = make_server(host, port, application, threaded=True, request_handler=QuietHandler)
	threading.Thread(target=server.serve_forever, name="devsite server", daemon=True).start()
	return server
