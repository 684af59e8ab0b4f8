"""The site and the sandbox of a walk."""

from __future__ import annotations

from xappiens_whatsapp.tests.test_alerts import AlertsTestCase


class Home(AlertsTestCase):
	sandbox_options = {
		"qr_delay": 0.0,
		"scan_delay": 0.0,
		"rate_limit": 1_000_000,
		"exclusive_numbers": False,
	}

	def runTest(self) -> None:
		"""The walk uses the case for its site and sandbox alone."""
