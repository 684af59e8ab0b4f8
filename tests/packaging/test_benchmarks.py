"""The benchmarks still fit the app: one of them runs, small."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import frappe
import pytest

from xappiens_whatsapp.tests.base import WhatsAppTestCase


def rows_of_unchanged_passes(
	site: str, sites_path: str, sandbox: object, sizes: tuple[int, ...]
) -> list[list]:
	"""In a thread of its own, whose connections come and go."""
	from benchmarks.environment import Environment
	from benchmarks.passes import passes_over

	frappe.init(site, sites_path=sites_path)
	frappe.connect()
	try:
		environment = Environment(site, sites_path, "", True, sandbox, "a-secret-of-a-test-000000")
		return [passes_over(environment, size)[1] for size in sizes]
	finally:
		frappe.destroy()


@pytest.mark.needs_site
class TestBenchmarks(WhatsAppTestCase):
	def test_a_pass_with_nothing_changed_costs_the_same_for_more_sessions(self):
		local = frappe.local
		frappe.db.commit()
		with ThreadPoolExecutor(1) as executor:
			run = executor.submit(
				rows_of_unchanged_passes, local.site, local.sites_path, self.sandbox, (10, 120)
			)
			few, many = run.result()
		_name, changed, requests, statements, *_rest = few
		self.assertEqual((changed, many[1]), (0, 0))
		self.assertEqual((requests, many[2]), (1, 2))
		self.assertEqual(statements, many[3])
		self.assertGreater(statements, 0)
