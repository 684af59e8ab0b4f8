// Calls to the site's API, and the site's clock.
let clock_offset = 0;

export const server_now = () => Date.now() + clock_offset;

export const failure = (exc_type, message, details = {}) =>
	Object.assign(new Error(message), details, { exc_type });

/**
 * Resolves to `message` of the answer; rejects with {exc_type, message, error_code, retry_after, http_status}, where
 * the message is empty if the site gave none. `unreachable`: what to say where there is no answer at all.
 */
export const site_call = async (method, args, { csrf_token, unreachable, ...options }) => {
	const response = await fetch(`/api/method/${method}`, {
		method: "POST",
		headers: {
			Accept: "application/json",
			"Content-Type": "application/json",
			"X-Frappe-CSRF-Token": csrf_token || "",
		},
		body: JSON.stringify(args),
		...options,
	}).catch(() => {
		throw failure("SiteUnreachable", unreachable);
	});
	note_clock(response.headers.get("Date"));
	const body = await response.json().catch(() => ({}));
	if (response.ok) return body.message;
	const { exc_type, error_code, retry_after } = body;
	throw failure(exc_type, words_of(body), { error_code, retry_after, http_status: response.status });
};

const note_clock = (date) => {
	const offset = date ? Date.parse(date) - Date.now() : 0;
	clock_offset = Math.abs(offset) > 2000 ? offset : 0;
};

const words_of = ({ _server_messages }) => {
	const messages = JSON.parse(_server_messages || "[]").map((message) => JSON.parse(message).message);
	return messages.map(text_only).filter(Boolean).join(" ");
};

const text_only = (html) =>
	new DOMParser().parseFromString(html || "", "text/html").body.textContent.trim();
