"""The one place that hands work to the background workers."""

from __future__ import annotations

import frappe
from redis.exceptions import RedisError


def enqueue_short(method: str, **arguments: str) -> None:
	frappe.enqueue(method, queue="short", **arguments)


def enqueue_after_commit(method: str, **details: object) -> None:
	"""After the commit, and without a queue not at all: the change itself must be stored either way."""
	frappe.db.after_commit.add(lambda: put_in_queue(method, **details))


def put_in_queue(method: str, **details: object) -> None:
	"""Without a queue it is only logged."""
	try:
		frappe.enqueue(method, queue="short", **details)
	except (RedisError, frappe.QueueOverloaded) as error:
		frappe.logger().error(f"Job {method} {details} was not queued: {error}")
