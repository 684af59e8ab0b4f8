from __future__ import annotations

import ssl
import time

import pytest

from xappiens_whatsapp.baileys import probe
from xappiens_whatsapp.baileys.errors import RateLimitedError

HEALTHY = {"success": True, "message": "API funcionando", "version": "1.0.0"}


def run(url: str, key: str = "sandbox-key", timeout: float = 1.0) -> dict:
	return {check.check: check for check in probe(url, key, timeout=timeout)}


def failed(checks: dict):
	"""The last check, which has to be the only one that failed."""
	*before, last = checks.values()
	assert all(check.ok and not check.code for check in before)
	assert not last.ok and last.code and last.detail
	return last


def test_a_server_that_works_passes_every_step_in_order_and_each_is_measured(sandbox):
	checks = run(sandbox.url, sandbox.api_key)
	assert list(checks) == ["dns", "tcp", "http", "key"]
	assert all(check.ok and check.code == "" and check.detail for check in checks.values())
	assert all(0 <= check.milliseconds < 1000 for check in checks.values())
	assert checks["dns"].detail == "127.0.0.1"
	assert "1.0.0" in checks["http"].detail


def test_health_is_asked_without_the_key_and_the_list_with_it_for_one_row(sandbox):
	run(sandbox.url + "/api/")
	health, listed = sandbox.requests
	assert (health.path, "X-API-Key" in health.headers) == ("/health", False)
	assert (listed.path, listed.query) == ("/api/sessions", "page=1&limit=1")
	assert listed.headers["X-API-Key"] == "sandbox-key"


def test_what_counts_against_the_key_is_asked_for_first_and_told_afterwards(sandbox):
	before, after = [], []
	hooks = {"before_request": lambda: before.append(len(sandbox.requests)), "after_response": after.append}
	assert all(check.ok for check in probe(sandbox.url, "sandbox-key", timeout=1.0, **hooks))
	assert before == [1]
	assert [rate.limit for rate in after] == [1000]


def test_a_budget_that_is_used_up_fails_at_the_key_with_the_seconds_to_wait(sandbox):
	def refuse() -> None:
		raise RateLimitedError("request budget used up", code="OWN_BUDGET", retry_after=12.5)

	*_others, last = probe(sandbox.url, "sandbox-key", timeout=1.0, before_request=refuse)
	assert (last.check, last.code, last.retry_after) == ("key", "rate_limited", 12.5)
	assert [request.path for request in sandbox.requests] == ["/health"]
	assert run(sandbox.url)["key"].ok


def test_a_name_that_does_not_exist_fails_at_dns():
	check = failed(run("http://no-such-host.invalid"))
	assert (check.check, check.code) == ("dns", "dns")
	assert "no-such-host.invalid" in check.detail


@pytest.mark.parametrize(
	"url", ["", None, "api.example", "ftp://api.example", "http://user:pass-word@api.example"]
)
def test_an_address_that_cannot_be_used_fails_at_the_first_step(url):
	check = failed(run(url))
	assert (check.check, check.code) == ("dns", "invalid_address")
	assert "pass-word" not in check.detail


def test_a_closed_port_fails_at_tcp_and_passes_once_a_server_is_there(closed_port, sandbox):
	check = failed(run(f"http://127.0.0.1:{closed_port}"))
	assert (check.check, check.code) == ("tcp", "refused")
	assert str(closed_port) in check.detail
	assert run(sandbox.url, sandbox.api_key)["key"].ok


def test_a_host_that_does_not_answer_fails_at_tcp_after_the_timeout(full_backlog):
	started = time.monotonic()
	check = failed(run(f"http://127.0.0.1:{full_backlog}", timeout=0.3))
	assert (check.check, check.code) == ("tcp", "timeout")
	assert 250 < check.milliseconds < 1000
	assert time.monotonic() - started < 1.5


def test_a_certificate_that_nobody_vouches_for_fails_at_tls_and_is_named(raw_server, self_signed):
	server = raw_server(b"", certificate=self_signed)
	check = failed(run(server.url))
	assert (check.check, check.code) == ("tls", "tls")
	assert "self-signed" in check.detail or "self signed" in check.detail
	assert server.requests == []


def test_a_server_without_tls_fails_at_tls_when_the_address_says_https(sandbox):
	check = failed(run(sandbox.url.replace("http:", "https:")))
	assert (check.check, check.code) == ("tls", "tls")


def test_a_handshake_that_never_comes_fails_at_tls_after_the_timeout(raw_server):
	server = raw_server(lambda connection: time.sleep(1.0))
	check = failed(run(server.url.replace("http:", "https:"), timeout=0.2))
	assert (check.check, check.code) == ("tls", "timeout")


def test_a_trusted_certificate_passes_tls_and_its_end_is_shown(monkeypatch, raw_server, reply, self_signed):
	monkeypatch.setattr("xappiens_whatsapp.baileys.diagnosis.where", lambda: str(self_signed))
	server = raw_server(reply(200, HEALTHY), certificate=self_signed)
	checks = run(server.url)
	assert list(checks)[:3] == ["dns", "tcp", "tls"]
	assert checks["tls"].ok and "TLSv1" in checks["tls"].detail and "GMT" in checks["tls"].detail
	assert ssl.cert_time_to_seconds(checks["tls"].detail.partition("until ")[2]) > time.time()


@pytest.mark.parametrize(
	("kind", "details", "code"),
	[
		("html", {"status": 502}, "intermediary"),
		("html", {"status": 403}, "intermediary"),
		("html", {"status": 200}, "not_json"),
		("not_json", {}, "not_json"),
		("redirect", {}, "redirect"),
		("http", {"status": 500}, "INTERNAL_ERROR"),
		("http", {"status": 404}, "not_found"),
		("http", {"status": 429}, "rate_limited"),
		("slow", {"seconds": 0.5}, "timeout"),
		("reset", {}, "reset"),
	],
)
@pytest.mark.parametrize("step", ["http", "key"])
def test_what_goes_wrong_in_http_is_named_at_its_step_and_once_it_is_over_everything_passes(
	sandbox, step, kind, details, code
):
	sandbox.fault({"http": "health", "key": "list"}[step], kind, **details)
	check = failed(run(sandbox.url, timeout=0.3))
	assert (check.check, check.code) == (step, code)
	sandbox.clear_faults()
	assert all(check.ok for check in run(sandbox.url).values())


@pytest.mark.parametrize(
	("key", "code"), [("another-key", "key_refused"), ("", "missing_key"), ("two words", "invalid_key")]
)
def test_a_key_that_does_not_work_fails_at_the_key_and_nowhere_before(sandbox, key, code):
	check = failed(run(sandbox.url, key))
	assert check.check == "key"
	assert check.code == code


def test_the_steps_come_one_by_one_as_they_are_done(sandbox):
	steps = probe(sandbox.url, "sandbox-key", timeout=1)
	assert next(steps).check == "dns"
	assert next(steps).check == "tcp"
	assert sandbox.requests == []
	steps.close()
