// Linking a phone in a desk dialog, fed by the API and nudged by realtime.
import { element } from "../panel/element.js";
import { Lifetime } from "../panel/lifetime.js";
import { LinkPanel } from "../panel/link_panel.js";
import { server_now } from "../panel/site_call.js";
import { confirm, open_dialog } from "./dialogs.js";
import { alert, request } from "./site.js";
import { button, show_failure } from "./tables.js";
import { unlink_question } from "./words.js";

const CLOSE_AFTER_SECONDS = 2;

/**
 * `number` is the expected one. `connect_first`: the session is connected, and the dialog says so, before the first code is asked for. `rights` of the
 * person in the session.
 */
export class QRDialog {
	constructor({ session, title, number, rights = [], connect_first = false, on_close }) {
		Object.assign(this, { session, title, number, rights, connect_first, on_close });
		this.lifetime = new Lifetime();
	}

	show() {
		this.dialog = open_dialog({
			title: __("Link a phone to {0}", [this.title]),
			size: "large",
			on_hide: () => this.close(),
		});
		this.panel = this.make_panel(this.dialog.body);
		this.lifetime.listen(frappe.realtime, "whatsapp_session_update", (update) => {
			if (update.session === this.session) this.panel.nudge();
		});
		this.start();
		return this;
	}

	make_panel(container) {
		return new LinkPanel({
			container,
			translate: __,
			title: this.title,
			number: this.number,
			now: server_now,
			fetch_qr: () => this.ask("xappiens_whatsapp.api.session.get_qr_code"),
			fetch_status: () =>
				this.ask("xappiens_whatsapp.api.session.get_session_status").then(({ data }) => ({
					status: data.status_frappe,
					phone_number: data.phoneNumber,
					instead_of: data.wrong_phone && data.expected_number,
					reason: data.reason,
				})),
			renew: () => this.connect(),
			fetch_code: (phone_number) =>
				this.ask("xappiens_whatsapp.api.session.get_pairing_code", { phone_number }),
			copy: async (text) => frappe.utils.copy_to_clipboard(text),
			on_connected: (linked) => this.finish(linked),
		});
	}

	finish({ phone_number, instead_of }) {
		if (!instead_of) this.lifetime.after("close", CLOSE_AFTER_SECONDS, () => this.dialog.hide());
		else if (this.rights.includes("disconnect")) this.offer_choice(phone_number);
	}

	offer_choice(phone_number) {
		const choices = element("div", { class: "whatsapp-link-actions" });
		const choice = (label, action, type) =>
			button(label, () => action(phone_number).catch((error) => show_failure(choices, error)), type);
		choices.append(
			choice(__("Unlink It"), (number) => this.unlink(number), "primary"),
			choice(__("Keep This Phone"), (number) => this.keep(number))
		);
		this.dialog.body.querySelector(".whatsapp-qr .whatsapp-qr-side").append(choices);
	}

	async keep(phone_number) {
		const { message } = await this.ask("xappiens_whatsapp.api.phone.keep_phone", { phone_number });
		alert(message);
		this.dialog.hide();
	}

	/** The next code comes in the same dialog. */
	async unlink(phone_number) {
		if (!(await confirm(...unlink_question({ session_name: this.title })))) return;
		const { message } = await this.ask("xappiens_whatsapp.api.phone.unlink_phone", { phone_number });
		alert(message);
		if (this.is_closed) return;
		this.dialog.body.replaceChildren();
		this.dialog.$wrapper[0].focus();
		this.panel = this.make_panel(this.dialog.body);
		await this.panel.start();
	}

	start() {
		if (!this.connect_first) return this.panel.start();
		this.panel.qr.show("loading", __("Connecting the session first; the code comes next."));
		return this.panel.start(() => this.connect());
	}

	/** For the server this also means: offer a new code. */
	connect() {
		return this.ask("xappiens_whatsapp.api.session.connect_session");
	}

	ask(method, args = {}) {
		return request(method, { session_id: this.session, ...args });
	}

	close() {
		this.is_closed = true;
		this.lifetime.release();
		this.panel.stop();
		return this.on_close();
	}
}
