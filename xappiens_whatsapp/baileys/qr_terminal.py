"""Reads the modules out of the picture of a QR code and has `qrcode` draw them for a terminal."""

from __future__ import annotations

import io
from functools import lru_cache

import qrcode
from PIL import Image, ImageOps

from .qr import PREFIX, decode_png

Modules = list[list[bool]]
Pattern = dict[tuple[int, int], bool]

SIZES = range(21, 178, 4)
GOOD_MATCH = 0.9
QUIET_ZONE = 2


class Terminal(io.StringIO):
	def isatty(self) -> bool:
		"""`print_ascii` colours for terminals only."""
		return True


def draw(data_url: str, *, colour: bool = True) -> str:
	"""With colour it reads dark on light in every terminal; without, only where the background is dark.

	Raises `ValueError` for what is no PNG picture of a QR code. Servers send pictures: the text of a code is not to be had.
	"""
	code = qrcode.QRCode(border=QUIET_ZONE)
	code.modules = read_modules(data_url)
	code.modules_count = len(code.modules)
	code.data_cache = b""
	drawn = Terminal()
	code.print_ascii(drawn, tty=colour, invert=True)
	return drawn.getvalue().rstrip("\n")


def read_modules(data_url: str) -> Modules:
	"""Rows of modules, dark ones True, whatever the scale, margin or colours of the picture."""
	picture = flatten(decode_png(data_url.strip().removeprefix(PREFIX)))
	for grey in (picture, ImageOps.invert(picture)):
		if modules := modules_in(grey):
			return modules
	raise ValueError("The picture shows no QR code")


def flatten(png: bytes) -> Image.Image:
	if not png:
		raise ValueError("This is not a PNG picture")
	try:
		picture = Image.open(io.BytesIO(png)).convert("RGBA")
	except OSError:
		raise ValueError("The PNG picture is damaged") from None
	paper = Image.new("RGBA", picture.size, "white")
	paper.alpha_composite(picture)
	return paper.convert("L")


def modules_in(grey: Image.Image) -> Modules | None:
	"""The dark parts of three finder patterns touch all four edges, so their bounds are those of the code."""
	darkest, lightest = grey.getextrema()
	dark = grey.point(lambda level: 255 * (level <= (darkest + lightest) // 2))
	code = dark.crop(dark.getbbox())
	best = max(SIZES, key=lambda size: match(code, size))
	if match(code, best) < GOOD_MATCH:
		return None
	return [[is_dark(code, best, row, column) for column in range(best)] for row in range(best)]


def match(code: Image.Image, size: int) -> float:
	"""How many of the modules that every code of this size has in common are as they have to be."""
	if min(code.size) < size:
		return 0.0
	pattern = fixed_pattern(size)
	right = sum(is_dark(code, size, *place) == dark for place, dark in pattern.items())
	return right / len(pattern)


def is_dark(code: Image.Image, size: int, row: int, column: int) -> bool:
	width, height = code.size
	return bool(code.getpixel((int((column + 0.5) * width / size), int((row + 0.5) * height / size))))


@lru_cache(maxsize=len(SIZES))
def fixed_pattern(size: int) -> Pattern:
	"""Finder patterns with their light borders, and the timing patterns between them."""
	pattern = {(6, place): place % 2 == 0 for place in range(8, size - 8)}
	pattern |= {(place, 6): place % 2 == 0 for place in range(8, size - 8)}
	for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
		for row in range(max(0, top - 1), min(size, top + 8)):
			for column in range(max(0, left - 1), min(size, left + 8)):
				pattern[row, column] = max(abs(row - top - 3), abs(column - left - 3)) in (0, 1, 3)
	return pattern
