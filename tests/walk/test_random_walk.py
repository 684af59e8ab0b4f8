"""`make soak` walks 10,000 steps (`SOAK_STEPS`), the suite a short way.

A failure prints its steps and a seed: `WALK_SEED` begins there, `WALK_SHRINK=1` looks for the shortest way to it.
"""

from __future__ import annotations

import itertools
import math
import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.walk.alarms import BACK, DOWN

pytestmark = pytest.mark.needs_site

STEPS = int(os.environ.get("SOAK_STEPS", "150"))
SEED = int(os.environ.get("WALK_SEED", "1"))
STEPS_PER_WALK = 40
WALKS_PER_ROUND = 10
STEPS_BEYOND = 3000
"""Until somebody was told of a drop, and of a return."""


def test_nothing_that_must_hold_is_broken_on_a_random_walk(
	site: None, capsys: pytest.CaptureFixture[str]
) -> None:
	from tests.walk.machine import Alarms, Walk

	for number in itertools.count(SEED):
		walk(Walk, number)
		with capsys.disabled():
			told = ", ".join(f"{count} {kind}" for kind, count in sorted(Alarms.messages.items()))
			print(f"\nwalked {Walk.executed} of {STEPS} steps, seed {number}, told: {told}", flush=True)
		if Walk.executed >= STEPS and Alarms.messages.keys() == {BACK, DOWN}:
			return
		assert Walk.executed < STEPS + STEPS_BEYOND, "nobody was ever told of a drop, or of a return"


def walk(machine: type, number: int) -> None:
	before = machine.executed
	walks = min(WALKS_PER_ROUND, max(1, math.ceil((STEPS - before) / STEPS_PER_WALK)))
	try:
		run_state_machine_as_test(
			seed(number)(machine),
			settings=settings(
				max_examples=walks + 1,  # the first one is Hypothesis' simplest: the same step all the way
				stateful_step_count=STEPS_PER_WALK,
				deadline=None,
				database=None,
				phases=(Phase.generate, Phase.shrink) if "WALK_SHRINK" in os.environ else (Phase.generate,),
				suppress_health_check=list(HealthCheck),
			),
		)
	except Exception as error:
		error.add_note(f"WALK_SEED={number}") if hasattr(error, "add_note") else print(f"WALK_SEED={number}")
		raise
	assert machine.executed > before, "a round without a step"
