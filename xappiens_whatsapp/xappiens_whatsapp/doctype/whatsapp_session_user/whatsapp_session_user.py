from frappe.model.document import Document


class WhatsAppSessionUser(Document):
	pass
