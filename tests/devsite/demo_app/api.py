# Without `from __future__ import annotations`: Frappe checks only annotations that are types.
import frappe


@frappe.whitelist()
def add_note(text):
	return frappe.get_doc({"doctype": "Demo Note", "text": text}).insert(ignore_permissions=True).name


@frappe.whitelist()
def add_note_for_good(text):
	frappe.local.flags.commit = True
	return add_note(text)


@frappe.whitelist(methods=["POST"])
def double(number: int, label: str = "x") -> dict:
	return {"number": number * 2, "label": label}


@frappe.whitelist(allow_guest=True)
def hello(name="you"):
	return frappe._("Hello {0}").format(name)


def not_for_the_web():
	return "secret"


@frappe.whitelist()
def fail():
	frappe.local.response["error_code"] = "NO_LUCK"
	frappe.throw(frappe._("No luck with {0}").format(frappe.bold("it")), title="Luck")


@frappe.whitelist()
def crash():
	raise RuntimeError("broken")


def fail_in_background():
	frappe.get_doc({"doctype": "Demo Note", "text": "lost"}).insert()
	raise RuntimeError("job broke")


def write_in_background(text):
	frappe.get_doc({"doctype": "Demo Note", "text": text}).insert()
