"""For conftest.py: a site for the whole session, the jobs that tests left, and the scheduler's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import frappe
from frappe.utils.background_jobs import JOBS, WAITING, Job, execute_job

from devsite.site import open_site
from devsite.workers import enqueue_scheduled


def boot_site(data_dir: str | Path) -> None:
	open_site(data_dir)
	frappe.local.flags.in_test = True


def run_jobs() -> int:
	"""Run every waiting job, and those that they enqueue, as a worker would; the caller's connection stays."""
	count = 0
	while not WAITING.empty():
		worker = threading.Thread(target=execute_job, args=(WAITING.get(),))
		worker.start()
		worker.join()
		count += 1
	return count


def waiting_jobs() -> list[Job]:
	return [*WAITING.queue]


def forget_jobs(is_kept: Callable[[Job], bool]) -> None:
	for job in [WAITING.get() for _each in range(WAITING.qsize())]:
		if is_kept(job):
			WAITING.put(job)
		else:
			JOBS.pop(job.id, None)


def run_scheduler(tick: str = "all") -> int:
	"""Enqueue what the hooks want done at this tick (`all`, `hourly`, ...), and run it."""
	enqueue_scheduled(tick)
	return run_jobs()
