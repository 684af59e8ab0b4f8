import { NotWaiting } from "../sessions/codes.js";
import { AccountRestricted, WhatsAppRefused } from "../sessions/sending.js";
import { iso, Refusal, success } from "./answers.js";
import { byId, byName, connected, wellFormed } from "./finding.js";
import { codeOf } from "./shapes.js";

/** @typedef {import("./routes.js").Gateway} Gateway */
/** @typedef {import("./routes.js").Call} Call */

/** @param {Gateway} gateway @param {Call} call */
export function qr(gateway, call) {
	const code = codeOf(byId(gateway, call));
	if (!code) throw new Refusal(500, { code: "QR_GENERATION_ERROR", text: "There is no code to scan now" });
	return success(code);
}

/** @param {Gateway} gateway @param {Call} call */
export function connect(gateway, call) {
	const session = byId(gateway, call);
	session.connect();
	return action(session, "Connecting");
}

/** @param {Gateway} gateway @param {Call} call */
export function disconnect(gateway, call) {
	const session = byId(gateway, call);
	session.disconnect();
	return action(session, "Session disconnected");
}

/** @param {Gateway} gateway @param {Call} call */
export function restart(gateway, call) {
	const session = byId(gateway, call);
	session.restart();
	return action(session, "Session restarted");
}

/** @param {Gateway} gateway @param {Call} call */
export async function pairingCode(gateway, call) {
	const session = byId(gateway, call);
	try {
		const { code, expiresAt } = await session.pairingCode(call.body.phoneNumber);
		return success({ sessionId: session.row.session_id, code, expiresAt: iso(expiresAt) });
	} catch (error) {
		if (error instanceof NotWaiting)
			throw new Refusal(409, {
				code: "SESSION_NOT_WAITING",
				text: "The session does not wait for a phone: connect it first",
			});
		throw asWhatsAppError(error);
	}
}

/** @param {Gateway} gateway @param {Call} call */
export async function send(gateway, call) {
	const session = connected(byName(gateway, call));
	const { to, message } = call.body;
	const jid = to.includes("@") ? to.replace("@c.us", "@s.whatsapp.net") : `${to}@s.whatsapp.net`;
	try {
		const { id, chatId, timestamp, status } = await session.conversation.send(
			jid,
			wellFormed("message", message),
		);
		const sent = {
			whatsappMessageId: id,
			chatId,
			fromMe: true,
			body: message,
			type: "text",
			status,
			timestamp: iso(timestamp * 1000),
		};
		return success({ message: sent }, "Message sent");
	} catch (error) {
		if (error instanceof AccountRestricted)
			throw new Refusal(409, {
				code: "ACCOUNT_RESTRICTED",
				text: error.message,
				more: { restrictedUntil: iso(session.conversation.restriction?.until ?? null) },
			});
		throw asWhatsAppError(error);
	}
}

/** @param {import("../sessions/session.js").Session} session @param {string} message */
function action(session, message) {
	return success({ sessionId: session.row.session_id, status: session.state }, message);
}

/** @param {unknown} error */
function asWhatsAppError(error) {
	return error instanceof WhatsAppRefused
		? new Refusal(500, { code: "WHATSAPP_ERROR", text: error.message })
		: error;
}
