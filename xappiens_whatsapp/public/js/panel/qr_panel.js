// The live QR code: rendering and timing, without Frappe, so that the desk dialog and the pairing page share it.
import { element } from "./element.js";
import { Lifetime } from "./lifetime.js";
import { phone } from "./numbers.js";

const POLL_SECONDS = 5;
const CALM_SECONDS = 20;
const REALTIME_TRUST_SECONDS = 30;
const ECHO_SECONDS = 2;
const GIVE_UP_SECONDS = 600;
const NOTHING = () => {};
const RETRY_SECONDS = {
	GatewayUnavailable: 10,
	GatewayFailed: 10,
	GatewayRateLimited: 15,
	GatewayAuthenticationError: 30,
	SiteUnreachable: 10,
};

/**
 * fetch_qr() -> {ready, qr_code, expires_at, status, retry_after}, fetch_status() -> {status, phone_number},
 * renew() -> makes the server offer codes again. Each may reject with {exc_type, message, retry_after}.
 */
export class QRPanel {
	constructor({ container, translate, title, fetch_qr, fetch_status, renew, on_connected, now }) {
		Object.assign(this, { container, title, fetch_qr, fetch_status, renew, on_connected });
		this.__ = translate;
		this.now = now || Date.now;
		this.lifetime = new Lifetime();
		this.heard_at = this.status_at = this.answered_at = 0;
		this.render();
	}

	render() {
		const { __ } = this;
		this.image = element("img", {
			class: "whatsapp-qr-image",
			alt: __("QR code that links the phone to {0}", [this.title]),
		});
		this.cover = element("div", { class: "whatsapp-qr-cover", "aria-hidden": "true" });
		this.countdown = element("div", { class: "whatsapp-qr-countdown", role: "timer" });
		const attributes = { type: "button", class: "btn btn-primary btn-sm whatsapp-qr-new" };
		this.button = element("button", attributes, __("New QR"));
		this.message = element("p", { class: "whatsapp-qr-message", role: "status", "aria-live": "polite" });
		const steps = [
			__("Open WhatsApp on the phone."),
			__("Open the menu or the settings and choose Linked devices."),
			__("Choose Link a device."),
			__("Point the phone at this code."),
		].map((step) => element("li", {}, step));
		const paper = element("div", { class: "whatsapp-qr-paper" }, this.image, this.cover);
		this.root = element(
			"div",
			{ class: "whatsapp-qr" },
			element("div", { class: "whatsapp-qr-code" }, paper, this.countdown, this.button),
			element("div", { class: "whatsapp-qr-side" }, element("ol", {}, ...steps), this.message)
		);
		this.container.append(this.root);
		this.show("loading", __("Asking the server for a code."));
	}

	/** `first` runs before the first look; its failure is shown like any other. */
	start(first = NOTHING) {
		this.running = true;
		this.give_up_at = this.now() + GIVE_UP_SECONDS * 1000;
		this.lifetime.listen(this.button, "click", () => this.ask_for_new());
		return this.attempt(first);
	}

	stop() {
		this.running = false;
		this.lifetime.release();
	}

	/**
	 * Something changed: look at once, unless the server asked for patience. An echo of our own look does not show
	 * that the site would hear of changes without it.
	 */
	nudge() {
		const is_echo = this.busy || this.now() - this.answered_at < ECHO_SECONDS * 1000;
		if (!is_echo) this.heard_at = this.now();
		if (this.root.dataset.trouble === "GatewayRateLimited") return null;
		this.status_at = 0;
		return this.poll();
	}

	async ask_for_new() {
		const { __ } = this;
		this.give_up_at = this.now() + GIVE_UP_SECONDS * 1000;
		this.forget_code();
		this.was_scanned = false;
		this.show("loading", __("Asking the server for another code."));
		await this.attempt(() => this.renew());
	}

	poll() {
		return this.attempt(NOTHING);
	}

	/** One at a time; what comes in between is done next, and a wish for a new code is not lost to a nudge. */
	async attempt(first) {
		if (!this.running) return;
		if (this.busy) {
			this.pending = first === NOTHING ? this.pending || NOTHING : first;
			return;
		}
		this.busy = true;
		this.lifetime.cancel("poll");
		let wait;
		try {
			await first();
			wait = await this.read();
		} catch (error) {
			wait = this.fail(error);
		}
		this.busy = false;
		this.answered_at = this.now();
		this.schedule(wait);
	}

	schedule(wait) {
		const { __ } = this;
		const first = this.pending;
		this.pending = null;
		if (first) return this.attempt(first);
		if (!this.running || !wait) return null;
		if (this.now() > this.give_up_at) {
			this.forget_code();
			return this.show("paused", __("Nobody scanned the code for ten minutes. Press New QR to go on."));
		}
		return this.lifetime.after("poll", wait, () => this.poll());
	}

	interval() {
		const heard_lately = this.now() - this.heard_at < REALTIME_TRUST_SECONDS * 1000;
		return heard_lately || document.hidden ? CALM_SECONDS : POLL_SECONDS;
	}

