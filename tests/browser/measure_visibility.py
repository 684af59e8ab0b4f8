"""From the moment the server has a code to the moment a browser has drawn it. Not collected by itself:

DESK_URL=http://site.localhost:8000 python -m pytest tests/browser/measure_visibility.py -s
"""

from __future__ import annotations

import random
from statistics import median
from typing import Any

import pytest

ROUNDS = 12
NO_LIMIT = 10_000_000
DRAWN_AT = """() => {
	const image = document.querySelector(".modal.show .whatsapp-qr[data-phase=code] .whatsapp-qr-image");
	return image && image.complete && image.naturalWidth ? Date.now() : 0;
}"""


@pytest.mark.parametrize("webhook", [1, 0], ids=["webhook", "polling"])
@pytest.mark.parametrize("delay", ["at once", "later"])
def test_seconds_from_the_code_to_the_screen(desk, site, start_sandbox, session_id, webhook, delay):
	"""`later`: the dialog is open and waits, the code comes 1 to 5 seconds after the session was connected."""
	sandbox = start_sandbox(qr_delay=0.0, rate_limit=NO_LIMIT)
	site.set_up(webhook_enabled=webhook)
	times = [seconds(desk, sandbox, f"{session_id}_{number}", delay == "later") for number in range(ROUNDS)]
	way = "webhook" if webhook else "polling"
	print(
		f"\n{way}, code {delay}: n {len(times)}, median {median(times):.2f} s, longest {max(times):.2f} s, "
		f"within 1 s {sum(time <= 1 for time in times)}"
	)


def seconds(desk: Any, sandbox: Any, session: str, later: bool) -> float:
	if later:
		sandbox.fault("connect", "late_qr", seconds=random.uniform(1, 5))
	desk.open_new()
	desk.fill("session_id", session)
	desk.fill("session_name", "Ventas Norte")
	desk.page.wait_for_timeout(1200)  # nobody types faster, and Frappe subscribes to one document a second
	desk.button("Create Session").click()
	drawn_at = desk.page.wait_for_function(DRAWN_AT, polling="raf").json_value() / 1000
	had_at = sandbox.registry.named(session).codes[0].generated_at
	desk.close_dialog()
	desk.page.wait_for_timeout(1500)  # closing reloads the form, which is about to become another
	return drawn_at - had_at
