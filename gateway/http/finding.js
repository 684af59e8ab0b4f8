import { invalid, Refusal } from "./answers.js";
import { isNumber, numericId } from "./schemas.js";

/** @typedef {import("./routes.js").Gateway} Gateway */
/** @typedef {import("./routes.js").Call} Call */

/** @param {Gateway} gateway @param {Call} call by number only, as the contract's server wants it */
export function byId({ registry }, { owner, params }) {
	return known(registry.byId(owner, numericId(params.id)));
}

/** @param {Gateway} gateway @param {Call} call */
export function byName({ registry }, { owner, params }) {
	return known(registry.byName(owner, params.sessionId));
}

/** @param {Gateway} gateway @param {Call} call */
export function byEither({ registry }, { owner, params }) {
	const { id } = params;
	return known((isNumber(id) ? registry.byId(owner, Number(id)) : undefined) ?? registry.byName(owner, id));
}

/** @template T @param {T | undefined} session @returns {T} */
export function known(session) {
	if (!session) throw new Refusal(404);
	return session;
}

/** @param {import("../sessions/session.js").Session} session */
export function connected(session) {
	if (!session.isConnected)
		throw new Refusal(400, { code: "SESSION_NOT_CONNECTED", text: "The session must be connected" });
	return session;
}

/** Half an emoji and a zero byte survive no database. @param {string} field @param {string} text */
export function wellFormed(field, text) {
	if (!text.isWellFormed() || text.includes("\0")) throw invalid({ [field]: "is not well-formed text" });
	return text;
}
