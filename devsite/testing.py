"""For conftest.py: a site for the whole session, and the jobs that tests left."""

from __future__ import annotations

import threading
from pathlib import Path

import frappe
from frappe.utils.background_jobs import QUEUE, execute_job

from devsite.site import APPS, open_site


def boot_site(data_dir: str | Path, apps: tuple[str, ...] = APPS, language: str = "en") -> None:
	open_site(data_dir, apps, language)
	frappe.local.flags.in_test = True


def run_jobs() -> int:
	"""Run every waiting job, and those that they enqueue, as a worker would; the caller's connection stays."""
	count = 0
	while job := QUEUE.take(timeout=0):
		worker = threading.Thread(target=execute_job, args=(job,))
		worker.start()
		worker.join()
		count += 1
	return count
