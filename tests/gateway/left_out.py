from __future__ import annotations

from pathlib import Path

LEFT_OUT = Path(__file__).with_name("left_out.txt")


def left_out() -> dict[str, str]:
	"""Beginnings of node ids, each with its reason."""
	lines = [line.split("\t#") for line in LEFT_OUT.read_text().splitlines() if line.strip()]
	return {beginning.strip(): reason.strip() for beginning, reason in lines}
