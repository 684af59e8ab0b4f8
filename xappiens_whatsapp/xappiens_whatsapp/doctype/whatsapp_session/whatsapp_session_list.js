const COLORS = {
	Connected: "green",
	Connecting: "blue",
	"QR Code Required": "orange",
	Disconnected: "gray",
	Error: "red",
};

frappe.listview_settings["WhatsApp Session"] = {
	add_fields: [
		"status",
		"phone_number",
		"error_code",
		"last_checked",
		"last_proof",
		"proof_state",
		"wrong_phone",
		"needs_attention",
	],

	/** Another phone and a failed proof say more than the server's word; when the last proof arrived is a column that people may add. */
	get_indicator({ status, wrong_phone, proof_state, needs_attention }) {
		if (Number(wrong_phone)) return [__("Wrong Phone"), "red", "wrong_phone,=,1"];
		const is_doubted = status === "Connected" && proof_state === "Failed";
		if (is_doubted) return [__("Connected, not proved"), "orange", "proof_state,=,Failed"];
		const is_calm = ["green", "gray"].includes(COLORS[status]);
		const color = is_calm && Number(needs_attention) ? "orange" : COLORS[status];
		return [__(status), color, `status,=,${status}`];
	},

	formatters: {
		error_message(value) {
			const words = frappe.utils.escape_html(value || "");
			return `<span title="${words}">${words}</span>`;
		},

		phone_number(value) {
			const number = value ? `+${value.replace(/^\+/, "")}` : "";
			return `<span>${frappe.utils.escape_html(number)}</span>`;
		},
	},

	onload(listview) {
		const ready = load_whatsapp();
		void ready.then(() => show_banner(listview));
		const after_loading = (action) => () => void ready.then(() => action(listview));
		listview.page.add_actions_menu_item(__("Status"), after_loading(refresh_checked), false);
		if (frappe.user.has_role(["System Manager", "WhatsApp Manager"])) {
			listview.page.add_menu_item(__("Import from Server"), after_loading(import_sessions));
		}
	},
};

function show_banner(listview) {
	if (!window.xappiens_whatsapp) return;
	void xappiens_whatsapp.show_copy_banner(listview.page.wrapper[0], () => listview.refresh());
}

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
