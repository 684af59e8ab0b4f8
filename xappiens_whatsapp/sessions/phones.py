"""Phone numbers as people type and copy them, made into what the server wants: digits with country code."""

from __future__ import annotations

import re
import unicodedata
from typing import NoReturn

import frappe
import phonenumbers
from frappe import _
from phonenumbers import NumberParseException, PhoneNumber, ValidationResult

from xappiens_whatsapp.site import text

FEWEST_DIGITS, MOST_DIGITS = 8, 15


def clean_phone_number(phone_number: str | None) -> str | None:
	"""None when nothing was given. Without `+` or `00` it may be a national number of the site's country as well."""
	text.check(phone_number)
	typed = visible(phone_number or "")
	if not typed:
		return None
	if not re.fullmatch(r"\+?[0-9]+", typed):
		frappe.throw(_("A phone number has only digits, and + before its country code."))
	readings = readings_of(typed)
	if is_of_own_country(readings[:1]):
		readings = readings[:1]
	for fits in (phonenumbers.is_valid_number, is_possible):
		if fitting := {in_digits(reading) for reading in readings if fits(reading)}:
			return the_one(fitting)
	refuse(typed, readings)


def require_phone_number(phone_number: str) -> str:
	"""As `clean_phone_number`; raises where nothing was given."""
	if digits := clean_phone_number(phone_number):
		return digits
	frappe.throw(_("Enter the phone's number with its country code."))


def visible(phone_number: str) -> str:
	"""Without spaces, brackets, dashes and the invisible marks that come along when a number is copied; `00` is `+`."""
	kept = [
		character
		for character in unicodedata.normalize("NFKC", phone_number)
		if unicodedata.category(character) not in ("Cf", "Cc", "Zs", "Zl", "Zp", "Pd", "Ps", "Pe")
		and character not in "./"
	]
	typed = "".join(str(unicodedata.digit(character, character)) for character in kept)
	return re.sub(r"^\+?00", "+", typed)


def readings_of(typed: str) -> list[PhoneNumber]:
	"""As an international number, and where it has no `+` as one of the site's country."""
	ways = [(f"+{typed.lstrip('+')}", None)]
	if not typed.startswith("+") and (region := region_of_site()):
		ways.append((typed, region))
	return [reading for way in ways if (reading := parsed(*way))]


def parsed(typed: str, region: str | None) -> PhoneNumber | None:
	try:
		return phonenumbers.parse(typed, region)
	except NumberParseException:
		return None


def region_of_site() -> str | None:
	"""As ISO 3166 has it, such as ES; by the country in System Settings."""
	country = frappe.get_system_settings("country")
	code = country and frappe.db.get_value("Country", country, "code")
	return code.upper() if code else None


def is_of_own_country(readings: list[PhoneNumber]) -> bool:
	"""With the country code of the site's own country it is that, although some plans have room for it as a national number."""
	own = phonenumbers.country_code_for_region(region_of_site() or "")
	return any(reading.country_code == own and phonenumbers.is_valid_number(reading) for reading in readings)


def is_possible(reading: PhoneNumber) -> bool:
	"""By its length: of the numbers that exist a library knows only those of its own day."""
	return phonenumbers.is_possible_number_with_reason(reading) == ValidationResult.IS_POSSIBLE


def in_digits(reading: PhoneNumber) -> str:
	return phonenumbers.format_number(reading, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


def the_one(fitting: set[str]) -> str:
	if len(fitting) > 1:
		frappe.throw(
			_("Is it {0}? Enter the phone number with + and its country code.").format(
				" / ".join(f"+{digits}" for digits in sorted(fitting))
			)
		)
	(digits,) = fitting
	check_length(digits)
	return digits


def refuse(typed: str, readings: list[PhoneNumber]) -> NoReturn:
	digits = typed.lstrip("+")
	if typed.startswith("+") or not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
		check_length(digits)
		if readings:
			say_length(phonenumbers.is_possible_number_with_reason(readings[0]) == ValidationResult.TOO_LONG)
		frappe.throw(_("No country has the code that the phone number +{0} begins with.").format(digits))
	frappe.throw(
		_(
			"Enter the phone number with + and its country code: {0} alone does not say of which country it is."
		).format(typed)
	)


def check_length(digits: str) -> None:
	if not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
		say_length(len(digits) > MOST_DIGITS)


def say_length(is_too_long: bool) -> NoReturn:
	if is_too_long:
		frappe.throw(_("The phone number has too many digits."))
	frappe.throw(_("The phone number has too few digits. Enter all of it, with + and its country code."))
