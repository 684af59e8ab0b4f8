// The fields of a form, the rows of a list, the bar above.
(() => {
	const { boot, strict, element, html, not_provided } = devsite;

	devsite.indicator_of = (doc, doctype) => {
		const { get_indicator } = frappe.listview_settings[doctype] || {};
		if (get_indicator && doc.status) return get_indicator(doc);
		if (!("enabled" in doc)) return ["", "hide"];
		return doc.enabled ? [__("Enabled"), "blue"] : [__("Disabled"), "grey"];
	};

	const is_shown = (df, doc) => {
		const condition = (df.depends_on || "eval:true").replace(/^eval:/, "");
		return !df.hidden && Boolean(new Function("doc", `return ${condition}`)(doc));
	};

	const display = ({ fieldtype }, value) => {
		if (fieldtype === "Datetime") return frappe.format(value, { fieldtype });
		return fieldtype === "Select" ? __(value || "") : String(value === null || value === undefined ? "" : value);
	};

	const input_for = (df, value, changed) => {
		const tag = { Select: "select", "Small Text": "textarea" }[df.fieldtype] || "input";
		const is_check = df.fieldtype === "Check";
		const input = element(tag, { "data-fieldname": df.fieldname, class: is_check ? "" : "form-control" });
		const options = df.fieldtype === "Select" ? df.options.split("\n") : [];
		input.append(...options.map((option) => element("option", { value: option }, __(option))));
		if (tag === "input") input.type = { Check: "checkbox", Password: "password" }[df.fieldtype] || "text";
		if (is_check) input.checked = Boolean(Number(value));
		else input.value = value || "";
		input.oninput = () => changed(is_check ? Number(input.checked) : input.value);
		return input;
	};

	const small_button = (label, onclick) =>
		Object.assign(element("button", { type: "button", class: "btn btn-xs" }, label), { onclick });

	const grid = (frm, df) => {
		const columns = boot.doctypes[df.options].fields;
		const rows = frm.doc[df.fieldname] || [];
		const area = element("div", { class: "form-grid" });
		const change = (changed) => {
			frm.set_field(df.fieldname, changed);
			area.replaceWith(grid(frm, df));
		};
		for (const row of rows) {
			const inputs = columns.map((column) =>
				input_for(column, row[column.fieldname], (value) => {
					row[column.fieldname] = value;
					frm.set_field(df.fieldname, rows);
				})
			);
			const remove = small_button(__("Delete"), () => change(rows.filter((kept) => kept !== row)));
			area.append(element("div", { class: "grid-row" }, ...inputs, remove));
		}
		const defaults = Object.fromEntries(columns.map((column) => [column.fieldname, column.default || ""]));
		const add = () => change([...rows, { doctype: df.options, ...defaults }]);
		if (frm.meta.perm.write) area.append(small_button(__("Add Row"), add));
		return area;
	};

	const control = (frm, df) => {
		if (df.fieldtype === "HTML") return element("div", { class: "frappe-control", "data-fieldname": df.fieldname });
		const value = frm.doc[df.fieldname];
		const attributes = { class: `control-label ${df.reqd ? "reqd" : ""}`, for: df.fieldname };
		const label = element("label", attributes, __(df.label));
		const holder = element("div", { class: "frappe-control", "data-fieldname": df.fieldname }, label);
		const read_only = df.read_only || !frm.meta.perm.write || (df.set_only_once && !frm.is_new());
		if (df.fieldtype === "Table") holder.append(grid(frm, df));
		else if (read_only && df.fieldtype !== "Check") {
			holder.append(element("div", { class: "control-value like-disabled-input" }, display(df, value)));
		} else {
			const input = input_for(df, value, (changed) => frm.set_field(df.fieldname, changed));
			Object.assign(input, { disabled: Boolean(read_only), id: df.fieldname });
			holder.append(input);
		}
		if (df.description) holder.append(element("p", { class: "help-box" }, __(df.description)));
		return holder;
	};

	devsite.render_fields = (frm) => {
		const fields = [{ fieldtype: "Section Break" }, ...frm.meta.fields];
		const parts = [];
		let section, column;
		for (const df of fields) {
			if (df.fieldtype === "Section Break") section = element("div", { class: "form-section" });
			if (df.fieldtype.endsWith("Break")) section.append((column = element("div", { class: "form-column" })));
			else if (is_shown(df, frm.doc)) column.append(control(frm, df));
			if (df.fieldtype !== "Section Break" || !is_shown(df, frm.doc)) continue;
			parts.push(element("h5", { class: "section-head" }, __(df.label || "")), section);
		}
		return parts;
	};

	class List {
		show = () => this.refresh();

		constructor(meta) {
			Object.assign(this, { meta, doctype: meta.name, page: devsite.make_page() });
			new Function(meta.__list_js)();
			this.settings = { add_fields: [], formatters: {}, ...frappe.listview_settings[meta.name] };
			const shown_anyway = [meta.title_field, "status"];
			this.columns = meta.fields.filter((df) => df.in_list_view && !shown_anyway.includes(df.fieldname));
			this.result = element("div", { class: "result" });
			this.page.body.append(this.result);
			this.page.title.textContent = __(meta.name);
			const label = __("Add {0}", [__(meta.name)]);
			if (meta.perm.create) this.page.set_primary_action(label, () => frappe.new_doc(meta.name));
			this.settings.onload(strict("listview", this));
		}

		async refresh() {
			const columns = this.columns.map((df) => df.fieldname);
			const fields = JSON.stringify(["name", this.meta.title_field, ...this.settings.add_fields, ...columns]);
			const args = { doctype: this.doctype, fields, order_by: "modified desc", limit_page_length: 100 };
			const { message } = await frappe.call({ method: "frappe.client.get_list", type: "GET", args });
			const empty = element("p", { class: "no-result" }, __("No {0} found", [__(this.doctype)]));
			this.result.replaceChildren(...(message.length ? message.map((doc) => this.row(doc)) : [empty]));
			this.toggle_actions();
		}

		row(doc) {
			const check = element("input", { type: "checkbox", class: "list-row-checkbox", "aria-label": doc.name });
			check.dataset.name = doc.name;
			check.onchange = () => this.toggle_actions();
			const link = element("a", { href: "#", "data-name": doc.name }, doc[this.meta.title_field] || doc.name);
			link.onclick = (event) => {
				event.preventDefault();
				frappe.set_route("Form", this.doctype, doc.name);
			};
			const [label, color] = devsite.indicator_of(doc, this.doctype);
			const pill = element("span", { class: `indicator-pill ${color}` }, label);
			const subject = element("div", { class: "list-subject" }, link);
			const cells = this.columns.map((df) => element("div", { class: "list-row-col" }, this.cell(df, doc)));
			const row = element("div", { class: "list-row" }, check, subject, pill, ...cells);
			return element("div", { class: "list-row-container" }, row);
		}

		cell(df, doc) {
			const formatter = this.settings.formatters[df.fieldname];
			const value = doc[df.fieldname];
			return formatter ? html(formatter(value, df, doc)) : display(df, value);
		}

		get_checked_items(only_names) {
			if (!only_names) not_provided("listview.get_checked_items() with documents");
			return [...this.result.querySelectorAll(":checked")].map((check) => check.dataset.name);
		}

		toggle_actions() {
			this.page.find(".actions-btn-group").classList.toggle("hide", !this.get_checked_items(true).length);
		}
	}
	devsite.make_list = (meta) => new List(meta);

	devsite.set_up_navbar = () => {
		const root = document.documentElement;
		const part = (name) => document.querySelector(`#navbar .${name}`);
		const set_theme = (theme) => (root.dataset.theme = localStorage.devsite_theme = theme);
		set_theme(localStorage.devsite_theme || "light");
		for (const child of document.getElementById("navbar").children) child.textContent = __(child.textContent);
		part("full-name").textContent = boot.full_name;
		part("theme").onclick = () => set_theme(root.dataset.theme === "dark" ? "light" : "dark");
		part("leave").onclick = () => frappe.call({ method: "logout" }).then(() => location.assign("/login"));
	};
})();
