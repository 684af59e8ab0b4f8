"""Runs what was queued, without a worker or beside one that is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import frappe
from frappe.utils import background_jobs

OURS = ("xappiens_whatsapp.", "frappe.desk.doctype.notification_log.")
KEYS = "rq:job:"
UNFINISHED = ("queued", "started")
LONGEST_WAIT = 30
MOST_JOBS = 1000
SCHEDULED = "whatsapp_reconciliation"


def run_jobs() -> None:
	"""Every waiting job of this site, and those that they queue, each on a connection of its own."""
	frappe.db.commit()
	try:
		from devsite.testing import run_jobs as run
	except ImportError:
		run = run_on_bench
	run()
	frappe.db.rollback()


def run_on_bench() -> None:
	"""Looks twice: one look can miss a job that was queued by another while it went over the keys.

	What runs here takes the time that it takes; for what runs elsewhere there is a limit, and for jobs without an end.
	"""
	ran: list[str] = []
	until = time.monotonic() + LONGEST_WAIT
	while jobs := [*unfinished_jobs()] or [*unfinished_jobs()]:
		for job in jobs:
			if background_jobs.get_queue(job.origin.rpartition(":")[2]).remove(job):
				run_here(job)
				ran.append(job.id)
				assert len(ran) < MOST_JOBS, f"jobs without an end: {ran[-5:]}"
				until = time.monotonic() + LONGEST_WAIT
		assert time.monotonic() < until, f"still running: {[job.id for job in jobs]}"
		time.sleep(0.02)


def run_here(job: Any) -> None:
	"""One that fails leaves nothing either, or every later run would wait for it."""
	try:
		with ThreadPoolExecutor(1) as executor:
			executor.submit(background_jobs.execute_job, **job.kwargs).result()
	finally:
		job.delete()


def unfinished_jobs() -> Iterator[Any]:
	return (job for job in our_jobs() if job.get_status() in UNFINISHED)


def our_jobs() -> Iterator[Any]:
	"""By their own keys: a job that a worker has just taken is in no queue and no registry for a moment."""
	connection = background_jobs.get_redis_conn()
	for key in connection.scan_iter(f"{KEYS}{frappe.local.site}*"):
		for job in background_jobs.Job.fetch_many([key.decode().removeprefix(KEYS)], connection):
			if job and str(job.kwargs["method"]).startswith(OURS):
				yield job


def names_of_jobs() -> list[str]:
	"""What still waits or runs; not what the scheduler of a bench that works has put there meanwhile."""
	try:
		from devsite.testing import waiting_jobs
	except ImportError:
		return [name_of(job) for job in unfinished_jobs() if not job.id.endswith(SCHEDULED)]
	return [name_of(job) for job in waiting_jobs()]


def name_of(job: Any) -> str:
	return f"{getattr(job, 'method', None) or job.kwargs['method']} {job.id}"


def jobs_of(method: str) -> set[str]:
	"""By their ids: what waits, runs, or has run and is still remembered, whoever ran it."""
	try:
		from frappe.utils.background_jobs import JOBS
	except ImportError:
		return {job.id for job in our_jobs() if job.kwargs["method"] == method}
	return {job.id for job in JOBS.values() if job.method == method}


def forget_jobs(kept: Collection[str] = ()) -> None:
	"""All but those with these names, or every later test would wait for them; those that a worker runs come to their end."""
	try:
		from devsite.testing import forget_jobs as forget
	except ImportError:
		forget = forget_on_bench
	forget(lambda job: name_of(job) in kept)


def forget_on_bench(is_kept: Callable[[Any], bool]) -> None:
	until = time.monotonic() + LONGEST_WAIT
	while running := [job.id for job in our_jobs() if is_running(job) and not is_kept(job)]:
		assert time.monotonic() < until, f"still running: {running}"
		time.sleep(0.02)
	for job in our_jobs():
		if not is_kept(job):
			job.delete()


def is_running(job: Any) -> bool:
	return job.get_status() == "started"
