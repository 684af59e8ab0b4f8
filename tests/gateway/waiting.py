from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 30.0


def waited_for(condition: Callable[[], Any]) -> Any:
	deadline = time.monotonic() + PATIENCE
	while not (value := condition()):
		assert time.monotonic() < deadline, "waited in vain"
		time.sleep(0.01)
	return value
