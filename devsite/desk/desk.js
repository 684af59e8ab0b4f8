// Routes, forms, lists and realtime.
(() => {
	const { boot, strict, element, wrapped } = devsite;
	const handlers = {};
	const pages = new Map();
	const ran = new Set();
	let shown = null;

	const meta_of = (doctype) => {
		if (!boot.doctypes[doctype]) throw new Error(`${doctype} is not there, or you may not read it`);
		return boot.doctypes[doctype];
	};
	const run_once = (key, script) => {
		if (!ran.has(key) && script) new Function(script)();
		ran.add(key);
	};

	frappe.ui.form.on = (doctype, events) => {
		handlers[doctype] = (handlers[doctype] || []).concat(events);
	};

	/** Server-sent events for the documents that are open, as Frappe's rooms. */
	const realtime = {
		listeners: {},
		on: (event, handler) => (realtime.listeners[event] = (realtime.listeners[event] || []).concat(handler)),
		off: (event, handler) =>
			(realtime.listeners[event] = (realtime.listeners[event] || []).filter((known) => handler && known !== handler)),
		open(room) {
			if (realtime.source) realtime.source.close();
			realtime.source = new EventSource(`/devsite/events${room ? `?room=${encodeURIComponent(room)}` : ""}`);
			realtime.source.onmessage = ({ data }) => {
				const { event, message } = JSON.parse(data);
				(realtime.listeners[event] || []).forEach((handler) => handler(message));
			};
		},
	};
	frappe.realtime = strict("frappe.realtime", realtime);

	class Form {
		constructor(doctype) {
			Object.assign(this, { doctype, meta: meta_of(doctype), page: devsite.make_page(), save_disabled: false });
			this.wrapper = this.page.root;
			this.$wrapper = wrapped(this.wrapper);
			this.message = element("div", { class: "form-message-container hidden" });
			this.layout = element("div", { class: "form-layout" });
			this.page.body.append(this.message, this.layout);
			run_once(doctype, this.meta.__js);
		}

		async show(name) {
			window.cur_frm = this.proxy;
			this.docname = name;
			const local = (locals[this.doctype] || {})[name];
			this.doc = local || (await this.load(name));
			if (!this.doc) {
				frappe.msgprint({ title: __("Not found"), message: frappe.utils.escape_html(`${__(this.doctype)} ${name}`) });
				return;
			}
			realtime.open(local ? "" : `doc:${this.doctype}/${name}`);
			await this.refresh();
		}

		async load(name) {
			const answer = await frappe.call({ method: "frappe.desk.form.load.getdoc", type: "GET", args: { doctype: this.doctype, name } });
			return answer.docs[0];
		}

		async reload_doc() {
			this.doc = await this.load(this.docname);
			await this.refresh();
		}

		async refresh() {
			this.page.clear();
			this.clear_intro();
			this.page.title.textContent = this.is_new() ? __("New {0}", [__(this.doctype)]) : this.doc[this.meta.title_field] || this.docname;
			this.toolbar();
			this.layout.replaceChildren(...devsite.render_fields(this));
			await this.trigger("refresh");
			this.wrapper.setAttribute("data-refreshed", String(Number(this.wrapper.dataset.refreshed || 0) + 1));
		}

		toolbar() {
			if (this.meta.perm.write && !this.save_disabled) this.page.set_primary_action(__("Save"), () => this.save());
			const indicator = this.is_dirty() ? [__("Not Saved"), "orange"] : devsite.indicator_of(this.doc, this.doctype);
			this.page.set_indicator(...indicator);
			if (!this.is_new() && !this.meta.issingle && this.meta.perm.delete) {
				this.page.add_menu_item(__("Delete"), () => this.savetrash());
			}
		}

		async trigger(event) {
			for (const events of handlers[this.doctype] || []) if (events[event]) await events[event](this.proxy);
		}

		async save() {
			const missing = this.meta.fields.filter((df) => df.reqd && !this.doc[df.fieldname]).map((df) => __(df.label));
			if (missing.length) {
				frappe.msgprint({ title: __("Missing Fields"), indicator: "red", message: missing.map(frappe.utils.escape_html).join("<br>") });
				return new Promise(() => {}); // as Frappe: never settles
			}
			const args = { doc: JSON.stringify(this.doc), action: "Save" };
			const answer = await frappe.call({ method: "frappe.desk.form.save.savedocs", args }).catch(() => null);
			if (!answer) return;
			const was_new = this.is_new();
			if (was_new) delete locals[this.doctype][this.docname];
			this.doc = answer.docs[0];
			this.docname = this.doc.name;
			if (was_new) {
				history.replaceState(null, "", path_of(["Form", this.doctype, this.docname]));
				realtime.open(`doc:${this.doctype}/${this.docname}`);
			}
			await this.refresh();
		}

		set_field(fieldname, value) {
			this.doc[fieldname] = value;
			this.doc.__unsaved = 1;
			this.page.set_indicator(__("Not Saved"), "orange");
		}

		is_new() {
			return Boolean(this.doc.__islocal);
		}

		is_dirty() {
			return Boolean(this.doc.__unsaved || this.doc.__islocal);
		}

		disable_save() {
			this.save_disabled = true;
			this.page.clear_primary_action();
		}

		enable_save() {
			this.save_disabled = false;
			this.toolbar();
		}

		clear_intro() {
			this.message.replaceChildren();
			this.message.classList.add("hidden");
		}

		set_intro(html, color = "blue") {
			const text = element("div", { class: `form-message ${color}` });
			text.append(devsite.html_of(`<div>${html}</div>`));
			this.message.append(text);
			this.message.classList.remove("hidden");
		}

		add_custom_button(label, action) {
			this.page.add_inner_button(label, action);
		}

		change_custom_button_type(label, group, type) {
			const button = this.page.inner_toolbar.querySelector(`[data-label="${encodeURIComponent(label)}"]`);
			if (button) button.className = `btn btn-${type} ellipsis`;
		}

		savetrash() {
			throw new Error("frm.savetrash is not provided by the development site");
		}
	}

	const make_form = (doctype) => {
		const form = new Form(doctype);
		form.proxy = strict("frm", form);
		return form;
	};

	const ROUTES = { List: ([, doctype]) => devsite.make_list(meta_of(doctype), run_once), Form: ([, doctype]) => make_form(doctype) };

	const slug_to_doctype = (slug) => Object.keys(boot.doctypes).find((name) => boot.doctypes[name].slug === slug);
	const get_route = () => {
		const parts = location.pathname.slice(boot.app_route.length + 1).split("/").filter(Boolean).map(decodeURIComponent);
		const doctype = slug_to_doctype(parts[0] || "whatsapp-session");
		if (!doctype) return parts;
		if (meta_of(doctype).issingle) return ["Form", doctype, doctype];
		return parts[1] ? ["Form", doctype, parts[1]] : ["List", doctype, "List"];
	};
	const path_of = ([view, doctype, name]) => {
		const path = `${boot.app_route}/${meta_of(doctype).slug}`;
		return view === "List" || meta_of(doctype).issingle ? path : `${path}/${encodeURIComponent(name)}`;
	};

	const show_route = async () => {
		const route = get_route();
		devsite.close_dialogs();
		if (route[0] === "Form" && route[2] === "new") return frappe.new_doc(route[1]);
		const key = route.slice(0, 2).join("/");
		if (!ROUTES[route[0]]) throw new Error(`The route ${route.join("/")} is not provided by the development site`);
		if (!pages.has(key)) pages.set(key, ROUTES[route[0]](route));
		const next = pages.get(key);
		if (shown && shown !== next) {
			shown.page.root.remove();
			shown.page.root.dispatchEvent(new CustomEvent("hide"));
		}
		shown = next;
		window.cur_frm = null;
		document.getElementById("body").append(next.page.root);
		await next.show(route[2]);
	};

	Object.assign(frappe, {
		get_route,
		new_doc(doctype) {
			const name = `new-${meta_of(doctype).slug}-${Math.random().toString(36).slice(2, 10)}`;
			const doc = { doctype, name, __islocal: 1, __unsaved: 1, owner: boot.user };
			for (const df of meta_of(doctype).fields) if (df.default !== undefined) doc[df.fieldname] = df.fieldtype === "Check" ? Number(df.default) : df.default;
			(locals[doctype] = locals[doctype] || {})[name] = doc;
			return frappe.set_route("Form", doctype, name);
		},
		async set_route(...route) {
			const path = path_of(route.flat());
			if (path === location.pathname) return;
			history.pushState(null, "", path);
			await show_route();
		},
	});

	devsite.start = () => {
		window.onpopstate = show_route;
		devsite.make_navbar();
		return show_route();
	};
})();
