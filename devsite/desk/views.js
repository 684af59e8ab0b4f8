// The fields of a form, the rows of a list, the bar above.
(() => {
	const { boot, strict, element } = devsite;

	devsite.indicator_of = (doc, doctype) => {
		const { get_indicator } = frappe.listview_settings[doctype] || {};
		return get_indicator && doc.status ? get_indicator(doc) : ["", "hide"];
	};

	const is_shown = (df, doc) => {
		if (df.hidden) return false;
		return !df.depends_on || Boolean(new Function("doc", `return ${df.depends_on.replace(/^eval:/, "")}`)(doc));
	};

	const display = (df, value) => {
		if (df.fieldtype === "Datetime") return frappe.format(value, df);
		if (df.fieldtype === "Select") return __(value || "");
		return value === null || value === undefined ? "" : String(value);
	};

	const INPUTS = {
		Check: (df, value) => Object.assign(element("input", { type: "checkbox" }), { checked: Boolean(Number(value || 0)) }),
		Select: (df, value) => {
			const options = (df.options || "").split("\n").map((option) => element("option", { value: option }, __(option)));
			return Object.assign(element("select", { class: "form-control" }, ...options), { value: value || "" });
		},
		"Small Text": (df, value) => Object.assign(element("textarea", { class: "form-control" }), { value: value || "" }),
		Password: (df, value) => Object.assign(element("input", { class: "form-control", type: "password" }), { value: value || "" }),
	};
	const text_input = (df, value) => Object.assign(element("input", { class: "form-control" }), { value: display(df, value) });

	const input_for = (df, value, changed) => {
		const input = (INPUTS[df.fieldtype] || text_input)(df, value);
		input.dataset.fieldname = df.fieldname;
		const read = () => (df.fieldtype === "Check" ? Number(input.checked) : input.value);
		input.oninput = () => changed(read());
		return input;
	};

	const grid = (frm, df) => {
		const columns = boot.doctypes[df.options].fields.filter((column) => column.in_list_view);
		const rows = (frm.doc[df.fieldname] = frm.doc[df.fieldname] || []);
		const redraw = () => area.replaceChildren(...grid(frm, df).childNodes);
		const area = element("div", { class: "form-grid" });
		rows.forEach((row, index) => {
			const inputs = columns.map((column) =>
				input_for(column, row[column.fieldname], (value) => {
					row[column.fieldname] = value;
					frm.set_field(df.fieldname, rows);
				})
			);
			const remove = element("button", { type: "button", class: "btn btn-default btn-xs", "aria-label": __("Delete") }, "×");
			remove.onclick = () => {
				rows.splice(index, 1);
				frm.set_field(df.fieldname, rows);
				redraw();
			};
			area.append(element("div", { class: "grid-row" }, ...inputs, remove));
		});
		const add = element("button", { type: "button", class: "btn btn-default btn-xs grid-add-row" }, __("Add Row"));
		add.onclick = () => {
			const defaults = Object.fromEntries(columns.map((column) => [column.fieldname, column.default || ""]));
			rows.push({ doctype: df.options, __islocal: 1, idx: rows.length + 1, ...defaults });
			redraw();
		};
		if (frm.meta.perm.write) area.append(add);
		return area;
	};

	const control = (frm, df) => {
		const read_only = df.read_only || !frm.meta.perm.write || (df.set_only_once && !frm.is_new());
		const value = frm.doc[df.fieldname];
		const label = element("label", { class: `control-label ${df.reqd ? "reqd" : ""}` }, __(df.label || ""));
		const holder = element("div", { class: "frappe-control", "data-fieldname": df.fieldname, "data-fieldtype": df.fieldtype }, label);
		if (df.fieldtype === "Table") holder.append(grid(frm, df));
		else if (read_only && df.fieldtype !== "Check") {
			holder.append(element("div", { class: "control-value like-disabled-input" }, display(df, value)));
		} else {
			const input = input_for(df, value, (changed) => frm.set_field(df.fieldname, changed));
			input.disabled = Boolean(read_only);
			input.id = `input-${df.fieldname}`;
			label.htmlFor = input.id;
			holder.append(input);
		}
		if (df.description) holder.append(element("p", { class: "help-box" }, __(df.description)));
		return holder;
	};

	devsite.render_fields = (frm) => {
		let column = element("div", { class: "form-column" });
		let section = element("div", { class: "form-section" }, column);
		const sections = [section];
		let open = true;
		for (const df of frm.meta.fields) {
			if (df.fieldtype === "Section Break") {
				open = is_shown(df, frm.doc);
				column = element("div", { class: "form-column" });
				section = element("div", { class: "form-section" }, column);
				if (open) sections.push(element("h5", { class: "section-head" }, __(df.label || "")), section);
			} else if (df.fieldtype === "Column Break") {
				column = element("div", { class: "form-column" });
				section.append(column);
			} else if (open && is_shown(df, frm.doc)) column.append(control(frm, df));
		}
		return sections;
	};

	class List {
		constructor(meta, run_once) {
			Object.assign(this, { meta, doctype: meta.name, page: devsite.make_page() });
			run_once(`${meta.name} list`, meta.__list_js);
			this.settings = frappe.listview_settings[meta.name] || {};
			this.columns = meta.fields.filter((df) => df.in_list_view && df.fieldname !== meta.title_field && df.fieldname !== "status");
			this.result = element("div", { class: "result" });
			this.page.body.append(this.result);
			this.page.title.textContent = __(meta.name);
			if (meta.perm.create) this.page.set_primary_action(__("Add {0}", [__(meta.name)]), () => frappe.new_doc(meta.name));
			if (this.settings.onload) this.settings.onload(strict("listview", this));
		}

		show() {
			return this.refresh();
		}

		async refresh() {
			const fields = ["name", this.meta.title_field, ...(this.settings.add_fields || []), ...this.columns.map((df) => df.fieldname)];
			const args = { doctype: this.doctype, fields: JSON.stringify([...new Set(fields)]), order_by: "modified desc", limit_page_length: 100 };
			const { message } = await frappe.call({ method: "frappe.client.get_list", type: "GET", args });
			const empty = element("p", { class: "no-result" }, __("No {0} found", [__(this.doctype)]));
			this.result.replaceChildren(...(message.length ? message.map((doc) => this.row(doc)) : [empty]));
			this.toggle_actions();
		}

		row(doc) {
			const check = element("input", { type: "checkbox", class: "list-row-checkbox", "data-name": doc.name, "aria-label": doc.name });
			check.onchange = () => this.toggle_actions();
			const link = element("a", { href: `${boot.app_route}/${this.meta.slug}/${encodeURIComponent(doc.name)}`, "data-name": doc.name });
			link.textContent = doc[this.meta.title_field] || doc.name;
			link.onclick = (event) => {
				event.preventDefault();
				frappe.set_route("Form", this.doctype, doc.name);
			};
			const [label, color] = devsite.indicator_of(doc, this.doctype);
			const pill = element("span", { class: `indicator-pill ${color}` }, label);
			const cells = this.columns.map((df) => this.cell(df, doc));
			return element("div", { class: "list-row-container" }, element("div", { class: "list-row" }, check, element("div", { class: "list-subject" }, link), pill, ...cells));
		}

		cell(df, doc) {
			const cell = element("div", { class: "list-row-col" });
			const formatter = (this.settings.formatters || {})[df.fieldname];
			cell.append(formatter ? devsite.html_of(formatter(doc[df.fieldname], df, doc)) : display(df, doc[df.fieldname]));
			return cell;
		}

		get_checked_items(only_names) {
			if (!only_names) throw new Error("listview.get_checked_items() without true is not provided by the development site");
			return [...this.result.querySelectorAll(".list-row-checkbox:checked")].map((check) => check.dataset.name);
		}

		toggle_actions() {
			this.page.actions.group.classList.toggle("hide", !this.get_checked_items(true).length);
		}
	}
	devsite.make_list = (meta, run_once) => new List(meta, run_once);

	const set_theme = (theme) => {
		document.documentElement.dataset.theme = theme;
		localStorage.setItem("devsite_theme", theme);
	};

	devsite.make_navbar = () => {
		set_theme(localStorage.getItem("devsite_theme") || "light");
		const links = ["WhatsApp Session", "WhatsApp Settings"].filter((name) => boot.doctypes[name]).map((name) => {
			const link = element("a", { href: `${boot.app_route}/${boot.doctypes[name].slug}` }, __(name));
			link.onclick = (event) => {
				event.preventDefault();
				frappe.set_route(boot.doctypes[name].issingle ? "Form" : "List", name, name);
			};
			return link;
		});
		const theme = element("button", { type: "button", class: "btn btn-default btn-xs", id: "toggle-theme" }, __("Toggle Theme"));
		theme.onclick = () => set_theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
		const leave = element("button", { type: "button", class: "btn btn-default btn-xs" }, __("Log out"));
		leave.onclick = () => frappe.call({ method: "logout" }).then(() => (location.href = "/login"));
		const note = element("span", { class: "stand-in" }, __("Development stand-in, not Frappe"));
		document.getElementById("navbar").append(...links, note, element("span", {}, boot.full_name), theme, leave);
	};
})();
