"""For conftest.py: a site for the whole session, the jobs that tests left, and the scheduler's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty

import frappe
from frappe.utils.background_jobs import JOBS, WAITING, Job, execute_job

from devsite.site import open_site
from devsite.workers import enqueue_scheduled

MOST_JOBS = 10_000


def boot_site(data_dir: str | Path) -> None:
	open_site(data_dir)
	frappe.local.flags.in_test = True


def run_jobs() -> int:
	"""Run every waiting job, and those that they enqueue, as a worker would; the caller's connection stays."""
	count = 0
	for count, job in enumerate(taken(), 1):
		assert count <= MOST_JOBS, f"jobs without an end: {job.method}"
		worker = threading.Thread(target=execute_job, args=(job,))
		worker.start()
		worker.join()
	return count


def taken() -> Iterator[Job]:
	"""From the queue, one by one, until it is empty; beside a worker it may be so at any moment."""
	with suppress(Empty):
		while True:
			yield WAITING.get_nowait()


def waiting_jobs() -> list[Job]:
	return [*WAITING.queue]


def forget_jobs(is_kept: Callable[[Job], bool]) -> None:
	for job in [*taken()]:
		if is_kept(job):
			WAITING.put(job)
		else:
			JOBS.pop(job.id, None)


def run_scheduler(tick: str = "all") -> int:
	"""Enqueue what the hooks want done at this tick (`all`, `hourly`, ...), and run it."""
	enqueue_scheduled(tick)
	return run_jobs()
