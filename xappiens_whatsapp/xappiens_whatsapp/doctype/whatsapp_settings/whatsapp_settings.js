frappe.ui.form.on("WhatsApp Settings", {
	before_load: () => load_whatsapp(),
	refresh(frm) {
		frm.add_custom_button(__("Test Connection"), () => void test_connection(frm));
		frm.change_custom_button_type(__("Test Connection"), null, "primary");
		frm.add_custom_button(__("Diagnosis"), () => void xappiens_whatsapp.show_diagnosis());
		const group = __("Webhook");
		frm.add_custom_button(
			__("Copy Webhook URL"),
			() => frappe.utils.copy_to_clipboard(frm.doc.webhook_url),
			group
		);
		frm.add_custom_button(__("Test Webhook"), () => void test_webhook(frm), group);
		frm.add_custom_button(__("Register Webhook"), () => void register_webhooks(frm), group);
		frm.add_custom_button(__("New Webhook Secret"), () => void renew_secret(frm), group);
		xappiens_whatsapp.name_fields(frm);
		void xappiens_whatsapp.show_copy_banner(frm.wrapper, () => void frm.reload_doc());
		greet(frm);
	},
});

/** The first minute on a site: three steps until address and key are stored. */
function greet(frm) {
	const { api_base_url, api_key } = frm.doc;
	if (api_base_url && api_key) return;
	const steps = [
		[__("Enter the server address."), api_base_url],
		[__("Enter the API key and save."), api_key],
		[__("Press Test Connection."), false],
	];
	const rows = steps.map(([step, is_done]) => `<li>${is_done ? "✓ " : ""}${step}</li>`).join("");
	const sentence = __("WhatsApp is not set up yet, and nothing is sent. Three steps:");
	const greeting = `${sentence}<ol class="mb-0">${rows}</ol>`;
	frm.set_intro(greeting);
	frm.page.set_indicator(__("Not set up"), "orange"); // where Frappe says "Enabled", as the tick does
}

/** What is tested is what is stored, so changes are saved first. */
async function test_connection(frm) {
	if (frm.is_dirty()) await frm.save();
	const method = "xappiens_whatsapp.api.session.test_connection";
	const sentence = __("Testing the connection to the server.");
	const answer = await xappiens_whatsapp.run(frm, sentence, () => xappiens_whatsapp.request(method));
	if (answer) xappiens_whatsapp.show_checks(answer.checks);
}

async function test_webhook(frm) {
	if (frm.is_dirty()) await frm.save();
	const method = "xappiens_whatsapp.api.settings.test_webhook";
	const sentence = __("Asking the server to call this site.");
	const answer = await xappiens_whatsapp.run(frm, sentence, () => xappiens_whatsapp.request(method));
	if (answer) xappiens_whatsapp.show_checks(answer.checks, __("Webhook Test"));
}

async function register_webhooks(frm) {
	if (frm.is_dirty()) await frm.save();
	const method = "xappiens_whatsapp.api.settings.register_webhooks";
	const sentence = __("Registering the webhook.");
	const answer = await xappiens_whatsapp.run(frm, sentence, () => xappiens_whatsapp.request(method));
	if (answer) xappiens_whatsapp.alert(answer.message);
}

async function renew_secret(frm) {
	const lines = [
		__("The server gets the new secret for every session."),
		__("Calls signed with the old secret are accepted for a while longer."),
	];
	if (!(await xappiens_whatsapp.confirm(__("Make a new webhook secret?"), lines))) return;
	const method = "xappiens_whatsapp.api.settings.rotate_webhook_secret";
	const sentence = __("Making a new webhook secret.");
	const answer = await xappiens_whatsapp.run(frm, sentence, () => xappiens_whatsapp.request(method));
	await frm.reload_doc();
	if (answer) xappiens_whatsapp.alert(answer.message);
}
