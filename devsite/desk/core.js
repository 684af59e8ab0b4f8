// Development stand-in for the part of Frappe's desk that the app's scripts use. Where they differ, Frappe is right.
(() => {
	const boot = window.devsite_boot;
	const PASSED_THROUGH = ["then", "toJSON", "nodeType"];

	/** What is not provided fails and says its name. */
	const strict = (name, target) =>
		new Proxy(target, {
			get(object, key) {
				if (typeof key === "symbol" || key in object || PASSED_THROUGH.includes(key)) return object[key];
				throw new Error(`${name}.${key} is not provided by the development site`);
			},
		});

	const element = (tag, attributes = {}, ...children) => {
		const made = document.createElement(tag);
		for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
		made.append(...children);
		return made;
	};

	/** Of jQuery only the events, and [0]. */
	const wrapped = (node) =>
		strict("jQuery", {
			0: node,
			on: (event, handler) => node.addEventListener(event, handler),
			one: (event, handler) => node.addEventListener(event, handler, { once: true }),
			off: (event, handler) => node.removeEventListener(event, handler),
		});

	const html_of = (text) => {
		const template = document.createElement("template");
		template.innerHTML = text; // as Frappe does: whoever passes text to the desk escapes it
		return template.content;
	};

	window.__ = (text, replace = [], context = null) => {
		const translated = (context && boot.messages[`${text}:${context}`]) || boot.messages[text] || text;
		return String(translated).replace(/\{(\w+)\}/g, (whole, key) => (replace && key in replace ? replace[key] : whole));
	};

	const provide = (path) =>
		path.split(".").reduce((parent, key) => (parent[key] = key in parent ? parent[key] : {}), window);

	const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "`": "&#x60;", "=": "&#x3D;" };
	const escape_html = (text) => (text ? String(text).replace(/[&<>"'`=]/g, (char) => ENTITIES[char]) : "");

	const copy_to_clipboard = async (text) => {
		await navigator.clipboard.writeText(text);
		frappe.show_alert({ indicator: "green", message: __("Copied to clipboard.") });
	};

	const format = (value, df) => {
		if (df.fieldtype !== "Datetime") throw new Error(`frappe.format of ${df.fieldtype} is not provided by the development site`);
		const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+) ([\d:]+)/.exec(value || "") || [];
		return value ? `${day}-${month}-${year} ${time}` : "";
	};

	const request = async (method, url, args) => {
		const headers = { Accept: "application/json", "Content-Type": "application/json", "X-Frappe-CSRF-Token": boot.csrf_token };
		const body = method === "GET" ? undefined : JSON.stringify(args);
		const query = method === "GET" && args ? `?${new URLSearchParams(args)}` : "";
		const response = await fetch(url + query, { method, headers, body });
		const answer = await response.json().catch(() => ({}));
		if (response.status === 401 || answer.session_expired) window.location.href = "/login";
		return { ok: response.ok, answer };
	};

	const call = async (options) => {
		const { method, args = {}, type = "POST", freeze, freeze_message, callback, error } = options;
		if (freeze) frappe.dom.freeze(freeze_message);
		const result = await request(type, `/api/method/${method}`, args).finally(() => freeze && frappe.dom.unfreeze());
		const { ok, answer } = result;
		if (answer._server_messages) frappe.msgprint(JSON.parse(answer._server_messages).map((text) => JSON.parse(text)));
		else if (!ok) frappe.msgprint({ title: __("Server Error"), indicator: "red", message: escape_html(answer.exc_type) });
		if (ok && callback) callback(answer);
		if (!ok && error) error(answer);
		if (!ok) throw Object.assign(new Error(answer.exc_type), { answer });
		return answer;
	};

	window.devsite = { boot, strict, element, wrapped, html_of };
	window.locals = {};
	window.cur_frm = null;
	window.frappe = strict("frappe", {
		boot: strict("frappe.boot", { user: { name: boot.user }, lang: boot.language, sitename: boot.sitename }),
		call,
		csrf_token: boot.csrf_token,
		format,
		listview_settings: {},
		model: strict("frappe.model", {
			clear_doc: (doctype, name) => delete (locals[doctype] || {})[name],
		}),
		provide,
		session: strict("frappe.session", { user: boot.user, user_fullname: boot.full_name }),
		ui: strict("frappe.ui", { form: strict("frappe.ui.form", {}) }),
		user: strict("frappe.user", {
			has_role: (roles) => [].concat(roles).some((role) => boot.roles.includes(role)),
		}),
		utils: strict("frappe.utils", { escape_html, copy_to_clipboard }),
		xcall: (method, args) => call({ method, args }).then((answer) => answer.message),
	});
})();
