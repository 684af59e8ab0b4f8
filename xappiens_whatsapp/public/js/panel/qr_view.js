import { element } from "./element.js";

const COVERED = ["expired", "idle", "trouble", "paused"];

/** What a person sees of the live code: picture, countdown, steps, words, and the one button. */
export class QRView {
	constructor({ container, translate, title }) {
		this.__ = translate;
		const { __ } = this;
		this.image = element("img", {
			class: "whatsapp-qr-image",
			alt: __("QR code that links the phone to {0}", [title]),
		});
		this.countdown = element("div", { class: "whatsapp-qr-countdown", role: "timer" });
		const attributes = { type: "button", class: "btn btn-primary btn-sm whatsapp-qr-new" };
		this.button = element("button", attributes, __("New QR"));
		this.message = element("p", { class: "whatsapp-qr-message", role: "status", "aria-live": "polite" });
		this.root = this.arrange();
		this.draw(null);
		container.append(this.root);
	}

	arrange() {
		const cover = element("div", { class: "whatsapp-qr-cover", "aria-hidden": "true" });
		const paper = element("div", { class: "whatsapp-qr-paper" }, this.image, cover);
		return element(
			"div",
			{ class: "whatsapp-qr" },
			element("div", { class: "whatsapp-qr-code" }, paper, this.countdown, this.button),
			element("div", { class: "whatsapp-qr-side" }, this.steps(), this.message)
		);
	}

	steps() {
		const { __ } = this;
		const steps = [
			__("Open WhatsApp on the phone."),
			__("Open the menu or the settings and choose Linked devices."),
			__("Choose Link a device."),
			__("Point the phone at this code."),
		];
		return element("ol", {}, ...steps.map((step) => element("li", {}, step)));
	}

	/** A data URL; none takes the picture away. */
	draw(picture) {
		if (picture) this.image.src = picture;
		else this.image.removeAttribute("src");
		this.image.hidden = !picture;
	}

	/** `trouble`: the class of the failure, in the phase of that name. */
	show(phase, words, heading = "", trouble = "") {
		const { __ } = this;
		Object.assign(this.root.dataset, { phase, trouble });
		if (this.words !== heading + words) this.say(words, heading);
		this.button.textContent = phase === "trouble" ? __("Try Again") : __("New QR");
		this.button.hidden = !COVERED.includes(phase);
	}

	/** Only when they changed, or a screen reader reads them twice. */
	say(words, heading) {
		this.words = heading + words;
		this.message.replaceChildren(...(heading ? [element("strong", {}, heading), " "] : []), words);
	}
}
