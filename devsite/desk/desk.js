// Routes, forms and realtime.
(() => {
	const { boot, strict, element, wrapped, html } = devsite;
	const handlers = {};
	const pages = new Map();
	let shown = null;

	const meta_of = (doctype) => {
		if (!boot.doctypes[doctype]) throw new Error(`${doctype} is not there, or you may not read it`);
		return boot.doctypes[doctype];
	};

	frappe.ui.form.on = (doctype, events) => {
		handlers[doctype] = (handlers[doctype] || []).concat(events);
	};

	/** Server-sent events; as in Frappe the form subscribes to its own document. */
	const listeners = {};
	const realtime = strict("frappe.realtime", {
		on: (event, handler) => (listeners[event] = (listeners[event] || []).concat(handler)),
		off: (event, handler) => (listeners[event] = (listeners[event] || []).filter((known) => known !== handler)),
		subscribe_to(room) {
			if (realtime.source) realtime.source.close();
			realtime.source = new EventSource(`/devsite/events?${new URLSearchParams({ room })}`);
			realtime.source.onmessage = ({ data }) => {
				const { event, message } = JSON.parse(data);
				(listeners[event] || []).forEach((handler) => handler(message));
			};
		},
		source: null,
	});

	class Form {
		is_new = () => Boolean(this.doc.__islocal);
		is_dirty = () => Boolean(this.doc.__unsaved);
		set_intro = (text, color = "blue") =>
			this.message.append(html(`<div class="form-message ${color}"><div>${text}</div></div>`));
		enable_save = () => this.disable_save(false, false);
		add_custom_button = (label, action) => this.page.add_inner_button(label, action);

		constructor(meta) {
			const page = devsite.make_page();
			Object.assign(this, { doctype: meta.name, meta, page, doc: null, docname: "", save_disabled: false });
			this.wrapper = this.page.root;
			this.$wrapper = wrapped(this.wrapper);
			this.message = element("div", { class: "form-message-container" });
			this.layout = element("div", { class: "form-layout" });
			this.page.body.append(this.message, this.layout);
			this.as_given = strict("frm", this);
			new Function(meta.__js)();
		}

		async show(name) {
			window.cur_frm = this.as_given;
			this.docname = name;
			this.doc = (locals[this.doctype] || {})[name] || (await this.load());
			return this.doc ? this.enter() : frappe.msgprint({ message: __("Not found") });
		}

		async enter() {
			if (!this.is_new()) realtime.subscribe_to(`doc:${this.doctype}/${this.docname}`);
			await this.trigger("before_load");
			await this.refresh();
		}

		async trigger(name) {
			for (const events of handlers[this.doctype]) if (events[name]) await events[name](this.as_given);
		}

		async load() {
			const args = { doctype: this.doctype, name: this.docname };
			return (await frappe.call({ method: "frappe.desk.form.load.getdoc", type: "GET", args })).docs[0];
		}

		async reload_doc() {
			this.doc = await this.load();
			return this.refresh();
		}

		async refresh() {
			this.page.clear();
			this.message.replaceChildren();
			const title = this.is_new() ? __("New {0}", [__(this.doctype)]) : this.doc[this.meta.title_field];
			this.page.title.textContent = title || __(this.docname);
			this.show_toolbar();
			this.layout.replaceChildren(...devsite.render_fields(this));
			await this.trigger("refresh");
		}

		show_toolbar() {
			const { write, delete: may_delete } = this.meta.perm;
			if (write && !this.save_disabled) this.page.set_primary_action(__("Save"), () => this.save());
			const indicator = devsite.indicator_of(this.doc, this.doctype);
			this.page.set_indicator(...(this.is_dirty() ? [__("Not Saved"), "orange"] : indicator));
			if (may_delete && !this.is_new() && !this.meta.issingle) {
				this.page.add_menu_item(__("Delete"), () => this.as_given.savetrash());
			}
		}

		async save() {
			const missing = this.meta.fields.filter((df) => df.reqd && !this.doc[df.fieldname]);
			if (missing.length) {
				const message = missing.map((df) => __(df.label)).join("<br>");
				frappe.msgprint({ title: __("Missing Fields"), message });
				return new Promise(() => {}); // as in Frappe it never settles
			}
			const args = { doc: JSON.stringify(this.doc), action: "Save" };
			const answer = await frappe.call({ method: "frappe.desk.form.save.savedocs", args }).catch(() => null);
			if (!answer) return null;
			const was_new = this.is_new();
			frappe.model.clear_doc(this.doctype, this.docname);
			[this.doc] = answer.docs;
			this.docname = this.doc.name;
			if (was_new) history.replaceState(null, "", path_of(["Form", this.doctype, this.docname]));
			return was_new ? this.enter() : this.refresh();
		}

		set_field(fieldname, value) {
			Object.assign(this.doc, { [fieldname]: value, __unsaved: 1 });
			this.page.set_indicator(__("Not Saved"), "orange");
		}

		disable_save(_set_dirty, disabled = true) {
			this.save_disabled = disabled;
			this.page.clear_primary_action();
			if (!disabled) this.show_toolbar();
		}

		change_custom_button_type(label, group, type) {
			const button = this.page.inner_button(label);
			if (button) button.className = `btn btn-${type} ellipsis`;
		}
	}

	const get_route = () => {
		const path = location.pathname.slice(boot.app_route.length + 1);
		const [slug, name] = path.split("/").map(decodeURIComponent);
		const wanted = slug || "whatsapp-session";
		const doctype = Object.keys(boot.doctypes).find((known) => boot.doctypes[known].slug === wanted);
		if (!doctype) return [slug];
		if (meta_of(doctype).issingle) return ["Form", doctype, doctype];
		return name ? ["Form", doctype, name] : ["List", doctype, "List"];
	};

	const path_of = ([view, doctype, name]) => {
		const path = `${boot.app_route}/${meta_of(doctype).slug}`;
		return view === "List" || meta_of(doctype).issingle ? path : `${path}/${encodeURIComponent(name)}`;
	};

	const no_page = () => {
		const page = devsite.make_page();
		page.title.textContent = __("Not found");
		page.body.append(__("The development site has no such page, or you may not read it."));
		return { page, show: () => page.find(".menu-btn-group").classList.add("hide") };
	};

	const make_view = ([view, doctype]) => {
		if (!doctype) return no_page();
		return view === "List" ? devsite.make_list(meta_of(doctype)) : new Form(meta_of(doctype));
	};

	const show_route = () => {
		const route = get_route();
		devsite.close_dialogs();
		if (route[2] === "new") return frappe.new_doc(route[1]);
		const key = route.slice(0, 2).join();
		if (!pages.has(key)) pages.set(key, make_view(route));
		const previous = shown;
		shown = pages.get(key);
		document.getElementById("body").replaceChildren(shown.page.root);
		if (previous && previous !== shown) previous.page.root.dispatchEvent(new CustomEvent("hide"));
		window.cur_frm = null;
		return shown.show(route[2]);
	};

	const new_doc = (doctype) => {
		const { slug, fields } = meta_of(doctype);
		const doc = { doctype, name: `new-${slug}-${Date.now().toString(36)}`, __islocal: 1, __unsaved: 1 };
		fields.filter((df) => df.default).forEach((df) => (doc[df.fieldname] = df.default));
		locals[doctype] = { ...locals[doctype], [doc.name]: doc };
		return frappe.set_route("Form", doctype, doc.name);
	};

	const set_route = (...route) => {
		const path = path_of(route.flat());
		if (path === location.pathname) return Promise.resolve();
		history.pushState(null, "", path);
		return show_route();
	};

	Object.assign(frappe, { get_route, new_doc, realtime, set_route });
	devsite.set_up_navbar();
	window.onpopstate = show_route;
	show_route();
})();
