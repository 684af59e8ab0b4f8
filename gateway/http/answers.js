const ERRORS = /** @type {Record<number, [code: string, text: string]>} */ ({
	400: ["VALIDATION_ERROR", "The request is not valid"],
	401: ["INVALID_API_KEY", "The API key is not valid"],
	404: ["SESSION_NOT_FOUND", "There is no such session"],
	408: ["REQUEST_TIMEOUT", "The request came too slowly"],
	409: ["SESSION_EXISTS", "Session already exists"],
	413: ["PAYLOAD_TOO_LARGE", "The body is too large"],
	429: ["RATE_LIMIT_EXCEEDED", "Too many requests"],
	431: ["HEADERS_TOO_LARGE", "The headers are too large"],
	500: ["INTERNAL_ERROR", "Internal error"],
	503: ["SERVICE_UNAVAILABLE", "The gateway cannot do this now"],
});

/** A handler ends here with this error answer. */
export class Refusal extends Error {
	/**
	 * @param {number} status
	 * @param {{code?: string, text?: string, details?: Record<string, string>, more?: Record<string, unknown>}} [words]
	 *   `more` stands beside the others in the answer
	 */
	constructor(status, { code, text, details, more } = {}) {
		const [usualCode, usualText] = ERRORS[status] ?? ERRORS[500];
		super(text ?? usualText);
		this.status = status;
		this.code = code ?? usualCode;
		this.details = details;
		this.more = more;
	}
}

/** @param {Record<string, string>} details field to reason */
export function invalid(details) {
	return new Refusal(400, { details });
}

/** @param {unknown} [data] @param {string} [message] */
export function success(data, message) {
	return { success: true, ...(message ? { message } : {}), ...(data === undefined ? {} : { data }) };
}

/** @param {Refusal} refusal */
export function failure({ code, message, details, more }) {
	return {
		success: false,
		error: message,
		code,
		timestamp: iso(Date.now()),
		...(details ? { details } : {}),
		...more,
	};
}

/**
 * @template {number | null} T
 * @param {T} moment milliseconds since the epoch
 * @returns {T extends null ? null : string}
 */
export function iso(moment) {
	return /** @type {any} */ (
		moment === null ? null : new Date(/** @type {number} */ (moment)).toISOString()
	);
}
