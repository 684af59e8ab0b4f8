// The pairing page: the live QR panel, fed by the two calls that a link allows.
(() => {
	const whatsapp = window.xappiens_whatsapp;
	const page = document.getElementById("whatsapp-link");
	const container = document.getElementById("whatsapp-link-panel");
	const boot = JSON.parse(page.dataset.boot);
	const API = "/api/method/xappiens_whatsapp.api.pairing.";
	const RATE_LIMIT_SECONDS = 20;
	let clock_offset = 0;
	let last = { state: "" };

	const __ = (text, values = []) =>
		(boot.messages[text] || text).replace(/\{(\d+)\}/g, (placeholder, index) => values[index] ?? placeholder);

	const ask = async (method) => {
		const response = await fetch(API + method, {
			method: "POST",
			headers: {
				Accept: "application/json",
				"Content-Type": "application/json",
				"X-Frappe-CSRF-Token": boot.csrf_token || "",
			},
			cache: "no-store",
			referrerPolicy: "no-referrer",
			body: JSON.stringify({ token: location.hash.slice(1), _lang: boot.language }),
		}).catch(() => {
			throw failure("SiteUnreachable", __("This page cannot reach its site. Check your connection."));
		});
		note_clock(response.headers.get("Date"));
		const body = await response.json().catch(() => ({}));
		if (response.ok) return body.message;
		throw translate(body);
	};

	const note_clock = (date) => {
		const offset = date ? Date.parse(date) - Date.now() : 0;
		clock_offset = Math.abs(offset) > 2000 ? offset : 0;
	};

	const failure = (exc_type, message, retry_after) =>
		Object.assign(new Error(message), { exc_type, retry_after });

	const translate = ({ exc_type, _server_messages, retry_after }) => {
		const messages = JSON.parse(_server_messages || "[]").map((message) => JSON.parse(message).message);
		if (exc_type === "RateLimitExceededError") {
			const words = __("This page asked too often and waits a little.");
			return failure("GatewayRateLimited", words, RATE_LIMIT_SECONDS);
		}
		if (exc_type === "PairingLinkInvalid") finish(messages.join(" "));
		return failure(exc_type, messages.join(" ") || __("Something went wrong on the site."), retry_after);
	};

	const last_words = (role, words) => whatsapp.element("p", { class: "whatsapp-link-end", role }, words);

	/** Nothing runs any more after this. */
	const finish = (words) => {
		panel.stop();
		container.replaceChildren(last_words("alert", words));
	};

	const fetch_qr = async () => {
		last = await ask("pairing_status");
		const { state, qr, expires_at, retry_after } = last;
		return { ready: Boolean(qr), qr_code: qr, expires_at, status: state, retry_after };
	};

	const panel = new whatsapp.QRPanel({
		container,
		translate: __,
		title: __("this site"),
		now: () => Date.now() + clock_offset,
		fetch_qr,
		fetch_status: async () => ({ status: last.state, phone_number: "" }),
		renew: () => ask("renew_code"),
		on_connected: () => container.append(last_words("status", __("You can close this page now."))),
	});

	if (location.hash.length > 1) panel.start();
	else finish(__("This link is not complete. Copy all of it, or ask for a new one."));
})();
