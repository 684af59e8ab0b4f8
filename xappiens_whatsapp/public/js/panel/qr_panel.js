// The live QR code: what is asked for when, and what is shown, without Frappe, so that the desk dialog and the pairing page share it.
import { Countdown } from "./countdown.js";
import { Lifetime } from "./lifetime.js";
import { phone } from "./numbers.js";
import { QRView } from "./qr_view.js";

const POLL_SECONDS = 5;
const CALM_SECONDS = 20;
const REALTIME_TRUST_SECONDS = 30;
const ECHO_SECONDS = 2;
const GIVE_UP_SECONDS = 600;
const NEXT_CODE_AFTER_SECONDS = 0.5;
const NO_NEXT_CODE_AFTER_SECONDS = 30;
const STOPPED = ["Disconnected", "Error"];
const SHOWS_CODE = ["code", "renewing"];
const NOTHING = () => {};
const RETRY_SECONDS = {
	GatewayUnavailable: 10,
	GatewayFailed: 10,
	GatewayBlocked: 30,
	RecordBusy: 5,
	GatewayRateLimited: 15,
	GatewayAuthenticationError: 30,
	SiteUnreachable: 10,
};

/**
 * fetch_qr() -> {ready, qr_code, expires_at, status, retry_after, features}, fetch_status() -> {status, phone_number,
 * instead_of: the expected number where another phone is linked, reason: {sentence} or nothing}, renew() -> makes the
 * server offer codes again. Each may reject with {exc_type, message, retry_after}. `on_linking`: a phone has scanned the
 * code, or typed the other one.
 */
export class QRPanel {
	constructor({ container, translate, title, now, ...calls }) {
		Object.assign(this, { on_features: NOTHING, on_linking: NOTHING, ...calls });
		this.__ = translate;
		this.now = now || Date.now;
		this.lifetime = new Lifetime();
		this.heard_at = this.status_at = this.answered_at = 0;
		this.view = new QRView({ container, translate, title });
		this.countdown = new Countdown(this.lifetime, this.view.countdown, this.now);
		const { __ } = this;
		this.show("loading", __("Asking the server for a code."));
	}

	/** `first` runs before the first look; its failure is shown like any other. */
	start(first = NOTHING) {
		this.running = true;
		this.give_up_at = this.now() + GIVE_UP_SECONDS * 1000;
		this.lifetime.listen(this.view.button, "click", () => this.ask_for_new());
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
		if (this.trouble === "GatewayRateLimited") return null;
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
		this.on_features(code.features || {});
		const is_live = code.ready && this.seconds_until(code.expires_at) > 0;
		const status = await this.read_status(code.status, this.picture && !is_live);
		if (!this.running) return 0;
		if (status === "Connected") return this.show_connected();
		if (is_live) return this.show_code(code);
		this.show_waiting();
		return Math.max(1, code.retry_after || POLL_SECONDS);
	}

	/** Asked for when it is due, and at once when something changed, as the code's answer tells. */
	async read_status(seen, is_code_gone) {
		const due = this.now() - this.status_at >= this.interval() * 1000;
		const changed = is_code_gone || seen === "Connected" || seen !== this.status;
		this.status = seen;
		if (!due && !changed) return this.status;
		this.status_at = this.now();
		const { status, phone_number, instead_of, reason } = await this.fetch_status();
		Object.assign(this, { status, phone_number, instead_of, reason });
		return this.status;
	}

	seconds_until(moment) {
		return (Date.parse(moment) - this.now()) / 1000;
	}

	/** Where codes do not overlap the next one is there when this one runs out; returns the seconds until the next look. */
	show_code({ qr_code, expires_at }) {
		if (this.picture !== qr_code || this.expires_at !== expires_at) this.draw(qr_code, expires_at);
		return Math.min(this.interval(), this.seconds_until(expires_at) + NEXT_CODE_AFTER_SECONDS);
	}

	draw(qr_code, expires_at) {
		const { __ } = this;
		const changed = this.picture && this.picture !== qr_code;
		Object.assign(this, { picture: qr_code, expires_at, was_scanned: false });
		this.view.draw(qr_code);
		const words = changed ? __("Here is a new code. Scan it with the phone.") : __("Scan the code with the phone.");
		this.countdown.stop();
		this.show("code", words);
		const valid_for = (left) => __("Valid for {0} s", [left]);
		this.countdown.run(Date.parse(expires_at), valid_for, () => this.show_renewing());
	}

