// Tables in dialogs, and buttons in their cells.
import { element } from "../panel/element.js";
import { alert } from "./site.js";

export const table = (headings, rows) => {
	const head = element("tr", {}, ...headings.map((text) => element("th", { scope: "col" }, text)));
	return element(
		"table",
		{ class: "table table-bordered whatsapp-table" },
		element("thead", {}, head),
		element("tbody", {}, ...rows)
	);
};

export const row = (...cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, cell)));

/** A button of a dialog that is off while its action runs, which costs it the focus. */
export const button = (label, action, type = "default") => {
	const made = element("button", { type: "button", class: `btn btn-${type} btn-xs` }, label);
	made.onclick = async () => {
		const had_focus = document.activeElement === made;
		made.disabled = true;
		await action().finally(() => {
			made.disabled = false;
			if (had_focus && document.activeElement === document.body) made.focus();
		});
	};
	return made;
};

/** `action` resolves to the words for the alert, or to nothing when the person changed their mind. */
export const action_button = (label, cell, action, done) =>
	button(label, async () => {
		try {
			const words = await action();
			if (!words) return;
			alert(words);
			await done();
		} catch (error) {
			show_failure(cell, error);
		}
	});

export const show_failure = (place, error) => {
	if (!("exc_type" in error)) throw error;
	place.append(element("p", { class: "whatsapp-failed", role: "alert" }, error.message));
};
