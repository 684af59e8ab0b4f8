// One action on a form or list: it waits behind a sentence, and a failure becomes one message.
import { element } from "../panel/element.js";
import { give_focus_back } from "./focus.js";
import { escape } from "./site.js";

/** Nothing but the form waits; resolves to null where the action failed. */
export const run = async (frm, sentence, action) => {
	const opener = document.activeElement;
	const thaw = freeze(frm.wrapper, sentence);
	try {
		return await action();
	} catch (error) {
		if (!("exc_type" in error)) throw error;
		tell(error, opener);
		return null;
	} finally {
		thaw();
	}
};

export const is_frozen = (frm) => frm.wrapper.classList.contains("whatsapp-frozen");

const freeze = (wrapper, sentence) => {
	const cover = element("div", { class: "whatsapp-freeze", role: "status" }, element("p", {}, sentence));
	const parts = [...wrapper.children];
	parts.forEach((part) => (part.inert = true));
	wrapper.classList.add("whatsapp-frozen");
	wrapper.append(cover);
	return () => {
		parts.forEach((part) => (part.inert = false));
		wrapper.classList.remove("whatsapp-frozen");
		cover.remove();
	};
};

const tell = (error, opener) => {
	const title = __("That did not work");
	const dialog = frappe.msgprint({ title, indicator: "red", message: escape(error.message) });
	dialog.$wrapper.one("hidden.bs.modal", () => give_focus_back(opener));
};
