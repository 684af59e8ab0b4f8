frappe.query_reports["WhatsApp Uptime"] = {
	filters: [{ fieldname: "with_inactive", label: __("With Inactive Sessions"), fieldtype: "Check", default: 0 }],
};
