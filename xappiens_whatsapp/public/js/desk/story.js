// What became of a session, newest first, and how much of the time it was connected.
import { element } from "../panel/element.js";
import { request } from "./site.js";

const TIMELINE = "xappiens_whatsapp.api.story.timeline";
const GOOD = ["Linked", "Back"];
const BAD = ["Dropped"];

/** Draws into the form's *Story*; a form that was drawn before is drawn anew, with the newest twenty. */
export const show_story = (frm) => {
	const place = frm.wrapper.querySelector('[data-fieldname="story"]');
	const { story, uptime } = frm.doc.__onload || {};
	if (!place || !story) return;
	const list = element("ol", { class: "whatsapp-story", "aria-label": __("Story") });
	list.append(...story.events.map(item));
	const none = element("p", { class: "text-muted" }, __("Nothing has happened yet."));
	const parts = [story.events.length ? list : none, story.more && more_button(frm.doc.name, list)];
	place.replaceChildren(uptime_line(uptime), ...parts.filter(Boolean));
};

const item = ({ at, event, words, who }) => {
	const time = element("time", { datetime: at.replace(" ", "T") }, frappe.format(at, { fieldtype: "Datetime" }));
	const mood = GOOD.includes(event) ? "good" : BAD.includes(event) ? "bad" : "plain";
	const line = element("li", { class: `whatsapp-story-${mood}` }, time, element("span", {}, words));
	if (who) line.append(element("span", { class: "whatsapp-story-who" }, who));
	return line;
};

/** Focus goes to the first of those that came, so that nobody loses their place. */
const more_button = (session_id, list) => {
	const button = element("button", { type: "button", class: "btn btn-default btn-xs" }, __("Show Older"));
	button.onclick = async () => {
		button.disabled = true;
		const start = list.children.length;
		try {
			const { events, more } = await request(TIMELINE, { session_id, start });
			list.append(...events.map(item));
			button.hidden = !more;
			focus_on(list.children[start]);
		} catch (error) {
			if (!("exc_type" in error)) throw error;
			button.after(element("p", { class: "whatsapp-failed", role: "alert" }, error.message));
		} finally {
			button.disabled = false;
		}
	};
	return button;
};

const focus_on = (line) => {
	if (!line) return;
	line.tabIndex = -1;
	line.focus();
};

const uptime_line = ({ percent_7, percent_30, drops, longest }) => {
	const parts = [
		fact(__("Uptime, 7 Days"), percent(percent_7)),
		fact(__("Uptime, 30 Days"), percent(percent_30)),
		fact(__("Drops"), String(drops)),
	];
	if (drops) parts.push(fact(__("Longest Time Down"), duration(longest)));
	return element("dl", { class: "whatsapp-uptime" }, ...parts);
};

const fact = (label, value) => element("div", {}, element("dt", {}, label), element("dd", {}, value));
const percent = (value) => (value === null ? __("Not known yet") : `${value.toLocaleString(document.documentElement.lang)} %`);

const duration = (seconds) => {
	const [minutes, hours, days] = [60, 3600, 86400].map((unit) => Math.floor(seconds / unit));
	if (days) return __("{0} d {1} h", [days, hours % 24]);
	if (hours) return __("{0} h {1} min", [hours, minutes % 60]);
	return minutes ? __("{0} min", [minutes]) : __("{0} s", [seconds]);
};
