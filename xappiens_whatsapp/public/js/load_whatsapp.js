// Frappe joins this to the form and list scripts that hooks.py names; no other desk page loads anything of this app.
async function load_whatsapp() {
	if (window.xappiens_whatsapp) return;
	await frappe.require(["xappiens_whatsapp.bundle.css", "xappiens_whatsapp.bundle.js"]);
	if (window.xappiens_whatsapp) return;
	const words = __("The scripts of WhatsApp did not load. Reload the page; if that does not help, an administrator has to run bench build.");
	frappe.msgprint({ title: __("That did not work"), indicator: "red", message: words });
}
