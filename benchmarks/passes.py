"""What a reconciliation costs by the number of sessions, and by how many of them changed."""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import replace

import frappe

from benchmarks.environment import NO_LIMIT, Environment, add_sessions
from benchmarks.figures import Table, counted_statements, yes_no
from xappiens_whatsapp.background.reconciliation import reconcile
from xappiens_whatsapp.sandbox import Sandbox

SIZES = (100, 1_000, 10_000)
STALE_EVERY = 10
DROPPED = 10


def measure(environment: Environment, sizes: tuple[int, ...] = SIZES) -> Table:
	table = Table(
		"Reconciliation",
		["sessions", "pass", "changed", "requests", "statements", "seconds", "ms per session", "peak MiB"],
	)
	unchanged = []
	for size in sizes:
		rows = passes_over(environment, size)
		unchanged.append(rows[1])
		table.rows += [[f"{size:,}", *row] for row in rows]
	table.notes = [
		"Statements do not grow with unchanged sessions: "
		+ yes_no(len({row[3] for row in unchanged}) == 1)
		+ ". The list"
		" comes in pages of 100. Peak of what Python allocated in a pass of its own, sandbox included, so that tracing does"
		" not slow down the seconds."
	]
	return table


def passes_over(environment: Environment, size: int) -> list[list[object]]:
	environment.remove_records()
	with Sandbox(environment.sandbox.api_key, rate_limit=NO_LIMIT) as sandbox:
		own = replace(environment, sandbox=sandbox)
		own.settings()
		names = add_sessions(own, size, stale_every=STALE_EVERY)
		rows = [["one in ten out of step", *cost_of(own)], ["nothing changed", *cost_of(own)]]
		for name in names[:DROPPED]:
			sandbox.drop(name, 428)
		rows.append([f"{min(DROPPED, size)} dropped", *cost_of(own)])
		rows[1].append(f"{peak_of(own):.1f}")
	for row in rows[::2]:
		row.append("")
	environment.remove_records()
	environment.settings()
	return rows


def cost_of(environment: Environment) -> list[object]:
	environment.new_request("Administrator")
	environment.sandbox.clear_requests()
	began = time.perf_counter()
	with counted_statements() as statements:
		run = reconcile()
	seconds = time.perf_counter() - began
	frappe.db.commit()
	per_session = f"{seconds * 1000 / run['sessions']:.2f}"
	return [run["changed"], len(environment.sandbox.requests), len(statements), f"{seconds:.2f}", per_session]


def peak_of(environment: Environment) -> float:
	environment.new_request("Administrator")
	tracemalloc.start()
	try:
		reconcile()
		return tracemalloc.get_traced_memory()[1] / 1024**2
	finally:
		tracemalloc.stop()
