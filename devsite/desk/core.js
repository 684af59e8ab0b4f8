// A stand-in for the part of Frappe's desk that the app's scripts use. Where they differ, Frappe is right.
(() => {
	const boot = window.devsite_boot;
	const not_provided = (name) => {
		throw new Error(`${name} is not provided by the development site`);
	};

	/** What is not provided fails and says its name. */
	const strict = (name, target) =>
		new Proxy(target, {
			get(object, key) {
				if (typeof key === "symbol" || key in object || ["then", "toJSON"].includes(key)) return object[key];
				return not_provided(`${name}.${key}`);
			},
		});

	const element = (tag, attributes = {}, ...children) => {
		const made = document.createElement(tag);
		for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
		made.append(...children);
		return made;
	};

	/** As Frappe's desk does with what it is given: whoever hands text over escapes it. */
	const html = (text) => {
		const template = document.createElement("template");
		template.innerHTML = text;
		return template.content;
	};

	/** Of jQuery only the events, and [0]. */
	const wrapped = (node) =>
		strict("jQuery", {
			0: node,
			on: (event, handler) => node.addEventListener(event, handler),
			one: (event, handler) => node.addEventListener(event, handler, { once: true }),
		});

	window.__ = (text, replace = [], context = null) => {
		const translated = (context && boot.messages[`${text}:${context}`]) || boot.messages[text] || text;
		return translated.replace(/\{(\w+)\}/g, (whole, key) => (replace && key in replace ? replace[key] : whole));
	};

	const escape_html = (text) => String(text || "").replace(/[&<>"'`=]/g, (char) => `&#${char.charCodeAt(0)};`);

	const copy_to_clipboard = (text) =>
		navigator.clipboard.writeText(text).then(() => frappe.show_alert({ message: __("Copied to clipboard.") }));

	const format = (value, { fieldtype }) => {
		if (fieldtype !== "Datetime") not_provided(`frappe.format of ${fieldtype}`);
		const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+) ([\d:]+)/.exec(value || "") || [];
		return value ? `${day}-${month}-${year} ${time}` : "";
	};

	/** Shows the server's messages, as the desk does, and rejects when it failed. */
	const call = async ({ method, args = {}, type = "POST" }) => {
		const headers = { Accept: "application/json", "Content-Type": "application/json" };
		headers["X-Frappe-CSRF-Token"] = boot.csrf_token;
		const query = type === "GET" ? `?${new URLSearchParams(args)}` : "";
		const body = type === "GET" ? undefined : JSON.stringify(args);
		const response = await fetch(`/api/method/${method}${query}`, { method: type, headers, body });
		const answer = await response.json().catch(() => ({}));
		if (response.status === 401 || answer.session_expired) location.href = "/login";
		const messages = JSON.parse(answer._server_messages || "[]").map((text) => JSON.parse(text));
		if (!response.ok && !messages.length) messages.push({ message: escape_html(answer.exc_type) });
		messages.forEach(frappe.msgprint);
		if (!response.ok) throw Object.assign(new Error(answer.exc_type), { answer });
		return answer;
	};

	/** A bundle is served as it was written: as a module, which fetches those that it imports. */
	const bundle = (name) => {
		const is_script = name.endsWith(".bundle.js");
		if (!is_script && !name.endsWith(".bundle.css")) not_provided(`frappe.require of ${name}`);
		const path = `/assets/xappiens_whatsapp/${is_script ? "js" : "css"}/${name}`;
		return is_script
			? element("script", { type: "module", src: path })
			: element("link", { rel: "stylesheet", href: path });
	};

	const required = new Map();

	/** As on v16 it resolves although a file is missing. */
	const load = (name) => {
		const tag = bundle(name);
		const settled = new Promise((resolve) => (tag.onload = tag.onerror = resolve));
		document.head.append(tag);
		return settled;
	};

	const require = (names) => {
		const wanted = [names].flat();
		wanted.filter((name) => !required.has(name)).forEach((name) => required.set(name, load(name)));
		return Promise.all(wanted.map((name) => required.get(name)));
	};

	window.devsite = { boot, strict, element, wrapped, html, not_provided };
	window.locals = {};
	window.cur_frm = null;
	window.frappe = strict("frappe", {
		call,
		csrf_token: boot.csrf_token,
		format,
		listview_settings: {},
		model: strict("frappe.model", { clear_doc: (doctype, name) => delete (locals[doctype] || {})[name] }),
		require,
		ui: strict("frappe.ui", { form: strict("frappe.ui.form", {}) }),
		user: strict("frappe.user", { has_role: (roles) => roles.some((role) => boot.roles.includes(role)) }),
		utils: strict("frappe.utils", { escape_html, copy_to_clipboard }),
	});
})();
