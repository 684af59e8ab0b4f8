from frappe.utils import *
