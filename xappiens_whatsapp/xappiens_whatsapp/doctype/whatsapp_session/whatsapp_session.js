const CREATE = "xappiens_whatsapp.api.session.create_session";
const CONNECT = "xappiens_whatsapp.api.session.connect_session";
const RECREATE = "xappiens_whatsapp.api.session.recreate_session";
const STATUS = "xappiens_whatsapp.api.session.get_session_status";
const UNLINK = "xappiens_whatsapp.api.phone.unlink_phone";
const KEEP = "xappiens_whatsapp.api.phone.keep_phone";
const DISCONNECT = "xappiens_whatsapp.api.session.disconnect_session";
const RESTART = "xappiens_whatsapp.api.session.restart_session";
/** Label, right, and what happens. */
const ACTIONS = {
	create: [() => __("Create Session"), "connect", create_on_server],
	connect: [() => __("Connect"), "connect", calls(link_phone, CONNECT, () => __("Connecting the session."))],
	recreate: [
		() => __("Create Again"),
		"disconnect",
		asked("recreate_question", link_phone, RECREATE, () => __("Creating the session on the server.")),
	],
	qr: [() => __("View QR"), "qr", (frm) => open_dialog(frm, ["Disconnected", "Error"].includes(frm.doc.status))],
	status: [() => __("Status"), "status", ask_status],
	test: [
		() => __("Test Message"),
		"test",
		(frm) => xappiens_whatsapp.show_test_message(frm.doc, () => ACTIONS.restart[2](frm), () => reload(frm)),
	],
	unlink: [
		() => __("Unlink It"),
		"disconnect",
		asked("unlink_question", link_phone, UNLINK, () => __("Unlinking the phone."), seen),
	],
	keep: [() => __("Keep This Phone"), "disconnect", calls(perform, KEEP, () => __("Storing your decision."), seen)],
	disconnect: [
		() => __("Disconnect"),
		"disconnect",
		asked("disconnect_question", perform, DISCONNECT, () => __("Disconnecting the session.")),
	],
	restart: [() => __("Restart"), "restart", calls(perform, RESTART, () => __("Restarting the session."))],
};

frappe.ui.form.on("WhatsApp Session", {
	before_load: () => load_whatsapp(),
	refresh(frm) {
		xappiens_whatsapp.follow_sessions(frm, () => reload(frm));
		const [text, color] = xappiens_whatsapp.session_banner(frm.doc);
		frm.set_intro(xappiens_whatsapp.escape(text), color);
		xappiens_whatsapp.announce(frm, text);
		xappiens_whatsapp.name_fields(frm);
		frm.savetrash = () => xappiens_whatsapp.remove_session(frm);
		if (frm.is_new()) {
			frm.disable_save(true);
			frm.page.set_primary_action(__("Create Session"), () => void create(frm));
			return;
		}
		if (frm.save_disabled) frm.enable_save();
		xappiens_whatsapp.show_story(frm);
		add_buttons(frm);
		add_menu(frm);
		xappiens_whatsapp.return_focus();
	},
});

const is_shown = (frm, name = frm.docname) =>
	frappe.get_route().slice(0, 3).join() === ["Form", frm.doctype, name].join();

async function reload(frm) {
	const busy = frm.is_new() || frm.is_dirty() || xappiens_whatsapp.is_frozen(frm);
	xappiens_whatsapp.keep_focus();
	if (is_shown(frm) && !busy) await frm.reload_doc();
}

function add_buttons(frm) {
	const { rights } = frm.doc.__onload;
	const names = xappiens_whatsapp.buttons_of(frm.doc);
	for (const name of names) {
		const [label, right, run] = ACTIONS[name];
		if (!rights.includes(right)) continue;
		frm.add_custom_button(label(), () => void run(frm));
		if (name === names[0]) frm.change_custom_button_type(label(), null, "primary");
	}
}

function add_menu(frm) {
	const { rights } = frm.doc.__onload;
	const diagnose = () => xappiens_whatsapp.show_diagnosis(frm.doc.name);
	if (rights.includes("status")) frm.page.add_menu_item(__("Diagnosis"), diagnose);
	if (xappiens_whatsapp.is_manager() && !frm.doc.is_connected) {
		frm.page.add_menu_item(__("Pairing Link"), () => void xappiens_whatsapp.make_pairing_link(frm));
	}
	if (!rights.includes("delete")) xappiens_whatsapp.hide_menu_item(frm, __("Delete"));
}

/** True when the call worked and its session is still the one on the screen. */
async function perform(frm, sentence, method, args = {}, words_of = (answer) => answer.message) {
	const session_id = frm.doc.name;
	xappiens_whatsapp.keep_focus();
	const request = () => xappiens_whatsapp.request(method, { session_id, ...args });
	const answer = await xappiens_whatsapp.run(frm, sentence, request);
	if (answer) xappiens_whatsapp.alert(words_of(answer));
	if (!is_shown(frm, session_id)) return false;
	await reload(frm);
	xappiens_whatsapp.return_focus();
	return Boolean(answer);
}

async function create(frm) {
	await frm.save(); // never settles when a mandatory field is empty
	if (frm.is_new()) return;
	await frappe.set_route("Form", frm.doctype, frm.doc.name);
	await create_on_server(frm);
}

/** Who may connect but not create gets the same from connecting: what the server lacks is created again. */
function create_on_server(frm) {
	const { session_id, session_name, description } = frm.doc;
	const args = { session_id, session_name, description: description || "" };
	const call = xappiens_whatsapp.is_manager() ? [CREATE, args] : [CONNECT];
	return link_phone(frm, __("Creating the session on the server."), ...call);
}

/** Where a code has to be scanned the dialog says so, which opens next. */
async function link_phone(frm, sentence, method, args = {}) {
	const words_of = ({ status, message }) => status === "Connected" && message;
	if (await perform(frm, sentence, method, args, words_of)) open_dialog(frm);
}

function open_dialog(frm, connect_first = false) {
	const { name: session, session_name: title, expected_number: number, __onload: { rights } } = frm.doc;
	const options = { session, title, number, rights, connect_first, on_close: () => reload(frm) };
	new xappiens_whatsapp.QRDialog(options).show();
}

function ask_status(frm) {
	const words_of = ({ data }) => xappiens_whatsapp.status_words(frm.doc, data);
	return perform(frm, __("Asking the server for the state."), STATUS, {}, words_of);
}

/** The phone that is on the screen, and no other. */
function seen({ doc }) {
	return { phone_number: doc.phone_number };
}

function calls(act, method, sentence, args_of = () => ({})) {
	return (frm) => act(frm, sentence(), method, args_of(frm));
}

/** `question` names one of the bundle's. */
function asked(question, ...call) {
	return async (frm) => {
		if (await xappiens_whatsapp.confirm(...xappiens_whatsapp[question](frm.doc))) await calls(...call)(frm);
	};
}
