"""Functions of the frappe module that hand work to something else: log, mail, jobs, realtime, pages."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import frappe


def get_traceback(with_context: bool = False) -> str:
	return traceback.format_exc().strip()


def logger(module: str | None = None, **kwargs: Any) -> logging.Logger:
	return logging.getLogger(f"frappe.{module or 'frappe'}")


def log_error(
	title: str | None = None,
	message: str | None = None,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	*,
	defer_insert: bool = False,
) -> Any:
	if message and "\n" in (title or ""):
		title, message = message, title
	values = {"doctype": "Error Log", "method": title or "Error", "error": message or get_traceback()}
	values |= {"reference_doctype": reference_doctype, "reference_name": reference_name}
	return frappe.get_doc(values).insert(ignore_permissions=True)


def sendmail(
	recipients: Any = (),
	sender: str = "",
	subject: str = "No Subject",
	message: str = "No Message",
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	delayed: bool = True,
	template: str | None = None,
	args: dict | None = None,
	**kwargs: Any,
) -> Any:
	"""Puts the message into Email Queue, where it stays."""
	if template or kwargs.keys() - {"now", "header", "as_markdown", "retry"}:
		raise NotImplementedError(
			f"frappe.sendmail({(template and 'template') or list(kwargs)}) is not provided"
		)
	to = recipients if isinstance(recipients, str) else ", ".join(recipients)
	values = {
		"doctype": "Email Queue",
		"recipients": to,
		"sender": sender,
		"message": f"Subject: {subject}\n\n{message}",
	}
	values |= {"reference_doctype": reference_doctype, "reference_name": reference_name, "status": "Not Sent"}
	return frappe.get_doc(values).insert(ignore_permissions=True)


def enqueue(*args: Any, **kwargs: Any) -> Any:
	from frappe.utils.background_jobs import enqueue as enqueue_job

	return enqueue_job(*args, **kwargs)


def enqueue_doc(doctype: str, name: str, method: str, queue: str = "default", **kwargs: Any) -> Any:
	runner = "frappe.utils.background_jobs.run_doc_method"
	return enqueue(runner, queue=queue, doctype=doctype, name=name, doc_method=method, **kwargs)


def publish_realtime(*args: Any, **kwargs: Any) -> None:
	from frappe.realtime import publish_realtime as publish

	publish(*args, **kwargs)
