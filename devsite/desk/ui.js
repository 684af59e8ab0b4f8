// Dialogs, messages, alerts, freezing, and the frame of a page.
(() => {
	const { strict, element, wrapped, html_of } = devsite;
	const open_dialogs = [];

	class Dialog {
		constructor(options) {
			Object.assign(this, options);
			if (options.fields) throw new Error("frappe.ui.Dialog fields are not provided by the development site");
			this.body = element("div");
			this.primary = element("button", { type: "button", class: "btn btn-primary btn-sm btn-modal-primary hide" });
			this.secondary = element("button", { type: "button", class: "btn btn-default btn-sm btn-modal-secondary hide" });
			this.modal = this.build();
			this.$wrapper = wrapped(this.modal);
			if (options.primary_action) this.set_primary_action(options.primary_action_label, options.primary_action);
			if (options.secondary_action) this.set_button(this.secondary, options.secondary_action_label, options.secondary_action);
		}

		build() {
			const title = element("h4", { class: "modal-title" });
			title.append(html_of(this.title || ""));
			const close = element("button", { type: "button", class: "btn btn-modal-close btn-link" }, "×");
			const sizes = { small: "modal-sm", large: "modal-lg", "extra-large": "modal-xl" };
			const content = element(
				"div",
				{ class: "modal-content" },
				element("div", { class: "modal-header" }, title, element("div", { class: "modal-actions" }, close)),
				element("div", { class: "modal-body" }, this.body),
				element("div", { class: "modal-footer" }, this.secondary, this.primary)
			);
			const frame = element("div", { class: `modal-dialog ${sizes[this.size] || ""}` }, content);
			const modal = element("div", { class: "modal fade", tabindex: "-1" }, frame);
			close.onclick = () => this.hide();
			modal.onmousedown = (event) => event.target === modal && this.hide();
			modal.onkeydown = (event) => event.key === "Escape" && this.hide();
			return modal;
		}

		set_button(button, label, action) {
			button.classList.remove("hide");
			button.replaceChildren(html_of(label));
			button.onclick = action;
		}

		set_primary_action(label, action) {
			this.set_button(this.primary, label, () => {
				this.primary_action_fulfilled = true;
				action.call(this, {});
			});
		}

		set_title(title) {
			this.modal.querySelector(".modal-title").replaceChildren(html_of(title));
		}

		show() {
			if (open_dialogs.includes(this)) return this;
			open_dialogs.push(this);
			document.body.append(this.modal);
			this.modal.classList.add("show");
			this.modal.focus();
			return this;
		}

		hide() {
			if (!open_dialogs.includes(this)) return;
			open_dialogs.splice(open_dialogs.indexOf(this), 1);
			this.modal.classList.remove("show");
			if (this.onhide) this.onhide();
			if (this.on_hide) this.on_hide();
			this.modal.dispatchEvent(new CustomEvent("hidden.bs.modal"));
		}
	}

	let message_dialog = null;
	const msgprint = (message) => {
		if (Array.isArray(message)) {
			const raised = message.filter((one) => one.raise_exception);
			(raised.length ? raised : message).forEach(msgprint);
			return;
		}
		const { title, message: text, indicator = "blue", alert } = typeof message === "string" ? { message } : message;
		if (alert) return show_alert({ message: text, indicator });
		if (!message_dialog) {
			message_dialog = new Dialog({ onhide: () => message_dialog.body.firstChild.replaceChildren() });
			message_dialog.body.append(element("div", { class: "msgprint" }));
		}
		const area = message_dialog.body.firstChild;
		if (area.childNodes.length) area.append(element("hr"));
		else message_dialog.set_title(`<span class="indicator ${indicator}"></span> ${title || __("Message")}`);
		area.append(html_of(text || ""));
		message_dialog.show();
	};

	const confirm = (message, yes, no) => {
		const dialog = new Dialog({
			title: __("Confirm"),
			primary_action_label: __("Yes"),
			primary_action: () => {
				yes();
				dialog.hide();
			},
			secondary_action_label: __("No"),
			secondary_action: () => dialog.hide(),
			onhide: () => !dialog.primary_action_fulfilled && no && no(),
		});
		dialog.body.append(html_of(`<p class="frappe-confirm-message">${message}</p>`));
		return dialog.show();
	};

	const show_alert = (message, seconds = 7) => {
		const { message: text, indicator = "blue" } = typeof message === "string" ? { message } : message;
		const words = element("div", { class: "alert-message" });
		words.append(html_of(text));
		const alert = element("div", { class: `alert desk-alert ${indicator}`, role: "alert" }, words);
		document.getElementById("alert-container").append(alert);
		setTimeout(() => alert.remove(), seconds * 1000);
	};

	const freeze = (message = "") => {
		const cover = element("div", { id: "freeze" }, element("p", { class: "lead" }));
		cover.firstChild.append(html_of(message));
		document.body.append(cover);
	};

	/** Head with title, buttons and menus; body below. */
	class Page {
		constructor() {
			const make = (tag, name) => element(tag, { class: name });
			this.title = make("h3", "title-text");
			this.indicator = make("span", "indicator-pill");
			this.inner_toolbar = make("div", "custom-actions");
			this.menu = this.dropdown("menu-btn-group", "⋯", __("Menu"));
			this.actions = this.dropdown("actions-btn-group hide", __("Actions"), __("Actions"));
			this.primary = element("button", { type: "button", class: "btn btn-primary btn-sm primary-action hide" });
			this.body = make("div", "page-body");
			const standard = element("div", { class: "standard-actions" }, this.menu.group, this.actions.group, this.primary);
			const head = element(
				"div",
				{ class: "page-head" },
				element("div", { class: "page-title" }, this.title, this.indicator),
				element("div", { class: "page-actions" }, this.inner_toolbar, standard)
			);
			this.root = element("div", { class: "content page-container" }, head, this.body);
			this.wrapper = wrapped(this.root);
		}

		dropdown(name, label, title) {
			const button = element("button", { type: "button", class: "btn btn-default btn-sm", "aria-label": title, "aria-expanded": "false" }, label);
			const list = element("ul", { class: "dropdown-menu" });
			const toggle = (open) => {
				list.classList.toggle("show", open);
				button.setAttribute("aria-expanded", String(list.classList.contains("show")));
			};
			button.onclick = () => toggle();
			list.onclick = () => toggle(false);
			return { group: element("div", { class: name }, button, list), list };
		}

		add_item({ list }, label, action) {
			const same = [...list.querySelectorAll(".menu-item-label")].find((item) => item.textContent === label);
			if (same) return;
			const link = element("a", { class: "grey-link dropdown-item", href: "#" }, element("span", { class: "menu-item-label" }, label));
			link.onclick = (event) => {
				event.preventDefault();
				action();
			};
			list.append(element("li", {}, link));
		}

		add_menu_item(label, action) {
			this.add_item(this.menu, label, action);
		}

		add_actions_menu_item(label, action) {
			this.add_item(this.actions, label, action);
		}

		set_primary_action(label, action) {
			this.primary.classList.remove("hide");
			this.primary.textContent = label;
			this.primary.setAttribute("data-label", label);
			this.primary.onclick = action;
		}

		clear_primary_action() {
			this.primary.classList.add("hide");
			this.primary.onclick = null;
		}

		add_inner_button(label, action) {
			const name = encodeURIComponent(label);
			if (this.inner_toolbar.querySelector(`[data-label="${name}"]`)) return;
			const button = element("button", { type: "button", class: "btn btn-default ellipsis", "data-label": name }, label);
			button.onclick = () => action();
			this.inner_toolbar.append(button);
		}

		clear() {
			this.inner_toolbar.replaceChildren();
			this.menu.list.replaceChildren();
			this.clear_primary_action();
		}

		set_indicator(label, color) {
			this.indicator.className = `indicator-pill ${color}`;
			this.indicator.textContent = label;
		}
	}

	devsite.make_page = () => strict("page", new Page());
	devsite.close_dialogs = () => [...open_dialogs].forEach((dialog) => dialog.hide());
	Object.assign(frappe, {
		confirm,
		dom: strict("frappe.dom", { freeze, unfreeze: () => document.getElementById("freeze")?.remove() }),
		msgprint,
		show_alert,
		throw: (message) => {
			msgprint({ title: __("Error"), indicator: "red", message });
			throw new Error(message);
		},
	});
	frappe.ui.Dialog = Dialog;
})();