	show_renewing() {
		const { __ } = this;
		this.show("renewing", __("The next code is on its way."));
	}

	expire() {
		const { __ } = this;
		this.show("expired", this.with_reason(__("This code has expired. Press New QR for another.")));
		this.countdown.stop(__("Expired"));
	}

	/** The server's reason in front, where it gave one. */
	with_reason(words) {
		return this.reason ? `${this.reason.sentence} ${words}` : words;
	}

	forget_code() {
		this.countdown.stop();
		this.picture = this.expires_at = null;
		this.view.draw(null);
	}

	/**
	 * A code that a stopped session leaves behind greys out, whatever its clock says; where the session connects after
	 * a code, a phone has scanned it.
	 */
	show_waiting() {
		const { __ } = this;
		const has_shown = SHOWS_CODE.includes(this.phase);
		this.was_scanned = this.status === "Connecting" && (this.was_scanned || has_shown);
		if (this.was_scanned) return this.show_linking();
		if (STOPPED.includes(this.status)) return this.show_stopped();
		if (this.status === "Connecting" && this.phone_number) return this.show_reconnecting();
		if (!this.picture) return this.show("waiting", __("The server is preparing the code."));
		if (this.seconds_until(this.expires_at) < -NO_NEXT_CODE_AFTER_SECONDS) return this.expire();
		return this.show_renewing();
	}

	show_stopped() {
		const { __ } = this;
		if (this.picture) return this.expire();
		const words = this.reason
			? __("Press New QR to try again.")
			: __("The server has no code for this session yet. If none appears, press New QR.");
		return this.show("idle", this.with_reason(words));
	}

	/** Paired, so there is nothing to scan. */
	show_reconnecting() {
		const { __ } = this;
		this.forget_code();
		const words = __("This session is linked with {0} and reconnects by itself. No code is needed.", [
			phone(this.phone_number),
		]);
		this.show("reconnecting", this.with_reason(words));
	}

	show_linking() {
		const { __ } = this;
		this.forget_code();
		this.show("waiting", __("The phone is being linked. Keep WhatsApp open on it for a moment."));
		this.on_linking();
	}

	show_connected() {
		const { __ } = this;
		const { phone_number, instead_of } = this;
		const number = phone(phone_number);
		this.stop();
		this.forget_code();
		if (instead_of) {
			this.show("wrong", __("Another phone is linked: {0} instead of {1}.", [number, phone(instead_of)]));
		} else {
			this.show("connected", number ? __("Connected with {0}.", [number]) : __("Connected."));
		}
		this.on_connected({ phone_number, instead_of });
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
		this.show_trouble(error, says_only_how_long);
		const again_in = (left) => __("Trying again in {0} s.", [left]);
		if (wait) this.countdown.run(this.now() + wait * 1000, again_in, () => this.countdown.stop());
		return wait;
	}

	show_trouble({ exc_type, message }, says_only_how_long) {
		this.phase = "trouble";
		this.trouble = exc_type || "";
		this.view.show("trouble", says_only_how_long ? "" : message, this.heading(exc_type), this.trouble);
	}

	heading(exc_type) {
		const { __ } = this;
		const headings = {
			SessionMissingOnServer: __("Not on the server."),
			GatewayUnavailable: __("Server unreachable."),
			GatewayAuthenticationError: __("Key refused."),
			GatewayRateLimited: __("Too many requests."),
			GatewayRejected: __("Request refused."),
			GatewayBlocked: __("Server unreachable."),
			GatewayFailed: __("Server error."),
			ConnectsInVain: __("Server error."),
			RefusedInThisState: __("Request refused."),
			PermissionError: __("Not allowed."),
		};
		return headings[exc_type] || "";
	}

	show(phase, words) {
		this.phase = phase;
		this.trouble = "";
		this.view.show(phase, words);
		if (["waiting", "renewing", "idle", "reconnecting"].includes(phase)) this.countdown.stop();
	}
}
