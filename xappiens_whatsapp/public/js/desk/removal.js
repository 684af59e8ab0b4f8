// A record goes with its session on the server.
import { run } from "./actions.js";
import { confirm } from "./dialogs.js";
import { alert, request } from "./site.js";
import { delete_question } from "./words.js";

export const remove_session = async (frm) => {
	const { name: session_id, doctype } = frm.doc;
	if (!(await confirm(...delete_question(frm.doc)))) return;
	const method = "xappiens_whatsapp.api.session.delete_session";
	const answer = await run(frm, __("Deleting the session."), () => request(method, { session_id }));
	if (!answer) return;
	alert(answer.message);
	frappe.model.clear_doc(doctype, session_id);
	frappe.set_route("List", doctype);
};
