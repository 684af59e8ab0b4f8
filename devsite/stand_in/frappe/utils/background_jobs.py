"""Jobs: a queue in memory, run by a worker thread of devsite or, in tests, by devsite.testing.run_jobs."""

from __future__ import annotations

from dataclasses import dataclass
from queue import Queue
from typing import Any

import frappe


@dataclass
class Job:
	id: str
	site: str
	sites_path: str
	user: str
	method: str
	kwargs: dict
	status: str = "queued"

	def get_status(self) -> str:
		return self.status


WAITING: Queue[Job] = Queue()
JOBS: dict[str, Job] = {}


def enqueue(
	method: str,
	*,
	queue: str = "default",
	job_id: str | None = None,
	deduplicate: bool = False,
	enqueue_after_commit: bool = False,
	now: bool = False,
	**kwargs: Any,
) -> Job | None:
	if deduplicate and is_job_enqueued(job_id):
		return None
	if now:
		frappe.get_attr(method)(**kwargs)
		return None
	name = _full_id(job_id or frappe.generate_hash(length=20))
	job = Job(name, frappe.local.site, frappe.local.sites_path, frappe.session.user, method, kwargs)
	if not enqueue_after_commit:
		return _put(job)
	frappe.db.after_commit.add(lambda: _put(job))
	return None


def _put(job: Job) -> Job:
	JOBS[job.id] = job
	WAITING.put(job)
	return job


def _full_id(job_id: str) -> str:
	return f"{frappe.local.site}||{job_id}"


def get_job(job_id: str) -> Job | None:
	return JOBS.get(_full_id(job_id))


def is_job_enqueued(job_id: str) -> bool:
	job = get_job(job_id)
	return bool(job) and job.get_status() in ("queued", "started")


def get_redis_connection_without_auth() -> Any:
	return frappe.cache


def execute_job(job: Job) -> None:
	job.status = "started"
	frappe.init(job.site, job.sites_path, force=True)
	frappe.connect()
	frappe.set_user(job.user)
	frappe.local.job = job
	try:
		frappe.get_attr(job.method)(**job.kwargs)
		frappe.db.commit()
		job.status = "finished"
	except Exception:
		frappe.db.rollback()
		frappe.log_error(title=job.method)
		frappe.db.commit()
		job.status = "failed"
	finally:
		frappe.destroy()


__getattr__ = frappe._missing.refuse(__name__)
