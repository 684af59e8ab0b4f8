"""`python -m devsite`: a site to try the app on, with a sandbox beside it."""

from __future__ import annotations

import argparse
import signal
import tempfile
import threading
from contextlib import ExitStack

import devsite


def main() -> None:
	options = arguments()
	stopping = threading.Event()
	for number in (signal.SIGINT, signal.SIGTERM):
		signal.signal(number, lambda *_details: stopping.set())
	devsite.activate()
	with ExitStack() as stack:
		data = options.data or stack.enter_context(tempfile.TemporaryDirectory(prefix="devsite-"))
		server = serve(stack, options, data)
		print(f"ready http://{options.host}:{server.server_port}", flush=True)
		stopping.wait()


def arguments() -> argparse.Namespace:
	parser = argparse.ArgumentParser(prog="python -m devsite", description=__doc__)
	parser.add_argument("--host", default="127.0.0.1")
	parser.add_argument("--port", type=int, default=8000)
	parser.add_argument("--data", help="folder that keeps the site; a temporary one by default")
	parser.add_argument("--language", default="en")
	parser.add_argument("--no-sandbox", action="store_true", help="leave the Baileys stand-in out")
	return parser.parse_args()


def serve(stack: ExitStack, options: argparse.Namespace, data: str) -> object:
	import frappe
	from frappe.utils.background_jobs import Worker

	from devsite.server import start
	from devsite.site import open_site, point_settings_to

	open_site(data, language=options.language)
	server = start(options.host, options.port)
	stack.callback(server.server_close)
	stack.callback(server.shutdown)
	address = f"http://{options.host}:{server.server_port}"
	if not options.no_sandbox:
		from xappiens_whatsapp.sandbox import Sandbox

		sandbox = stack.enter_context(Sandbox())
		point_settings_to(sandbox.url, sandbox.api_key)
	remember_address(address)
	frappe.destroy()
	worker = Worker()
	worker.start()
	stack.callback(worker.stop)
	return server


def remember_address(address: str) -> None:
	"""So that links and the webhook URL are right outside of a request too."""
	from devsite.site import set_config

	set_config("host_name", address)


main()
