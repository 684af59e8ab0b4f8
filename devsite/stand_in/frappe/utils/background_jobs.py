"""Jobs: a queue in memory, run by a worker thread of devsite or, in tests, by devsite.testing.run_jobs."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import frappe

ATTEMPTS = 5


@dataclass
class Job:
	id: str
	site: str
	sites_path: str
	user: str
	method: Any
	kwargs: dict
	status: str = "queued"

	def get_status(self) -> str:
		return self.status


@dataclass
class JobQueue:
	waiting: deque = field(default_factory=deque)
	jobs: dict[str, Job] = field(default_factory=dict)
	changed: threading.Condition = field(default_factory=threading.Condition)

	def put(self, job: Job, at_front: bool) -> Job:
		with self.changed:
			self.jobs[job.id] = job
			(self.waiting.appendleft if at_front else self.waiting.append)(job)
			self.changed.notify()
		return job

	def take(self, timeout: float) -> Job | None:
		with self.changed:
			if not self.waiting and timeout:
				self.changed.wait(timeout)
			return self.waiting.popleft() if self.waiting else None


QUEUE = JobQueue()


def enqueue(
	method: Any,
	queue: str = "default",
	timeout: int | None = None,
	event: Any = None,
	is_async: bool = True,
	job_name: str | None = None,
	now: bool = False,
	enqueue_after_commit: bool = False,
	*,
	on_success: Callable | None = None,
	on_failure: Callable | None = None,
	at_front: bool = False,
	job_id: str | None = None,
	deduplicate: bool = False,
	**kwargs: Any,
) -> Any:
	if on_success or on_failure:
		raise NotImplementedError("frappe.enqueue(on_success, on_failure) is not provided by devsite")
	if deduplicate and not job_id:
		frappe.throw(frappe._("`job_id` paramater is required for deduplication."))
	if deduplicate and is_job_enqueued(job_id):
		return None
	if now or not is_async:
		return frappe.call(method, **kwargs)
	name = create_job_id(job_id or frappe.generate_hash(length=20))
	job = Job(name, frappe.local.site, frappe.local.sites_path, frappe.session.user, method, kwargs)
	if enqueue_after_commit:
		frappe.db.after_commit.add(lambda: QUEUE.put(job, at_front))
		return None
	return QUEUE.put(job, at_front)


def create_job_id(job_id: str) -> str:
	return f"{frappe.local.site}||{job_id}"


def get_job(job_id: str) -> Job | None:
	return QUEUE.jobs.get(create_job_id(job_id))


def is_job_enqueued(job_id: str) -> bool:
	job = get_job(job_id)
	return bool(job) and job.get_status() in ("queued", "started")


def run_doc_method(doctype: str, name: str, doc_method: str, **kwargs: Any) -> None:
	getattr(frappe.get_doc(doctype, name), doc_method)(**kwargs)


def execute_job(job: Job) -> None:
	job.status = "started"
	for attempt in range(1, ATTEMPTS + 2):
		frappe.init(job.site, job.sites_path, force=True)
		frappe.connect()
		frappe.set_user(job.user)
		try:
			if _perform(job, attempt):
				return
		finally:
			frappe.destroy()


def _perform(job: Job, attempt: int) -> bool:
	method = frappe.get_attr(job.method) if isinstance(job.method, str) else job.method
	name = f"{method.__module__}.{method.__qualname__}"
	frappe.local.job = frappe._dict(site=job.site, method=name, kwargs=job.kwargs, user=job.user)
	try:
		method(**job.kwargs)
		frappe.db.commit()
		job.status = "finished"
	except Exception as error:
		frappe.db.rollback()
		retry = (frappe.RetryBackgroundJobError, frappe.QueryDeadlockError, frappe.QueryTimeoutError)
		if isinstance(error, retry) and attempt <= ATTEMPTS:
			return False
		frappe.log_error(title=name)
		frappe.db.commit()
		job.status = "failed"
	return True


class Worker(threading.Thread):
	def __init__(self) -> None:
		super().__init__(name="devsite worker", daemon=True)
		self.stopping = threading.Event()

	def run(self) -> None:
		while not self.stopping.is_set():
			if job := QUEUE.take(timeout=0.2):
				execute_job(job)

	def stop(self) -> None:
		self.stopping.set()
		self.join(timeout=10)


__getattr__ = frappe._missing.refuse(__name__)
