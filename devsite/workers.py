"""What a bench runs beside its web server: workers for the jobs, and the scheduler."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, suppress
from queue import Empty

import frappe
from frappe.utils.background_jobs import WAITING, execute_job

SECONDS = {"all": 60, "hourly": 60 * 60, "daily": 24 * 60 * 60}
WORKERS = 2


def start(stack: ExitStack, site: str, sites_path: str) -> None:
	"""Until the stack closes."""
	stopping = threading.Event()
	threads = [threading.Thread(target=work, args=(stopping,), daemon=True) for _number in range(WORKERS)]
	threads.append(threading.Thread(target=schedule, args=(stopping, site, sites_path), daemon=True))
	for thread in threads:
		thread.start()
		stack.callback(thread.join, timeout=10)
	stack.callback(stopping.set)


def work(stopping: threading.Event) -> None:
	while not stopping.is_set():
		with suppress(Empty):
			execute_job(WAITING.get(timeout=0.2))


def schedule(stopping: threading.Event, site: str, sites_path: str) -> None:
	due = dict.fromkeys(SECONDS, 0.0)
	while not stopping.wait(0.2):
		for tick in [tick for tick, moment in due.items() if time.monotonic() >= moment]:
			due[tick] = time.monotonic() + SECONDS[tick]
			frappe.init(site, sites_path)
			frappe.connect()
			enqueue_scheduled(tick)
			frappe.destroy()


def enqueue_scheduled(tick: str) -> None:
	"""What the hooks want done at this tick; one that still runs is not followed by a second one."""
	for method in frappe.get_hooks("scheduler_events", {}).get(tick, []):
		frappe.enqueue(method, job_id=f"scheduler:{method}", deduplicate=True)
