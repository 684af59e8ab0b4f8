from __future__ import annotations

import base64
import io

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from xappiens_whatsapp.baileys import to_data_url

quick = settings(max_examples=25, deadline=None)

PREFIX = "data:image/png;base64,"
TEXT = "2@AbC/dEf+123==,ventas_demo_0001,nonce=="


def picture(data_url: str) -> Image.Image:
	assert data_url.startswith(PREFIX)
	return Image.open(io.BytesIO(base64.b64decode(data_url[len(PREFIX) :], validate=True)))


def test_a_text_becomes_a_picture_that_scans_to_the_same_text():
	(found,) = zxingcpp.read_barcodes(picture(to_data_url(TEXT)).convert("L"))
	assert found.text == TEXT


def test_a_picture_is_black_on_white_with_a_quiet_zone_of_four_modules():
	image = picture(to_data_url(TEXT)).convert("RGB")
	assert {color for _count, color in image.getcolors()} == {(0, 0, 0), (255, 255, 255)}
	inverted = Image.eval(image.convert("L"), lambda value: 255 - value)
	left, top, right, bottom = inverted.getbbox()
	assert left == top == image.width - right == image.height - bottom == 4 * 8


def test_a_data_url_passes_through_once_and_is_never_prefixed_twice():
	url = to_data_url(TEXT)
	assert to_data_url(url) == url
	assert to_data_url(f" {url}\n") == url


def test_bare_base64_gets_the_prefix():
	url = to_data_url(TEXT)
	assert to_data_url(url[len(PREFIX) :]) == url


def test_base64_may_be_wrapped_in_lines_or_lack_its_padding():
	url = to_data_url(TEXT)
	bare = url[len(PREFIX) :]
	wrapped = "\n".join(bare[start : start + 76] for start in range(0, len(bare), 76))
	assert to_data_url(wrapped) == url
	assert to_data_url(bare.rstrip("=")) == url
	assert to_data_url(PREFIX.upper() + bare) == url


def test_the_example_of_the_contract_is_taken_for_a_picture():
	assert to_data_url("iVBORw0KGgo=") == PREFIX + "iVBORw0KGgo="


@pytest.mark.parametrize(
	"code",
	[
		"",
		"   ",
		"data:",
		"data:image/svg+xml;base64,PHN2Zy8+",
		"data:text/html,<script>alert(1)</script>",
		PREFIX,
		PREFIX + "AAAA",
		PREFIX + "***",
		PREFIX + PREFIX + "iVBORw0KGgo=",
		"2@" + "a,b,c" * 500,
		"undefined",
		"two, words, here",
		"no-fields",
		"/9j/4AAQSkZJRgABAQ==",
	],
)
def test_what_is_no_picture_and_cannot_be_drawn_is_refused(code):
	with pytest.raises(ValueError):
		to_data_url(code)


fields = st.text(
	st.characters(exclude_categories=["Z", "C"], exclude_characters=","), min_size=1, max_size=60
)


@quick
@given(
	st.lists(fields, min_size=3, max_size=5).map(",".join).filter(lambda text: text[:5].lower() != "data:")
)
def test_any_fields_with_commas_between_them_become_a_png(text):
	assert picture(to_data_url(text)).format == "PNG"


def test_the_text_that_whatsapp_shows_since_2025_is_drawn():
	text = "https://wa.me/settings/linked_devices#2@" + ",".join(["Qk9" * 20] * 5)
	(found,) = zxingcpp.read_barcodes(picture(to_data_url(text)).convert("L"))
	assert found.text == text
