// Sessions that the server has and this site has not.
import { element } from "../panel/element.js";
import { phone } from "../panel/numbers.js";
import { open_dialog } from "./dialogs.js";
import { request } from "./site.js";
import { action_button, row, table } from "./tables.js";

export const adopt = async (session_db_id) => {
	const method = "xappiens_whatsapp.api.diagnosis.adopt_session";
	const { session } = await request(method, { session_db_id });
	return __("The session {0} is now on this site. Open it to see its state.", [session]);
};

/** `sessions` as `list_sessions` answers; each unknown one gets a button. */
export const show_import = (sessions, on_hide) => {
	const dialog = open_dialog({ title: __("Import from Server"), size: "large", on_hide });
	const unknown = sessions.filter((session) => !session.local);
	if (!unknown.length) {
		dialog.body.append(element("p", {}, __("Every session of the server is already on this site.")));
		return;
	}
	const rows = unknown.map(import_row);
	const headings = [__("Session ID"), __("Session Name"), __("Phone Number"), __("Action")];
	dialog.body.append(table(headings, rows));
};

const import_row = ({ id, sessionId, sessionName, phoneNumber }) => {
	const cell = element("div", { class: "whatsapp-actions" });
	const mark = element("span", { class: "whatsapp-ok" }, "✓ ", __("Adopted"));
	const done = () => cell.replaceChildren(mark);
	cell.append(action_button(__("Adopt"), cell, () => adopt(id), done));
	return row(sessionId, sessionName || "", phone(phoneNumber), cell);
};
