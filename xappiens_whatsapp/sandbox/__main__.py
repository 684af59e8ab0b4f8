"""`python -m xappiens_whatsapp.sandbox`: the server in the foreground, until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import secrets
import signal
import threading

from .server import Sandbox
from .validation import is_loopback


def main(arguments: list[str] | None = None) -> None:
	options = parser().parse_args(arguments)
	sandbox = Sandbox(
		options.api_key or secrets.token_urlsafe(24),
		host=options.host,
		port=options.port,
		qr_delay=options.qr_delay,
		qr_lifetime=options.qr_lifetime,
		qr_rotation=options.qr_rotation,
		scan_delay=options.scan_delay,
		rate_limit=options.rate_limit,
	)
	asked_to_stop = threading.Event()
	for number in (signal.SIGINT, signal.SIGTERM):
		signal.signal(number, lambda *_: asked_to_stop.set())
	with sandbox:
		announce(sandbox, show_key=not options.api_key)
		asked_to_stop.wait()


def parser() -> argparse.ArgumentParser:
	parser = argparse.ArgumentParser(
		prog="python -m xappiens_whatsapp.sandbox",
		description="A Baileys REST server that links no real phone.",
	)
	parser.add_argument(
		"--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
	)
	parser.add_argument("--port", type=int, default=8084, help="0 takes a free one (default: 8084)")
	parser.add_argument("--api-key", default="", help="made up and printed when not given")
	parser.add_argument(
		"--qr-delay", type=float, default=2.0, help="seconds from connect to the QR (default: 2)"
	)
	parser.add_argument("--qr-lifetime", type=float, default=60.0, help="seconds a QR is valid (default: 60)")
	parser.add_argument(
		"--qr-rotation", type=float, default=20.0, help="seconds to the next QR (default: 20)"
	)
	parser.add_argument(
		"--scan-delay", type=float, default=1.0, help="seconds from scan to connected (default: 1)"
	)
	parser.add_argument(
		"--rate-limit", type=int, default=1000, help="requests a minute per key (default: 1000)"
	)
	return parser


def announce(sandbox: Sandbox, *, show_key: bool) -> None:
	print(f"ready {sandbox.url}", flush=True)
	print(f"phone {sandbox.url}/phone", flush=True)
	if show_key:
		print(f"api key {sandbox.api_key}", flush=True)
	if not is_loopback(sandbox.host):
		print("warning: others can reach this server, and its /sandbox routes ask for no key", flush=True)


if __name__ == "__main__":
	main()