	/** One look at the server; returns the seconds until the next, nothing when it is over. */
	async read() {
		const code = await this.fetch_qr();
		if (!this.running) return 0;
		this.status = code.status;
		const status = await this.read_status(code);
		if (!this.running) return 0;
		if (status === "Connected") return this.show_connected();
		if (code.ready) this.show_code(code);
		else this.show_waiting();
		return code.ready ? this.interval() : Math.max(1, code.retry_after || POLL_SECONDS);
	}

	async read_status(code) {
		const due = this.now() - this.status_at >= this.interval() * 1000;
		if (!due && code.status !== "Connected") return this.status;
		this.status_at = this.now();
		const answer = await this.fetch_status();
		this.phone_number = answer.phone_number;
		this.status = answer.status;
		return this.status;
	}

	show_code({ qr_code, expires_at }) {
		const { __ } = this;
		if (this.picture === qr_code && this.expires_at === expires_at) return;
		const changed = this.picture && this.picture !== qr_code;
		Object.assign(this, { picture: qr_code, expires_at, was_scanned: false });
		this.image.src = qr_code;
		const words = changed ? __("Here is a new code. Scan it with the phone.") : __("Scan the code with the phone.");
		this.stop_countdown();
		this.show("code", words);
		const valid_for = (left) => __("Valid for {0} s", [left]);
		this.count_down(Date.parse(expires_at), valid_for, () => this.expire());
	}

	/** `words(seconds left)` once a second until the moment, then `done`. */
	count_down(moment, words, done) {
		const left = Math.ceil((moment - this.now()) / 1000);
		if (left <= 0) return done();
		this.countdown.textContent = words(left);
		return this.lifetime.after("countdown", 1, () => this.count_down(moment, words, done));
	}

	stop_countdown() {
		this.lifetime.cancel("countdown");
		this.countdown.textContent = "";
	}

	expire() {
		const { __ } = this;
		this.stop_countdown();
		this.countdown.textContent = __("Expired");
		this.show("expired", __("This code has expired. Press New QR for another."));
	}

	forget_code() {
		this.stop_countdown();
		this.picture = this.expires_at = null;
		this.image.removeAttribute("src");
	}

	/**
	 * A code that the server no longer stands by greys out, whatever its clock says; where the session connects after
	 * a code, a phone has scanned it.
	 */
	show_waiting() {
		const { __ } = this;
		this.was_scanned = this.status === "Connecting" && (this.was_scanned || this.phase === "code");
		if (this.was_scanned) return this.show_linking();
		if (this.picture) return this.expire();
		if (!["Disconnected", "Error"].includes(this.status)) {
			return this.show("waiting", __("The server is preparing the code."));
		}
		const words = __("The server has no code for this session yet. If none appears, press New QR.");
		return this.show("idle", words);
	}

	show_linking() {
		const { __ } = this;
		this.forget_code();
		this.show("waiting", __("The phone is being linked. Keep WhatsApp open on it for a moment."));
	}

	show_connected() {
		const { __ } = this;
		const number = phone(this.phone_number);
		this.stop();
		this.forget_code();
		this.show("connected", number ? __("Connected with {0}.", [number]) : __("Connected."));
		this.on_connected({ phone_number: this.phone_number });
		return 0;
	}

	/** Shows what went wrong; returns the seconds until another try, nothing where trying again is no use. */
	fail(error) {
		const { __ } = this;
		if (!this.running) return 0;
		const known = RETRY_SECONDS[error.exc_type];
		const wait = known && Math.max(POLL_SECONDS, Math.ceil(error.retry_after || known));
		const says_only_how_long = error.exc_type === "GatewayRateLimited";
		if (says_only_how_long && this.pending === NOTHING) this.pending = null;
		this.forget_code();
		this.show("trouble", says_only_how_long ? "" : error.message, this.heading(error.exc_type));
		this.root.dataset.trouble = error.exc_type || "";
		const again_in = (left) => __("Trying again in {0} s.", [left]);
		if (wait) this.count_down(this.now() + wait * 1000, again_in, () => this.stop_countdown());
		return wait;
	}

	heading(exc_type) {
		const { __ } = this;
		const headings = {
			SessionMissingOnServer: __("Not on the server."),
			GatewayUnavailable: __("Server unreachable."),
			GatewayAuthenticationError: __("Key refused."),
			GatewayRateLimited: __("Too many requests."),
			GatewayRejected: __("Request refused."),
			GatewayFailed: __("Server error."),
			PermissionError: __("Not allowed."),
		};
		return headings[exc_type] || "";
	}

	show(phase, words, heading = "") {
		this.phase = this.root.dataset.phase = phase;
		delete this.root.dataset.trouble;
		if (this.words !== heading + words) this.say(words, heading);
		if (["waiting", "idle"].includes(phase)) this.stop_countdown();
		this.button.textContent = phase === "trouble" ? this.__("Try Again") : this.__("New QR");
		this.button.hidden = !["expired", "idle", "trouble", "paused"].includes(phase);
		this.image.hidden = !this.picture;
	}

	say(words, heading) {
		this.words = heading + words;
		this.message.replaceChildren(...(heading ? [element("strong", {}, heading), " "] : []), words);
	}
}
