// One text that shows whether messages of a session get through: sent on a click, followed step by step.
import { element } from "../panel/element.js";
import { Lifetime } from "../panel/lifetime.js";
import { phone } from "../panel/numbers.js";
import { open_dialog } from "./dialogs.js";
import { request } from "./site.js";
import { button } from "./tables.js";
import { may, moment_of } from "./words.js";

const SEND = "xappiens_whatsapp.api.proof.send_test_message";
const LOOK = "xappiens_whatsapp.api.proof.get_test_message";
const INPUT = "whatsapp-test-number";

/** `restart` is what the form does on its button of that name. */
export const show_test_message = (doc, restart, on_close) => new TestMessage({ doc, restart, on_close }).show();

class TestMessage {
	constructor({ doc, restart, on_close }) {
		Object.assign(this, { doc, restart, on_close });
		this.lifetime = new Lifetime();
	}

	show() {
		this.dialog = open_dialog({
			title: __("Test Message from {0}", [this.doc.session_name]),
			on_hide: () => this.close(),
		});
		this.render(this.dialog.body);
		this.lifetime.listen(frappe.realtime, "whatsapp_session_update", (update) => {
			if (update.session === this.doc.name) void this.look();
		});
		this.lifetime.listen(this.form, "submit", (event) => {
			event.preventDefault();
			void this.send();
		});
		void this.look();
	}

	render(body) {
		const label = element("label", { for: INPUT }, __("Number to send to"));
		this.input = element("input", { type: "tel", class: "form-control", id: INPUT, autocomplete: "tel" });
		this.input.value = phone(this.doc.phone_number) || "";
		this.button = element("button", { type: "submit", class: "btn btn-primary btn-sm" }, __("Send"));
		const row = element("div", { class: "whatsapp-test-number" }, this.input, this.button);
		const hint = element("p", {}, __("One short message. The number of this session itself is the usual choice."));
		this.form = element("form", { novalidate: "" }, hint, label, row);
		this.steps = element("ol", { class: "whatsapp-test-steps", "aria-label": __("The way of the message") });
		this.message = element("p", { class: "whatsapp-test-message", role: "status", "aria-live": "polite" });
		this.actions = element("div", { class: "whatsapp-actions" });
		body.append(element("div", { class: "whatsapp-test" }, this.form, this.steps, this.message, this.actions));
		this.draw({});
	}

	/** The button keeps the focus while nothing can be sent; one that is switched off would lose it. */
	async send() {
		if (this.is_busy) return;
		this.hold(true);
		this.has_failed = false;
		this.say("waiting", __("Sending the message."));
		const args = { session_id: this.doc.name, phone_number: this.input.value.trim() };
		this.is_sending = true;
		const error = await this.ask(SEND, args);
		this.is_sending = false;
		this.has_failed = Boolean(error);
		if (!error || !error.retry_after) this.hold(false);
	}

	hold(is_busy) {
		this.is_busy = is_busy;
		this.button.setAttribute("aria-disabled", String(is_busy));
	}

	/** Not while a message goes out: the session may change by that, and its answer says more. */
	look() {
		return this.is_sending || this.ask(LOOK, { session_id: this.doc.name });
	}

	/** What was asked for before a newer question is no news any more. Resolves to what went wrong. */
	async ask(method, args) {
		const turn = (this.turn = (this.turn || 0) + 1);
		const is_news = () => turn === this.turn && !this.is_over;
		try {
			const answer = await request(method, args);
			if (is_news()) this.draw(answer);
		} catch (error) {
			if (!("exc_type" in error)) throw error;
			if (is_news()) this.fail(error);
			return error;
		}
		return null;
	}

	draw({ state, sent_at, delivered_at, read_at, message, may_be_dead, retry_after }) {
		const steps = [
			[__("Sent"), sent_at],
			[__("Delivered"), delivered_at],
			[__("Read"), read_at],
		];
		this.steps.replaceChildren(...steps.map(([name, at]) => step(name, at)));
		if (this.has_failed) return; // the sentence stays until something else is sent
		this.say(phase_of(state, may_be_dead), message || "");
		this.offer_restart(may_be_dead);
		if (retry_after) this.lifetime.after("look", retry_after, () => void this.look());
	}

	/** What was heard of an older message stays as it is. */
	fail({ message, retry_after }) {
		this.say("trouble", message);
		this.offer_restart(false);
		if (retry_after) this.lifetime.after("again", retry_after, () => this.hold(false));
	}

	offer_restart(is_offered) {
		const restart = async () => {
			this.dialog.hide();
			await this.restart();
		};
		const is_allowed = is_offered && may(this.doc, "restart");
		this.actions.replaceChildren(...(is_allowed ? [button(__("Restart"), restart, "primary")] : []));
	}

	say(phase, words) {
		this.message.dataset.phase = phase;
		if (this.message.textContent !== words) this.message.textContent = words;
		this.message.hidden = !words;
	}

	close() {
		this.is_over = true;
		this.lifetime.release();
		return this.on_close();
	}
}

const phase_of = (state, may_be_dead) => {
	if (may_be_dead || state === "Failed") return "trouble";
	return ["Delivered", "Read"].includes(state) ? "good" : "waiting";
};

const step = (name, at) => {
	const mark = element("span", { class: "whatsapp-test-mark", "aria-hidden": "true" }, at ? "✓" : "·");
	const time = element("span", { class: "whatsapp-test-time" }, at ? moment_of(at) : __("not yet"));
	return element("li", { "data-done": String(Boolean(at)) }, mark, element("strong", {}, name), time);
};
