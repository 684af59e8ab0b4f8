"""What a monitor scrapes, in Prometheus' text format. Labels are words of this app only, so that none has to be escaped."""

from collections.abc import Iterator
from typing import NamedTuple

from frappe.utils import now_datetime
from redis.exceptions import RedisError

from xappiens_whatsapp.server import budget, outage
from xappiens_whatsapp.sessions import proofs, refused_calls
from xappiens_whatsapp.sessions.uptime import Uptime
from xappiens_whatsapp.site import counters, settings

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
RESULTS = (refused_calls.TAKEN_IN, refused_calls.NOT_QUEUED, *refused_calls.CAUSES)


class Family(NamedTuple):
	"""`values` by the value of `label`; by "" where there is no label."""

	name: str
	kind: str
	help: str
	values: dict[str, float]
	label: str = ""


def text(by_state: dict[str, int], in_need: int, uptimes: dict[int, Uptime], age: int | None) -> str:
	"""`age`: seconds since the last pass. What is not known is left out, rather than told as 0."""
	families = [
		*of_database(by_state, in_need),
		*of_stories(uptimes),
		*of_proofs(),
		*of_passes(age),
		*of_redis(),
	]
	return "".join(f"{line}\n" for family in families for line in lines(family))


def lines(family: Family) -> Iterator[str]:
	yield f"# HELP {family.name} {family.help}"
	yield f"# TYPE {family.name} {family.kind}"
	for key, value in family.values.items():
		label = f'{{{family.label}="{key}"}}' if family.label else ""
		yield f"{family.name}{label} {value}"


def of_database(by_state: dict[str, int], in_need: int) -> Iterator[Family]:
	yield Family("whatsapp_sessions", "gauge", "Active sessions by state.", by_state, "state")
	name = "whatsapp_sessions_needing_attention"
	yield Family(name, "gauge", "Active sessions that need a person.", {"": in_need})


def of_proofs() -> Iterator[Family]:
	counts = proofs.count_by_state()
	yield Family(
		"whatsapp_test_messages", "gauge", "Active sessions by their last test message.", counts, "state"
	)
	if oldest := proofs.oldest():
		age = {"": round((now_datetime() - oldest).total_seconds())}
		name = "whatsapp_oldest_proof_age_seconds"
		yield Family(name, "gauge", "Age of the oldest last proof of a connected session.", age)


def of_stories(uptimes: dict[int, Uptime]) -> Iterator[Family]:
	known = {str(days): found.percent / 100 for days, found in uptimes.items() if found.percent is not None}
	if known:
		words = "Share of the last days in which active sessions were connected."
		yield Family("whatsapp_uptime_ratio", "gauge", words, known, "days")


def of_passes(age: int | None) -> Iterator[Family]:
	if age is not None:
		name = "whatsapp_last_pass_age_seconds"
		yield Family(name, "gauge", "Seconds since the last pass over the server's sessions.", {"": age})
	is_down = int(bool(outage.outage()))
	yield Family("whatsapp_server_down", "gauge", "1 while the server cannot be used.", {"": is_down})


def of_redis() -> list[Family]:
	try:
		return [*of_budget(), *of_counters()]
	except RedisError:
		return []


def of_budget() -> Iterator[Family]:
	if key := settings.current().get_api_key():
		name = "whatsapp_budget_left"
		yield Family(name, "gauge", "Requests left in this window of the budget.", {"": budget.left(key)})


def of_counters() -> Iterator[Family]:
	calls = {result: counters.read(counters.webhook(result)) for result in RESULTS}
	yield Family("whatsapp_webhook_calls_total", "counter", "Webhook calls by result.", calls, "result")
	drops = {"": counters.read(counters.DROPS)}
	yield Family("whatsapp_drops_total", "counter", "Linked sessions that went down.", drops)
