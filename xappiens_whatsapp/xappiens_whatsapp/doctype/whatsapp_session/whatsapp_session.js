// first the primary button, then the further ones
const BUTTONS = {
	unlinked: ["create", "status"],
	Disconnected: ["connect", "qr", "status", "disconnect"],
	Connecting: ["qr", "status", "disconnect"],
	"QR Code Required": ["qr", "status", "disconnect"],
	Connected: ["status", "disconnect", "restart"],
	Error: ["connect", "qr", "status", "disconnect"],
};
const ACTIONS = {
	create: { label: () => __("Create Session"), right: "connect", run: create_on_server },
	connect: { label: () => __("Connect"), right: "connect", run: connect },
	qr: { label: () => __("View QR"), right: "qr", run: view_qr },
	status: { label: () => __("Status"), right: "status", run: ask_status },
	disconnect: { label: () => __("Disconnect"), right: "disconnect", run: disconnect },
	restart: { label: () => __("Restart"), right: "restart", run: restart },
};
let lifetime = null;

frappe.ui.form.on("WhatsApp Session", {
	refresh(frm) {
		follow(frm);
		show_banner(frm);
		frm.savetrash = () => remove(frm);
		if (frm.is_new()) {
			frm.disable_save(true);
			frm.page.set_primary_action(__("Create Session"), () => void create(frm));
			return;
		}
		if (frm.save_disabled) frm.enable_save();
		add_buttons(frm);
		add_menu(frm);
	},
});

/** One form serves every session, so one listener is enough while the form is on the screen. */
function follow(frm) {
	if (lifetime) return;
	lifetime = new xappiens_whatsapp.Lifetime();
	lifetime.listen(frappe.realtime, "whatsapp_session_update", (update) => {
		if (update.session === frm.docname) reload(frm);
	});
	frm.$wrapper.one("hide", () => {
		lifetime.release();
		lifetime = null;
	});
}

function reload(frm) {
	const shown = frappe.get_route().slice(0, 3).join() === ["Form", frm.doctype, frm.docname].join();
	return shown && !frm.is_new() && !frm.is_dirty() ? frm.reload_doc() : null;
}

function rights(frm) {
	return (frm.doc.__onload && frm.doc.__onload.rights) || [];
}

function add_buttons(frm) {
	const row = frm.doc.session_db_id ? BUTTONS[frm.doc.status] : BUTTONS.unlinked;
	const primary = xappiens_whatsapp.is_unchecked(frm.doc) ? "status" : row[0];
	const order = [primary, ...row.filter((name) => name !== primary)];
	for (const action of order.map((name) => ACTIONS[name])) {
		if (!rights(frm).includes(action.right)) continue;
		frm.add_custom_button(action.label(), () => void action.run(frm));
		if (action === ACTIONS[primary]) frm.change_custom_button_type(action.label(), null, "primary");
	}
}

function add_menu(frm) {
	if (xappiens_whatsapp.is_manager()) {
		frm.page.add_menu_item(__("Diagnosis"), () => xappiens_whatsapp.show_diagnosis(frm.doc.name));
	}
	if (rights(frm).includes("delete")) frm.page.add_menu_item(__("Delete"), () => remove(frm));
}

function show_banner(frm) {
	const [text, color] = xappiens_whatsapp.session_banner(frm.doc);
	if (text) frm.set_intro(xappiens_whatsapp.escape(text), color);
}

function call(frm, sentence, method, args = { session_id: frm.doc.name }) {
	return xappiens_whatsapp.run(frm, sentence, () => xappiens_whatsapp.request(method, args));
}

async function create(frm) {
	await frm.save();
	if (!frm.is_new()) await create_on_server(frm);
}

async function create_on_server(frm) {
	const { session_id, session_name, description } = frm.doc;
	const args = { session_id, session_name, description };
	const method = "xappiens_whatsapp.api.session.create_session";
	const answer = await call(frm, __("Creating the session on the server."), method, args);
	await frappe.set_route("Form", frm.doctype, frm.doc.name);
	await finish(frm, answer);
	if (answer) open_dialog(frm);
}

async function connect(frm) {
	const method = "xappiens_whatsapp.api.session.connect_session";
	const answer = await call(frm, __("Connecting the session."), method);
	await finish(frm, answer);
	if (answer) open_dialog(frm);
}

function view_qr(frm) {
	open_dialog(frm, ["Disconnected", "Error"].includes(frm.doc.status));
}

function open_dialog(frm, connect_first = false) {
	const options = { session: frm.doc.name, title: frm.doc.session_name, connect_first };
	new xappiens_whatsapp.QRDialog({ ...options, on_close: () => reload(frm) }).show();
}

async function ask_status(frm) {
	const method = "xappiens_whatsapp.api.session.get_session_status";
	const answer = await call(frm, __("Asking the server for the state."), method);
	await finish(frm, answer && { message: xappiens_whatsapp.status_words(answer.data) });
}

async function restart(frm) {
	const method = "xappiens_whatsapp.api.session.restart_session";
	await finish(frm, await call(frm, __("Restarting the session."), method));
}

async function disconnect(frm) {
	const [question, lines] = xappiens_whatsapp.disconnect_question(frm.doc);
	if (!(await xappiens_whatsapp.confirm(question, lines))) return;
	const method = "xappiens_whatsapp.api.session.disconnect_session";
	await finish(frm, await call(frm, __("Disconnecting the session."), method));
}

async function remove(frm) {
	const [question, lines] = xappiens_whatsapp.delete_question(frm.doc);
	if (!(await xappiens_whatsapp.confirm(question, lines))) return;
	const method = "xappiens_whatsapp.api.session.delete_session";
	const answer = await call(frm, __("Deleting the session."), method);
	if (!answer) return;
	xappiens_whatsapp.alert(answer.message);
	frappe.model.clear_doc(frm.doctype, frm.docname);
	frappe.set_route("List", frm.doctype);
}

async function finish(frm, answer) {
	await reload(frm);
	if (answer) xappiens_whatsapp.alert(answer.message);
}
