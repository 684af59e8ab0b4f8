// Dialogs, messages, alerts, freezing, and the frame of a page.
(() => {
	const { strict, element, wrapped, html, not_provided } = devsite;
	const open_dialogs = [];
	const clone = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

	class Dialog {
		set_title = (title) => this.find(".modal-title").replaceChildren(html(title));

		constructor(options) {
			if (options.fields) not_provided("frappe.ui.Dialog with fields");
			Object.assign(this, options);
			this.modal = clone("modal-template");
			this.find = (selector) => this.modal.querySelector(selector);
			this.body = this.find(".modal-body > div");
			this.$wrapper = wrapped(this.modal);
			this.find(".modal-dialog").classList.toggle("modal-lg", this.size === "large");
			this.set_title(this.title || "");
			this.modal.onclick = ({ target }) => void (target.matches(".modal, .btn-modal-close") && this.hide());
			this.modal.onkeydown = ({ key }) => void (key === "Escape" && this.hide());
			this.set_button("secondary", this.secondary_action_label, this.secondary_action);
			this.set_button("primary", this.primary_action_label, this.primary_action);
		}

		set_button(name, label, action) {
			if (!action) return;
			const button = this.find(`.btn-modal-${name}`);
			button.classList.remove("hide");
			button.append(html(label));
			button.onclick = () => {
				this.primary_action_fulfilled = name === "primary";
				action({});
			};
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
	const msgprint = ({ title = __("Message"), message, indicator, alert }) => {
		if (alert) return show_alert({ message, indicator });
		if (!message_dialog) {
			message_dialog = new Dialog({ onhide: () => message_dialog.body.firstChild.replaceChildren() });
			message_dialog.body.append(element("div", { class: "msgprint" }));
		}
		const area = message_dialog.body.firstChild;
		if (area.childNodes.length) area.append(element("hr"));
		else message_dialog.set_title(title);
		area.append(html(message || ""));
		return message_dialog.show();
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
		dialog.body.append(html(`<p class="frappe-confirm-message">${message}</p>`));
		return dialog.show();
	};

	const show_alert = ({ message, indicator = "blue" }, seconds = 7) => {
		const alert = element("div", { class: `alert desk-alert ${indicator}`, role: "alert" });
		alert.append(html(`<div class="alert-message">${message}</div>`));
		document.getElementById("alert-container").append(alert);
		setTimeout(() => alert.remove(), seconds * 1000);
	};

	/** Head with title, buttons and menus; body below. */
	class Page {
		add_menu_item = (label, action) => this.add_item(".menu-btn-group", label, action);
		add_actions_menu_item = (label, action) => this.add_item(".actions-btn-group", label, action);
		clear_primary_action = () => this.primary.classList.add("hide");
		inner_button = (label) => this.find(`.custom-actions [data-label="${encodeURIComponent(label)}"]`);

		constructor() {
			this.root = clone("page-template");
			this.find = (selector) => this.root.querySelector(selector);
			this.wrapper = wrapped(this.root);
			this.body = this.find(".page-body");
			this.title = this.find(".title-text");
			this.primary = this.find(".primary-action");
			this.find(".menu-btn-group button").setAttribute("aria-label", __("Menu"));
			this.find(".actions-btn-group button").textContent = __("Actions");
			for (const list of this.root.querySelectorAll(".dropdown-menu")) {
				list.parentNode.onclick = () => list.classList.toggle("show");
			}
		}

		/** As in Frappe, one label can be there twice. */
		add_item(group, label, action) {
			const list = this.find(`${group} ul`);
			const text = element("span", { class: "menu-item-label" }, label);
			const link = element("a", { class: "grey-link dropdown-item", href: "#" }, text);
			link.onclick = (event) => {
				event.preventDefault();
				action();
			};
			list.append(element("li", {}, link));
		}

		set_primary_action(label, action) {
			this.primary.classList.remove("hide");
			this.primary.textContent = label;
			this.primary.onclick = () => action();
		}

		add_inner_button(label, action) {
			if (this.inner_button(label)) return;
			const button = element("button", { class: "btn btn-default ellipsis" }, label);
			button.dataset.label = encodeURIComponent(label);
			button.onclick = () => action();
			this.find(".custom-actions").append(button);
		}

		clear() {
			this.find(".custom-actions").replaceChildren();
			this.find(".menu-btn-group ul").replaceChildren();
			this.clear_primary_action();
		}

		set_indicator(label, color) {
			this.find(".indicator-pill").className = `indicator-pill ${color}`;
			this.find(".indicator-pill").textContent = label;
		}
	}

	devsite.make_page = () => strict("page", new Page());
	devsite.close_dialogs = () => [...open_dialogs].forEach((dialog) => dialog.hide());
	Object.assign(frappe, { confirm, msgprint, show_alert });
	frappe.ui.Dialog = Dialog;
})();
