// Linking without a camera: a number goes in, eight characters to type on the phone come out.
import { Countdown } from "./countdown.js";
import { element } from "./element.js";
import { Lifetime } from "./lifetime.js";
import { phone } from "./numbers.js";

/**
 * fetch_code(phone_number) -> {code, expires_at, phone_number}; may reject with {message, retry_after}.
 * `number` is offered. `copy(text)`, where the browser can, resolves when the text is on the clipboard.
 */
export class CodePanel {
	constructor({ container, translate, now, number, fetch_code, copy }) {
		Object.assign(this, { fetch_code, copy, __: translate, now: now || Date.now });
		this.lifetime = new Lifetime();
		this.render(container);
		this.input.value = phone(number);
		this.countdown = new Countdown(this.lifetime, this.time, this.now);
		this.show("empty", "");
	}

	render(container) {
		const { __ } = this;
		this.input = element("input", { type: "tel", class: "form-control", autocomplete: "tel", id: "whatsapp-code-number" });
		this.button = element("button", { type: "submit", class: "btn btn-primary btn-sm" });
		this.code = element("output", { class: "whatsapp-code-characters", dir: "ltr" });
		this.copying = element("button", { type: "button", class: "btn btn-default btn-sm" }, __("Copy Code"));
		this.time = element("div", { class: "whatsapp-code-countdown", role: "timer" });
		this.message = element("p", { class: "whatsapp-code-message", role: "status", "aria-live": "polite" });
		this.root = element("form", { class: "whatsapp-code", novalidate: "" }, this.left(), this.right());
		container.append(this.root);
	}

	left() {
		const { __ } = this;
		const label = element("label", { for: this.input.id }, __("Number of the phone, with its country code"));
		const paper = element("div", { class: "whatsapp-code-paper" }, this.code, this.copying, this.time);
		return element("div", { class: "whatsapp-code-left" }, label, this.input, this.button, paper);
	}

	right() {
		const { __ } = this;
		const steps = [
			__("Open WhatsApp on the phone."),
			__("Android: touch the three dots and choose Linked devices. iPhone: touch Settings and choose Linked devices."),
			__("Touch Link a device, then Link with phone number instead."),
			__("Type the code."),
		].map((step) => element("li", {}, step));
		return element("div", { class: "whatsapp-qr-side" }, element("ol", {}, ...steps), this.message);
	}

	start() {
		this.lifetime.listen(this.root, "submit", (event) => {
			event.preventDefault();
			this.ask();
		});
		this.lifetime.listen(this.copying, "click", () => this.copy_code());
	}

	stop() {
		this.is_over = true;
		this.lifetime.release();
	}

	get is_asking() {
		return this.root.dataset.phase === "loading";
	}

	async ask() {
		const { __ } = this;
		const number = this.input.value.trim();
		if (!number) return this.refuse(__("Enter the number of the phone, with its country code."));
		this.show("loading", __("Asking WhatsApp for a code."));
		try {
			this.show_code(await this.fetch_code(number));
		} catch (error) {
			this.fail(error);
		}
	}

	refuse(words) {
		this.show("trouble", words);
		this.input.focus();
	}

	show_code({ code, expires_at, phone_number }) {
		if (this.is_over) return;
		const { __ } = this;
		this.characters = code;
		this.code.textContent = `${code.slice(0, 4)}-${code.slice(4)}`;
		this.code.setAttribute("aria-label", [...code].join(" "));
		this.show("code", __("Type this code on the phone with the number {0}.", [phone(phone_number)]));
		const valid_for = (left) => __("Valid for {0} s", [left]);
		this.countdown.run(Date.parse(expires_at), valid_for, () => this.expire());
	}

	expire() {
		const { __ } = this;
		this.show("expired", __("This code has expired. Press New Code for another."));
		this.countdown.stop(__("Expired"));
	}

	/** A number can be corrected at once; who asked too often waits. */
	fail(error) {
		if (this.is_over) return;
		const { __ } = this;
		this.show("trouble", error.message);
		const again_in = (left) => __("Another code can be asked for in {0} s.", [left]);
		if (!error.retry_after) return;
		this.button.disabled = true;
		this.countdown.run(this.now() + error.retry_after * 1000, again_in, () => this.show("empty", ""));
	}

	async copy_code() {
		const { __ } = this;
		await this.copy(this.characters);
		this.message.textContent = __("The code is copied.");
	}

	show(phase, words) {
		const { __ } = this;
		const has_code = ["code", "expired"].includes(phase);
		this.root.dataset.phase = phase;
		this.message.textContent = words;
		this.message.hidden = !words;
		this.countdown.stop();
		this.button.disabled = phase === "loading";
		this.button.textContent = has_code ? __("New Code") : __("Get Code");
		this.code.hidden = !has_code;
		this.copying.hidden = phase !== "code" || !this.copy;
	}
}
