frappe.listview_settings["WhatsApp Session"] = {
	add_fields: ["status", "phone_number", "error_code", "last_checked"],

	get_indicator(doc) {
		return [__(doc.status), xappiens_whatsapp.colors[doc.status], `status,=,${doc.status}`];
	},

	formatters: {
		error_message(value) {
			const words = xappiens_whatsapp.escape(value || "");
			return `<span title="${words}">${words}</span>`;
		},

		phone_number(value) {
			return `<span>${xappiens_whatsapp.escape(xappiens_whatsapp.phone(value))}</span>`;
		},
	},

	onload(listview) {
		listview.page.add_actions_menu_item(__("Status"), () => void refresh_checked(listview), false);
		if (xappiens_whatsapp.is_manager()) {
			listview.page.add_menu_item(__("Import from Server"), () => void import_sessions(listview));
		}
	},
};

function call(listview, sentence, method, args) {
	const frozen = { wrapper: listview.page.wrapper[0] };
	return xappiens_whatsapp.run(frozen, sentence, () => xappiens_whatsapp.request(method, args));
}

async function refresh_checked(listview) {
	const session_ids = listview.get_checked_items(true);
	const method = "xappiens_whatsapp.api.session.refresh_sessions";
	const answer = await call(listview, __("Asking the server for the states."), method, { session_ids });
	listview.refresh();
	if (answer) xappiens_whatsapp.alert(refreshed(session_ids, answer.missing));
}

function refreshed(session_ids, missing) {
	const words = __("States brought up to date: {0}.", [session_ids.length - missing.length]);
	const lacking = __("Not on the server: {0}.", [missing.join(", ")]);
	return missing.length ? `${words} ${lacking}` : words;
}

async function import_sessions(listview) {
	const method = "xappiens_whatsapp.api.session.list_sessions";
	const answer = await call(listview, __("Asking the server for its sessions."), method);
	if (answer) xappiens_whatsapp.show_import(answer.sessions, () => listview.refresh());
}
