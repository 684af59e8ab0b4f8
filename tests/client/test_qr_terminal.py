"""What is drawn for a terminal is photographed from its characters and decoded by a real scanner."""

from __future__ import annotations

import base64
import io
import re

import pytest
import qrcode
import zxingcpp
from PIL import Image, ImageOps

from xappiens_whatsapp.baileys import qr, qr_terminal

TEXT = "2@" + "Qk9" * 60 + ",ventas_0001,0a1b2c3d"
TOP, BOTTOM = "▀█", "▄█"
FOREGROUND, BACKGROUND = "\033[38;5;255m", "\033[48;5;232m"
CELL = 4


def picture(text: str = TEXT, *, box_size: int = 8, border: int = 4, **options: int) -> Image.Image:
	code = qrcode.QRCode(box_size=box_size, border=border, **options)
	code.add_data(text)
	return code.make_image().get_image().convert("L")


def data_url(image: Image.Image) -> str:
	png = io.BytesIO()
	image.save(png, "PNG")
	return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode()


def photograph(drawn: str, wall: int = 0) -> Image.Image:
	"""Light characters as a terminal would show them whose background is `wall`, on a somewhat larger wall of that kind."""
	lines = drawn.split("\n")
	plain = [re.sub(r"\033\[[0-9;]*m", "", line) for line in lines]
	screen = Image.new("L", (len(plain[0]) * CELL, len(lines) * 2 * CELL), wall)
	for number, line in enumerate(lines):
		paper = 0 if BACKGROUND in line else wall
		for column, character in enumerate(plain[number]):
			for half, drawn_there in enumerate((character in TOP, character in BOTTOM)):
				left, top = column * CELL, (2 * number + half) * CELL
				screen.paste(255 if drawn_there else paper, (left, top, left + CELL, top + CELL))
	return ImageOps.expand(screen, border=2 * CELL, fill=wall)


def scanned(drawn: str, wall: int = 0) -> str:
	found = zxingcpp.read_barcodes(photograph(drawn, wall), try_invert=False)
	return "".join(code.text for code in found)


@pytest.mark.parametrize("border", [0, 1, 4, 11])
@pytest.mark.parametrize("box_size", [1, 2, 8])
def test_the_drawing_scans_to_the_text_whatever_margin_and_scale_the_picture_has(
	border: int, box_size: int
) -> None:
	drawn = qr_terminal.draw(data_url(picture(box_size=box_size, border=border)), colour=False)
	assert scanned(drawn) == TEXT


@pytest.mark.parametrize("pixels", [171, 200, 276, 333, 1000])
@pytest.mark.parametrize("resampling", [Image.Resampling.NEAREST, Image.Resampling.LANCZOS])
def test_modules_need_not_be_a_whole_number_of_pixels(pixels: int, resampling: Image.Resampling) -> None:
	resized = picture().resize((pixels, pixels), resampling)
	assert scanned(qr_terminal.draw(data_url(resized))) == TEXT


@pytest.mark.parametrize("version", [1, 2, 7, 14, 25, 40])
def test_every_size_of_code_is_recognised(version: int) -> None:
	drawn = qr_terminal.draw(data_url(picture("34600000001", version=version, box_size=3)), colour=False)
	assert len(drawn.split("\n")[0]) == 17 + 4 * version + 2 * qr_terminal.QUIET_ZONE
	assert scanned(drawn) == "34600000001"


def test_light_on_dark_transparent_and_coloured_pictures_are_read() -> None:
	plain = picture()
	transparent = Image.new("RGBA", plain.size, (0, 0, 0, 0))
	transparent.paste((7, 94, 84, 255), mask=ImageOps.invert(plain))
	for variant in (ImageOps.invert(plain), transparent, ImageOps.colorize(plain, "#075e54", "#ece5dd")):
		assert scanned(qr_terminal.draw(data_url(variant))) == TEXT


def test_what_this_app_hands_out_is_what_is_drawn() -> None:
	assert scanned(qr_terminal.draw(qr.to_data_url(TEXT))) == TEXT


@pytest.mark.parametrize("wall", [0, 90, 255])
@pytest.mark.parametrize("version", [1, 10])
def test_colour_is_explicit_so_that_every_terminal_shows_dark_on_light(version: int, wall: int) -> None:
	drawn = qr_terminal.draw(data_url(picture("34600000001", version=version)))
	assert scanned(drawn, wall) == "34600000001"
	assert all(FOREGROUND in line and line.endswith("\033[0m") for line in drawn.split("\n"))


def test_without_colour_there_is_none() -> None:
	assert "\033" not in qr_terminal.draw(qr.to_data_url(TEXT), colour=False)


@pytest.mark.parametrize(
	"image",
	[
		Image.new("L", (200, 200), 255),
		Image.new("L", (200, 200), 0),
		Image.radial_gradient("L"),
		Image.new("L", (9, 9), 0),
	],
)
def test_a_picture_without_a_code_is_refused(image: Image.Image) -> None:
	with pytest.raises(ValueError, match="no QR code"):
		qr_terminal.draw(data_url(image))


@pytest.mark.parametrize(
	"code", ["", "data:image/png;base64,", "data:image/gif;base64,R0lGODlh", "2@not-a-picture"]
)
def test_something_else_than_a_png_is_refused(code: str) -> None:
	with pytest.raises(ValueError, match="not a PNG"):
		qr_terminal.draw(code)


def test_a_damaged_picture_is_refused() -> None:
	whole = base64.b64decode(data_url(picture()).partition(",")[2])
	for length in (12, 60, len(whole) // 2):
		with pytest.raises(ValueError, match="damaged"):
			qr_terminal.draw("data:image/png;base64," + base64.b64encode(whole[:length]).decode())
