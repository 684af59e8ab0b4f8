"""`python -m benchmarks`: measures on the development site, or with --site on a bench, and prints the tables."""

from __future__ import annotations

import argparse
import signal
import sys

import devsite

NAMES = ("time", "requests", "visibility", "webhooks", "reconciliation")


def main() -> None:
	options = arguments()
	signal.signal(signal.SIGTERM, lambda *_details: sys.exit(1))  # so that the site is left tidy
	devsite.activate()
	from benchmarks.environment import ready

	with ready(options.site, options.sites_path, options.url) as environment:
		print(f"{environment.versions()}\n", flush=True)
		for name in options.only or NAMES:
			environment.settings()
			print(measurement(name)(environment), end="\n\n", flush=True)
			environment.remove_records()


def arguments() -> argparse.Namespace:
	parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
	parser.add_argument("--site", help="a site of a bench that nobody works on, with allow_tests")
	parser.add_argument("--sites-path", default=".", help="the bench's folder of sites")
	parser.add_argument("--url", help="where the site answers, if not at its own address")
	parser.add_argument("--only", choices=NAMES, action="append", help="one measurement; may be repeated")
	return parser.parse_args()


def measurement(name: str) -> object:
	from benchmarks import calls, passes, visibility, webhooks

	return {
		"time": calls.measure_time,
		"requests": calls.measure_requests,
		"visibility": visibility.measure,
		"webhooks": webhooks.measure,
		"reconciliation": passes.measure,
	}[name]


if __name__ == "__main__":
	main()
