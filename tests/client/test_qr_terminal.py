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
TOP_DARK, BOTTOM_DARK = "▀█", "▄█"
CELL = 4


def picture(text: str = TEXT, *, box_size: int = 8, border: int = 4, **options: int) -> Image.Image:
	code = qrcode.QRCode(box_size=box_size, border=border, **options)
	code.add_data(text)
	return code.make_image().get_image().convert("L")


def data_url(image: Image.Image) -> str:
	png = io.BytesIO()
	image.save(png, "PNG")
	return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode()


def photograph(drawn: str) -> Image.Image:
	"""The characters as a terminal with a white background would show them, on a somewhat larger white wall."""
	lines = re.sub(r"\033\[[0-9;]*m", "", drawn).split("\n")
	screen = Image.new("L", (len(lines[0]) * CELL, len(lines) * 2 * CELL), 255)
	for number, line in enumerate(lines):
		for column, character in enumerate(line):
			for half, dark in enumerate((character in TOP_DARK, character in BOTTOM_DARK)):
				if dark:
					screen.paste(
						0,
						(
							column * CELL,
							(2 * number + half) * CELL,
							(column + 1) * CELL,
							(2 * number + half + 1) * CELL,
						),
					)
	return ImageOps.expand(screen, border=2 * CELL, fill=255)


def scanned(drawn: str) -> str:
	return "".join(found.text for found in zxingcpp.read_barcodes(photograph(drawn)))


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


def test_colour_is_explicit_so_that_a_dark_terminal_shows_dark_on_light() -> None:
	drawn = qr_terminal.draw(qr.to_data_url(TEXT))
	assert all(
		line.startswith("\033[38;5;16;48;5;231m") and line.endswith("\033[0m") for line in drawn.split("\n")
	)
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
