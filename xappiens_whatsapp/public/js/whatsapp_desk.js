// What the form scripts of this app share: requests with typed errors, freezing a form, dialogs.
frappe.provide("xappiens_whatsapp");

(() => {
	const whatsapp = xappiens_whatsapp;
	const { element } = whatsapp;
	let clock_offset = 0;

	whatsapp.escape = (text) => frappe.utils.escape_html(text);
	whatsapp.is_manager = () => frappe.user.has_role(["System Manager", "WhatsApp Manager"]);
	whatsapp.server_now = () => Date.now() + clock_offset;
	whatsapp.phone = (number) => (number ? `+${String(number).replace(/^\+/, "")}` : "");

	/** Unlike frappe.call it opens no popup of its own for 404, 502 or 504: the caller shows the one message. */
	whatsapp.request = async (method, args = {}) => {
		const response = await fetch(`/api/method/${method}`, {
			method: "POST",
			headers: {
				Accept: "application/json",
				"Content-Type": "application/json",
				"X-Frappe-CSRF-Token": frappe.csrf_token,
			},
			body: JSON.stringify(args),
		}).catch(() => {
			throw failure("SiteUnreachable", __("This site did not answer. Check your connection."));
		});
		note_clock(response.headers.get("Date"));
		const body = await response.json().catch(() => ({}));
		if (response.ok) return body.message;
		throw failure(body.exc_type, words_of(body, response.status), body);
	};

	const note_clock = (date) => {
		const offset = date ? Date.parse(date) - Date.now() : 0;
		clock_offset = Math.abs(offset) > 2000 ? offset : 0;
	};

	const failure = (exc_type, message, { error_code, retry_after } = {}) =>
		Object.assign(new Error(message), { exc_type, error_code, retry_after });

	const words_of = (body, http_status) => {
		const parsed = JSON.parse(body._server_messages || "[]");
		const messages = parsed.map((message) => JSON.parse(message).message);
		const words = messages.map(text_only).filter(Boolean).join(" ");
		const fallback = __("The site answered with the error {0}. Try again, or tell your administrator.", [
			http_status,
		]);
		return words || fallback;
	};

	const text_only = (html) =>
		new DOMParser().parseFromString(html || "", "text/html").body.textContent.trim();

	/** Runs an action while the form, and nothing else, waits behind a sentence; a failure becomes one message. */
	whatsapp.run = async (frm, sentence, action) => {
		const opener = document.activeElement;
		const thaw = freeze(frm.wrapper, sentence);
		try {
			return await action();
		} catch (error) {
			if (!("exc_type" in error)) throw error;
			tell(error, opener);
			return null;
		} finally {
			thaw();
		}
	};

	const tell = (error, opener) => {
		const title = __("That did not work");
		const message = whatsapp.escape(error.message);
		const dialog = frappe.msgprint({ title, indicator: "red", message });
		dialog.$wrapper.one("hidden.bs.modal", () => whatsapp.give_focus_back(opener));
	};

	whatsapp.is_frozen = (frm) => frm.wrapper.classList.contains("whatsapp-frozen");

	const freeze = (wrapper, sentence) => {
		const cover = element("div", { class: "whatsapp-freeze", role: "status" }, element("p", {}, sentence));
		const parts = [...wrapper.children];
		parts.forEach((part) => (part.inert = true));
		wrapper.classList.add("whatsapp-frozen");
		wrapper.append(cover);
		return () => {
			parts.forEach((part) => (part.inert = false));
			wrapper.classList.remove("whatsapp-frozen");
			cover.remove();
		};
	};

	const followed = new WeakMap();

	/** Calls back when the session on the form changes; one form serves every session, until its page is left. */
	whatsapp.follow_sessions = (frm, on_update) => {
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
		const lifetime = new whatsapp.Lifetime();
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
	whatsapp.name_fields = (frm) => {
		for (const control of frm.wrapper.querySelectorAll(".frappe-control")) {
			const label = control.querySelector(".control-label");
			const inputs = control.querySelectorAll("input:not([type=checkbox]), textarea, select");
			const nameless = [...inputs].filter((input) => label && !input.labels.length);
			nameless.forEach((input) => input.setAttribute("aria-label", label.textContent.trim()));
		}
	};

	const announced = new WeakMap();

	/** What changes in a banner while a person is on the form is read out as well. */
	whatsapp.announce = (frm, text) => {
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

	/** `lines` are plain sentences. Resolves to true when confirmed. */
	whatsapp.confirm = (question, lines) =>
		new Promise((resolve) => {
			const opener = document.activeElement;
			const items = lines.map((line) => `<li>${whatsapp.escape(line)}</li>`).join("");
			const html = `<span>${whatsapp.escape(question)}</span><ul>${items}</ul>`;
			const dialog = frappe.confirm(html, () => resolve(true), () => resolve(false));
			const lifetime = new whatsapp.Lifetime();
			enclose(dialog, opener, lifetime, () => lifetime.release());
		});

	/** The desk offers some menu items to everyone; this one is not for this person. */
	whatsapp.hide_menu_item = (frm, label) => {
		const labels = [...frm.wrapper.querySelectorAll(".menu-item-label")];
		labels
			.filter((item) => item.textContent.trim() === label)
			.forEach((item) => item.closest("li").classList.add("hide"));
	};

	whatsapp.alert = (text, indicator = "green") =>
		text && frappe.show_alert({ message: whatsapp.escape(text), indicator }, 7);

	/** A dialog that keeps the focus inside, gives it back, and leaves nothing behind. */
	whatsapp.open_dialog = ({ title, on_hide, ...options }) => {
		const lifetime = new whatsapp.Lifetime();
		const opener = document.activeElement;
		let closing = null;
		const dialog = new frappe.ui.Dialog({
			title: whatsapp.escape(title),
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

	/** `closed` may resolve later; only then the focus goes back, unless the person went to another page. */
	const enclose = (dialog, opener, lifetime, closed) => {
		const modal = dialog.body.closest(".modal");
		const path = location.pathname;
		describe(modal);
		lifetime.listen(modal, "keydown", (event) => trap_focus(modal, event));
		dialog.$wrapper.on("hidden.bs.modal", async () => {
			modal.remove();
			await closed();
			if (location.pathname === path) whatsapp.give_focus_back(opener);
		});
	};

	let kept = null;
	document.addEventListener("pointerdown", () => (kept = null), true); // who uses a mouse takes the focus along

	/** Before the buttons are redrawn; `return_focus` after. */
	whatsapp.keep_focus = () => {
		const { activeElement, body } = document;
		if (activeElement !== body && !activeElement.closest(".modal")) keep(activeElement);
	};

	const keep = (opener) => (kept = { opener, path: location.pathname });

	/** Not on another form than the one that it was lost on. */
	whatsapp.return_focus = () => {
		if (kept && kept.path === location.pathname) whatsapp.give_focus_back(kept.opener);
	};

	/**
	 * If it was lost. Where `opener` was redrawn, to the button of the same name, else to the one that leads; so too
	 * where it was Create Session on a new form, which has become Save.
	 */
	whatsapp.give_focus_back = (opener) => {
		const { activeElement, body } = document;
		keep(opener);
		if (activeElement !== body && activeElement.getClientRects().length) return;
		const all = [...document.querySelectorAll(".page-head .custom-actions button")];
		const buttons = all.filter((button) => button.offsetParent);
		const still_there = opener.isConnected && !opener.matches("body, .primary-action") && opener;
		const same = buttons.find((button) => opener.dataset.label && button.dataset.label === opener.dataset.label);
		const leading = buttons.find((button) => button.classList.contains("btn-primary"));
		const next = still_there || same || leading;
		if (next) next.focus({ preventScroll: true });
	};

	const describe = (modal) => {
		const title = modal.querySelector(".modal-title");
		title.id = title.id || `whatsapp-dialog-${Date.now()}`;
		modal.setAttribute("role", "dialog");
		modal.setAttribute("aria-modal", "true");
		modal.setAttribute("aria-labelledby", title.id);
		modal.querySelector(".btn-modal-close").setAttribute("aria-label", __("Close"));
	};

	const trap_focus = (modal, event) => {
		if (event.key !== "Tab") return;
		const stops = [...modal.querySelectorAll("button, a[href], input, select, textarea")].filter(
			(stop) => !stop.disabled && stop.offsetParent
		);
		const [first, last] = [stops[0], stops[stops.length - 1]];
		const leaving = event.shiftKey ? [first, modal] : [last];
		if (!leaving.includes(document.activeElement)) return;
		event.preventDefault();
		(event.shiftKey ? last : first).focus();
	};

	whatsapp.table = (headings, rows) => {
		const head = element("tr", {}, ...headings.map((text) => element("th", { scope: "col" }, text)));
		return element(
			"table",
			{ class: "table table-bordered whatsapp-table" },
			element("thead", {}, head),
			element("tbody", {}, ...rows)
		);
	};

	whatsapp.row = (...cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, cell)));

	/** A button of a dialog that is off while its action runs. */
	whatsapp.button = (label, action, type = "default") => {
		const button = element("button", { type: "button", class: `btn btn-${type} btn-xs` }, label);
		button.onclick = async () => {
			button.disabled = true;
			await action().finally(() => (button.disabled = false));
		};
		return button;
	};
})();
