// What the form of a session needs beside its buttons: news from the server, names, words read out.
import { element } from "../panel/element.js";
import { Lifetime } from "../panel/lifetime.js";

const followed = new WeakMap();

/** Calls back when the session on the form changes; one form serves every session, until its page is left. */
export const follow_sessions = (frm, on_update) => {
	if (!followed.has(frm.wrapper)) follow(frm, on_update);
	subscribe_late(frm, followed.get(frm.wrapper));
};

/** Frappe drops a subscription that comes within a second of another, as when a new form is saved at once. */
const subscribe_late = ({ doctype, docname, doc }, lifetime) => {
	const { open_docs } = "open_docs" in frappe.realtime ? frappe.realtime : {};
	if (doc.__islocal || !open_docs || open_docs.has(`${doctype}:${docname}`)) return;
	lifetime.after("subscribe", 1.1, () => frappe.realtime.doc_subscribe(doctype, docname));
};

const follow = (frm, on_update) => {
	const lifetime = new Lifetime();
	followed.set(frm.wrapper, lifetime);
	lifetime.listen(frappe.realtime, "whatsapp_session_update", (update) => {
		if (update.session === frm.docname) on_update();
	});
	frm.$wrapper.one("hide", () => {
		followed.delete(frm.wrapper);
		lifetime.release();
	});
};

/** What the desk draws without a name for screen readers gets the one that stands beside it. */
export const name_fields = (frm) => {
	for (const control of frm.wrapper.querySelectorAll(".frappe-control")) {
		const label = control.querySelector(".control-label");
		const inputs = control.querySelectorAll("input:not([type=checkbox]), textarea, select");
		const nameless = [...inputs].filter((input) => label && !input.labels.length);
		nameless.forEach((input) => input.setAttribute("aria-label", label.textContent.trim()));
	}
};

const announced = new WeakMap();

/** What changes in a banner while a person is on the form is read out as well. */
export const announce = (frm, text) => {
	const before = announced.get(frm.wrapper);
	announced.set(frm.wrapper, { session: frm.docname, text });
	const is_other_form = !before || before.session !== frm.docname;
	if (is_other_form || before.text !== text) live_region().textContent = is_other_form ? "" : text;
};

const live_region = () => {
	const known = document.querySelector(".whatsapp-live");
	const region = known || element("div", { class: "whatsapp-live", role: "status", "aria-live": "polite" });
	if (!known) document.body.append(region);
	return region;
};

/** The desk offers some menu items to everyone; this one is not for this person. */
export const hide_menu_item = (frm, label) => {
	const labels = [...frm.wrapper.querySelectorAll(".menu-item-label")];
	labels
		.filter((item) => item.textContent.trim() === label)
		.forEach((item) => item.closest("li").classList.add("hide"));
};
