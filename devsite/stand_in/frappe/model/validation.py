"""What Document checks before it writes, and how it writes."""

from __future__ import annotations

import re
import sqlite3

import frappe
from frappe import _
from frappe.model.meta import LARGEST, column_type
from frappe.utils import cint, cstr, sanitize_html, strip_html
from frappe.utils.password import get_decrypted_password, remove_encrypted_password, set_encrypted_password


class Validation:
	"""Mixed into Document; a row of a child table is checked with its parent."""

	def _validate(self) -> None:
		self._validate_mandatory()
		for doc in (self, *self.get_all_children()):
			doc._validate_selects()
			doc._validate_length()
			doc._sanitize_content()
			doc._save_passwords()
		if not self.is_new():
			self._validate_set_only_once()

	def _validate_mandatory(self) -> None:
		missing = [pair for doc in (self, *self.get_all_children()) for pair in doc._missing_fields()]
		if not missing or self.flags.ignore_mandatory:
			return
		for _fieldname, message in missing:
			frappe.msgprint(message)
		fields = ", ".join(fieldname for fieldname, _message in missing)
		raise frappe.MandatoryError(f"[{self.doctype}, {self.name}]: {fields}")

	def _missing_fields(self) -> list[tuple[str, str]]:
		"""With what is said about each."""
		fields = [
			df for df in self.meta.having(reqd=True) if not strip_html(cstr(self.get(df.fieldname))).strip()
		]
		message = _("Error: Value missing for {0}: {1}")
		return [(df.fieldname, message.format(_(df.parent), _(df.label))) for df in fields]

	def _validate_links(self) -> None:
		broken = [text for doc in (self, *self.get_all_children()) for text in doc._invalid_links()]
		if broken:
			frappe.throw(_("Could not find {0}").format(", ".join(broken)), frappe.LinkValidationError)

	def _invalid_links(self) -> list[str]:
		"""A name written in another case is corrected."""
		invalid = []
		for df in self.meta.having(fieldtype="Link"):
			if docname := self.get(df.fieldname):
				self.set(df.fieldname, frappe.db.exists(df.options, docname))
				invalid += [] if self.get(df.fieldname) else [f"{_(df.label)}: {docname}"]
		return invalid

	def _validate_selects(self) -> None:
		for df in self.meta.having(fieldtype="Select"):
			value, options = cstr(self.get(df.fieldname)).strip(), df.options.split("\n")
			if value and value not in options:
				message = _('{0} cannot be "{1}". It should be one of "{2}"')
				frappe.throw(message.format(_(df.label), value, '", "'.join(map(_, options))))

	def _validate_length(self) -> None:
		for df in () if self.meta.issingle else self.meta.columns().values():
			kind, limit = column_type(df)
			value = self.get(df.fieldname)
			too_long = kind == "varchar" and len(cstr(value)) > limit
			if too_long or (kind in LARGEST and abs(cint(value)) > LARGEST[kind]):
				message = _("{0} {1}: '{2}' ({4}) will get truncated, as max characters allowed is {3}")
				label = frappe.bold(_(df.label or df.fieldname))
				message = message.format(_(self.doctype), self.name, label, LARGEST.get(kind, limit), value)
				frappe.throw(message, frappe.CharacterLengthExceededError, title=_("Value too big"))

	def _sanitize_content(self) -> None:
		for fieldname, value in self.get_valid_dict().items():
			df = self.meta.get_field(fieldname) or frappe._dict()
			if isinstance(value, str) and re.search("[<>]", value) and df.fieldtype != "Code":
				self.set(fieldname, sanitize_html(value))

	def _save_passwords(self) -> None:
		for df in self.meta.having(fieldtype="Password"):
			secret = self.get(df.fieldname)
			if not secret:
				remove_encrypted_password(self.doctype, self.name, df.fieldname)
			elif set(secret) != {"*"}:
				set_encrypted_password(self.doctype, self.name, secret, df.fieldname)
				self.set(df.fieldname, "*" * len(secret))

	def is_dummy_password(self, pwd: str) -> bool:
		return "".join(set(pwd)) == "*"

	def get_password(self, fieldname: str, raise_exception: bool = True) -> str | None:
		value = self.get(fieldname)
		if value and set(value) != {"*"}:
			return value
		return get_decrypted_password(self.doctype, self.name, fieldname, raise_exception)

	def _validate_set_only_once(self) -> None:
		for df in self.meta.having(set_only_once=True):
			if self._doc_before_save.get(df.fieldname) != self.get(df.fieldname):
				message = _("Value cannot be changed for {0}").format(frappe.bold(_(df.label)))
				frappe.throw(message, frappe.CannotChangeConstantError)

	# ---- writing

	def _write(self) -> None:
		if self.meta.issingle:
			frappe.db.sql("delete from tabSingles where doctype = %s", self.doctype)
			for pair in self.get_valid_dict().items():
				frappe.db.sql("insert into tabSingles values (%s, %s, %s)", (self.doctype, *pair))
		else:
			self.db_insert() if self.is_new() else self.db_update()
		for df in self.meta.get_table_fields():
			rows = self.get(df.fieldname) or []
			place = {"parent": cstr(self.name), "parenttype": self.doctype, "parentfield": df.fieldname}
			kept = [row.name for row in rows if not row.is_new()]
			frappe.db.delete(df.options, {**place, "name": ("not in", kept)})
			for row in rows:
				row.db_insert() if row.is_new() else row.db_update()

	def db_insert(self) -> None:
		values = self.get_valid_dict()
		columns = ", ".join(f"`{column}`" for column in values)
		marks = ", ".join(["%s"] * len(values))
		self._execute(f"insert into `tab{self.doctype}` ({columns}) values ({marks})", list(values.values()))
		self.set("__islocal", None)

	def db_update(self) -> None:
		values = self.get_valid_dict()
		name = values.pop("name")
		assignments = ", ".join(f"`{column}` = %s" for column in values)
		self._execute(
			f"update `tab{self.doctype}` set {assignments} where `name` = %s", [*values.values(), name]
		)

	def _execute(self, statement: str, values: list) -> None:
		try:
			frappe.db.sql(statement, values)
		except sqlite3.IntegrityError as error:
			fieldname = str(error).rpartition(".")[2]
			if fieldname == "name":
				message = _("{0} {1} already exists").format(_(self.doctype), frappe.bold(self.name))
				frappe.msgprint(message, title=_("Duplicate Name"), indicator="red")
				raise frappe.DuplicateEntryError(self.doctype, self.name, error)
			if df := self.meta.get_field(fieldname):
				frappe.msgprint(_("{0} must be unique").format(_(df.label)))
				raise frappe.UniqueValidationError(self.doctype, self.name, error)
			raise
