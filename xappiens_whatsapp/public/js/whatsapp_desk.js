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
		const thaw = freeze(frm.wrapper, sentence);
		try {
			return await action();
		} catch (error) {
			if (!("exc_type" in error)) throw error;
			frappe.msgprint({
				title: __("That did not work"),
				indicator: "red",
				message: whatsapp.escape(error.message),
			});
			return null;
		} finally {
			thaw();
		}
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
		if (followed.has(frm.wrapper)) return;
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

	/** `lines` are plain sentences. Resolves to true when confirmed. */
	whatsapp.confirm = (question, lines) =>
		new Promise((resolve) => {
			const items = lines.map((line) => `<li>${whatsapp.escape(line)}</li>`).join("");
			const html = `<span>${whatsapp.escape(question)}</span><ul>${items}</ul>`;
			frappe.confirm(html, () => resolve(true), () => resolve(false));
		});

	/** The desk offers some menu items to everyone; this one is not for this person. */
	whatsapp.hide_menu_item = (frm, label) => {
		const labels = [...frm.wrapper.querySelectorAll(".menu-item-label")];
		labels
			.filter((item) => item.textContent.trim() === label)
			.forEach((item) => item.closest("li").classList.add("hide"));
	};

	whatsapp.alert = (text, indicator = "green") =>
		frappe.show_alert({ message: whatsapp.escape(text), indicator }, 7);

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
		const modal = dialog.body.closest(".modal");
		describe(modal);
		lifetime.listen(modal, "keydown", (event) => keep_focus(modal, event));
		dialog.$wrapper.on("hidden.bs.modal", async () => {
			modal.remove();
			await closing;
			give_focus_back(opener);
		});
		dialog.show();
		return dialog;
	};

	/** Closing may redraw the buttons: then to the one of the same name, else to the one that leads. */
	const give_focus_back = (opener) => {
		if (opener.isConnected && opener !== document.body) return opener.focus();
		const buttons = [...document.querySelectorAll(".page-head button")].filter((button) => button.offsetParent);
		const same = buttons.find((button) => opener.dataset.label && button.dataset.label === opener.dataset.label);
		const leading = buttons.find((button) => button.classList.contains("btn-primary"));
		const next = same || leading;
		return next && next.focus();
	};

	const describe = (modal) => {
		const title = modal.querySelector(".modal-title");
		title.id = title.id || `whatsapp-dialog-${Date.now()}`;
		modal.setAttribute("role", "dialog");
		modal.setAttribute("aria-modal", "true");
		modal.setAttribute("aria-labelledby", title.id);
		modal.querySelector(".btn-modal-close").setAttribute("aria-label", __("Close"));
	};

	const keep_focus = (modal, event) => {
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
