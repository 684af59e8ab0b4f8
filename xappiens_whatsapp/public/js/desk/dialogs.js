// Dialogs that keep the focus inside, give it back, and leave nothing behind.
import { Lifetime } from "../panel/lifetime.js";
import { give_focus_back, trap_focus } from "./focus.js";
import { escape } from "./site.js";

/** `on_hide` may return a promise; the focus goes back when it has settled. */
export const open_dialog = ({ title, on_hide, ...options }) => {
	const lifetime = new Lifetime();
	const opener = document.activeElement;
	let closing = null;
	const dialog = new frappe.ui.Dialog({
		title: escape(title),
		...options,
		on_hide: () => {
			lifetime.release();
			closing = on_hide && on_hide();
		},
	});
	enclose(dialog, opener, lifetime, () => closing);
	dialog.show();
	return dialog;
};

/** `lines` are plain sentences. Resolves to true when confirmed. */
export const confirm = (question, lines) =>
	new Promise((resolve) => {
		const opener = document.activeElement;
		const items = lines.map((line) => `<li>${escape(line)}</li>`).join("");
		const html = `<span>${escape(question)}</span><ul>${items}</ul>`;
		const dialog = frappe.confirm(html, () => resolve(true), () => resolve(false));
		const lifetime = new Lifetime();
		enclose(dialog, opener, lifetime, () => lifetime.release());
	});

/** `closed` may resolve later; only then the focus goes back, unless the person went to another page. */
const enclose = (dialog, opener, lifetime, closed) => {
	const modal = dialog.body.closest(".modal");
	const path = location.pathname;
	describe(modal);
	lifetime.listen(modal, "keydown", (event) => trap_focus(modal, event));
	dialog.$wrapper.on("hidden.bs.modal", async () => {
		modal.remove();
		await closed();
		if (location.pathname === path) give_focus_back(opener);
	});
};

const describe = (modal) => {
	const title = modal.querySelector(".modal-title");
	title.id = title.id || `whatsapp-dialog-${Date.now()}`;
	modal.setAttribute("role", "dialog");
	modal.setAttribute("aria-modal", "true");
	modal.setAttribute("aria-labelledby", title.id);
	modal.querySelector(".btn-modal-close").setAttribute("aria-label", __("Close"));
};
