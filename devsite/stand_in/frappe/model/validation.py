"""What Document checks before it writes, and how it writes."""

from __future__ import annotations

import sqlite3
from typing import Any

import frappe
from frappe import _
from frappe.model.meta import LIMITS, TABLE_TYPES, column_type
from frappe.utils import cint, cstr, sanitize_html, strip_html, validate_email_address, validate_url
from frappe.utils.password import get_decrypted_password, remove_encrypted_password, set_encrypted_password

WITHOUT_EFFECT = ("Custom Field", "Property Setter", "DocShare")


class Validation:
	"""Mixed into Document; a row of a child table is checked with its parent."""

	def _validate(self) -> None:
		self._validate_mandatory()
		for doc in (self, *self.get_all_children()):
			doc._validate_data_fields()
			doc._validate_selects()
			doc._validate_non_negative()
			doc._validate_length()
			doc._sync_autoname_field()
			doc._sanitize_content()
			doc._save_passwords()
		if not self.is_new():
			self.validate_set_only_once()

	def _validate_mandatory(self) -> None:
		missing = [pair for doc in (self, *self.get_all_children()) for pair in doc._missing_fields()]
		if not missing or self.flags.ignore_mandatory:
			return
		for _fieldname, message in missing:
			frappe.msgprint(message)
		fields = ", ".join(fieldname for fieldname, _message in missing)
		raise frappe.MandatoryError(f"[{self.doctype}, {self.name}]: {fields}")

	def _missing_fields(self) -> list[tuple[str, str]]:
		missing = []
		for df in self.meta.get("fields", {"reqd": 1}):
			value = self.get(df.fieldname)
			if value in (None, []) or not strip_html(cstr(value)).strip():
				missing.append((df.fieldname, self._missing_message(df)))
		return missing

	def _missing_message(self, df: frappe._dict) -> str:
		error, label = _("Error"), _(df.label)
		if df.fieldtype in TABLE_TYPES:
			return f"{error}: {_('Data missing in table')}: {label}"
		if self.get("parentfield"):
			row = f"{frappe.bold(_(self.doctype))} {_('Row')} #{self.idx}"
			return f"{error}: {row}: {_('Value missing for')}: {label}"
		return _("Error: Value missing for {0}: {1}").format(_(df.parent), label)

	def _validate_links(self) -> None:
		if self.flags.ignore_links:
			return
		broken = [text for doc in (self, *self.get_all_children()) for text in doc._invalid_links()]
		if broken:
			frappe.throw(_("Could not find {0}").format(", ".join(broken)), frappe.LinkValidationError)

	def _invalid_links(self) -> list[str]:
		invalid = []
		for df in self.meta.get_link_fields():
			docname = self.get(df.fieldname)
			found = docname and frappe.db.get_value(df.options, docname, "name")
			if docname and not found:
				row = f"{_('Row')} #{self.idx}: " if self.get("parentfield") else ""
				invalid.append(f"{row}{_(df.label)}: {docname}")
			elif docname:
				self.set(df.fieldname, found)
		return invalid

	def _validate_data_fields(self) -> None:
		for df in self.meta.get_data_fields():
			value = self.get(df.fieldname)
			if df.options == "Email" and value not in frappe.STANDARD_USERS:
				for address in filter(None, cstr(value).split(",")):
					validate_email_address(address, throw=True)
			elif df.options == "URL" and value:
				validate_url(value, throw=True)
			elif df.options and df.options not in ("Email", "URL"):
				raise NotImplementedError(f"the Data option {df.options} is not provided by devsite")

	def _validate_selects(self) -> None:
		for df in self.meta.get_select_fields():
			if not (self.get(df.fieldname) and df.options):
				continue
			value, options = cstr(self.get(df.fieldname)).strip(), df.options.split("\n")
			self.set(df.fieldname, value)
			if value not in options and any(options):
				prefix = _("Row #{0}:").format(self.idx) if self.get("parentfield") else ""
				allowed = '", "'.join(_(option) for option in options)
				message = _('{0} {1} cannot be "{2}". It should be one of "{3}"')
				frappe.throw(message.format(prefix, _(df.label), value, allowed))

	def _validate_non_negative(self) -> None:
		for df in self.meta.get("fields", {"non_negative": 1}):
			if cint(self.get(df.fieldname)) < 0:
				message = _("Value cannot be negative for {0}: {1}")
				frappe.throw(message.format(_(df.parent), frappe.bold(_(df.label))), frappe.NonNegativeError)

	def _validate_length(self) -> None:
		if self.meta.issingle:
			return
		for fieldname, value in self.get_valid_dict().items():
			df = self.meta.get_field(fieldname)
			kind, limit = column_type(df) if df and df.fieldtype != "Check" else ("", 0)
			too_long = kind == "varchar" and len(cstr(value)) > limit
			if too_long or (kind in LIMITS and abs(cint(value)) > LIMITS[kind]):
				self._throw_length_exceeded(df, LIMITS.get(kind, limit), value)

	def _throw_length_exceeded(self, df: frappe._dict, limit: int, value: Any) -> None:
		where = f"{_(self.doctype)} {self.name}"
		if self.get("parentfield"):
			where = _("{0}, Row {1}").format(_(self.doctype), self.idx)
		message = _("{0}: '{1}' ({3}) will get truncated, as max characters allowed is {2}")
		message = message.format(where, frappe.bold(_(df.label)), limit, value)
		frappe.throw(message, frappe.CharacterLengthExceededError, title=_("Value too big"))

	def _sync_autoname_field(self) -> None:
		_empty, _prefix, fieldname = (self.meta.autoname or "").partition("field:")
		if fieldname and self.name and self.name != self.get(fieldname):
			self.set(fieldname, self.name)

	def _sanitize_content(self) -> None:
		for fieldname, value in self.get_valid_dict().items():
			df = self.meta.get_field(fieldname) or frappe._dict()
			exempt = df.ignore_xss_filter or df.fieldtype in ("Attach", "Attach Image", "Code")
			if isinstance(value, str) and ("<" in value or ">" in value) and not exempt:
				self.set(fieldname, sanitize_html(value))

	def _save_passwords(self) -> None:
		ignored = self.flags.ignore_save_passwords or ()
		for df in self.meta.get("fields", {"fieldtype": "Password"}):
			if ignored is True or df.fieldname in ignored:
				continue
			secret = self.get(df.fieldname)
			if not secret:
				remove_encrypted_password(self.doctype, self.name, df.fieldname)
			elif not self.is_dummy_password(secret):
				set_encrypted_password(self.doctype, self.name, secret, df.fieldname)
				self.set(df.fieldname, "*" * len(secret))

	def get_password(self, fieldname: str = "password", raise_exception: bool = True) -> str | None:
		value = self.get(fieldname)
		if value and not self.is_dummy_password(value):
			return value
		return get_decrypted_password(self.doctype, self.name, fieldname, raise_exception)

	def is_dummy_password(self, pwd: str) -> bool:
		return set(pwd) == {"*"}

	def validate_set_only_once(self) -> None:
		for df in self.meta.get_set_only_once_fields():
			before, value = self._doc_before_save.get(df.fieldname), self.get(df.fieldname)
			if df.fieldtype in ("Date", "Datetime"):
				before, value = str(before), str(value)
			if before != value:
				message = _("Value cannot be changed for {0}").format(
					frappe.bold(self.meta.get_label(df.fieldname))
				)
				frappe.throw(message, exc=frappe.CannotChangeConstantError)

	# ---- writing

	def _write(self, ignore_if_duplicate: bool = False) -> None:
		if self.meta.issingle:
			self._write_single()
		elif self.is_new():
			self.db_insert(ignore_if_duplicate)
		else:
			self.db_update()
		self._write_children()

	def _write_single(self) -> None:
		frappe.db.sql("delete from tabSingles where doctype = %s", self.doctype)
		for field, value in self.get_valid_dict().items():
			frappe.db.sql("insert into tabSingles values (%s, %s, %s)", (self.doctype, field, value))
		frappe.db.value_cache.pop(self.doctype, None)

	def _write_children(self) -> None:
		for df in self.meta.get_table_fields():
			rows = self.get(df.fieldname) or []
			place = {"parent": cstr(self.name), "parenttype": self.doctype, "parentfield": df.fieldname}
			kept = [row.name for row in rows if not row.is_new()]
			frappe.db.delete(df.options, {**place, "name": ("not in", kept)})
			for row in rows:
				row.db_insert() if row.is_new() else row.db_update()

	def db_insert(self, ignore_if_duplicate: bool = False) -> None:
		if self.doctype in WITHOUT_EFFECT:
			raise NotImplementedError(f"{self.doctype} has no effect in devsite")
		values = self.get_valid_dict(convert_dates_to_str=True)
		columns = ", ".join(f"`{column}`" for column in values)
		marks = ", ".join(["%s"] * len(values))
		statement = f"insert into `tab{self.doctype}` ({columns}) values ({marks})"
		self._execute(statement, list(values.values()), ignore_if_duplicate)
		self.set("__islocal", False)

	def db_update(self) -> None:
		if self.is_new() or not self.name:
			return self.db_insert()
		values = self.get_valid_dict(convert_dates_to_str=True)
		name = values.pop("name")
		assignments = ", ".join(f"`{column}` = %s" for column in values)
		statement = f"update `tab{self.doctype}` set {assignments} where `name` = %s"
		return self._execute(statement, [*values.values(), name])

	def _execute(self, statement: str, values: list, ignore_if_duplicate: bool = False) -> None:
		try:
			frappe.db.sql(statement, values)
		except sqlite3.IntegrityError as error:
			if frappe.db.is_primary_key_violation(error):
				if not ignore_if_duplicate:
					self._throw_duplicate(error)
			elif frappe.db.is_unique_key_violation(error):
				label = self.meta.get_label(str(error).rpartition(".")[2])
				frappe.msgprint(_("{0} must be unique").format(label))
				raise frappe.UniqueValidationError(self.doctype, self.name, error)
			else:
				raise

	def _throw_duplicate(self, error: Exception) -> None:
		message = _("{0} {1} already exists").format(_(self.doctype), frappe.bold(self.name))
		frappe.msgprint(message, title=_("Duplicate Name"), indicator="red")
		raise frappe.DuplicateEntryError(self.doctype, self.name, error)
