import { generateMessageIDV2, jidNormalizedUser } from "baileys";
import { after } from "./timers.js";

const RESTRICTED = "463";

/** WhatsApp did not do what it was asked; the words are for a person. */
export class WhatsAppRefused extends Error {}

/** WhatsApp lets this account begin no conversation. */
export class AccountRestricted extends Error {}

/**
 * @typedef {ReturnType<typeof import("baileys").makeWASocket>} Sock
 * @typedef {{id: string, chatId: string, timestamp: number, status: "sent" | "pending"}} SentText
 */

/**
 * @param {Sock} sock
 * @param {{times: import("./times.js").Times, sent: import("../store/sent.js").Sent}} world
 * @param {string} jid
 * @param {string} text
 * @throws {WhatsAppRefused | AccountRestricted}
 * @returns {Promise<SentText>} `pending`: WhatsApp has not said yet whether it took it
 */
export async function sendText(sock, { times, sent }, jid, text) {
	const id = generateMessageIDV2(sock.user?.id);
	sent.keep(id, jidNormalizedUser(jid), text);
	const acknowledgement = answerTo(sock, id);
	try {
		const message = await Promise.race([written(sock, jid, text, id), after(times.send, undefined)]);
		if (!message) throw new WhatsAppRefused("WhatsApp did not take the message");
		const answer = await Promise.race([acknowledgement.answer, after(times.ack, undefined)]);
		if (answer?.error) await refuse(sock, answer.error, times.ack);
		const timestamp = Number(message.messageTimestamp);
		const chatId = jidNormalizedUser(message.key.remoteJid ?? jid);
		return { id, chatId, timestamp, status: answer ? "sent" : "pending" };
	} finally {
		acknowledgement.forget();
	}
}

/** @param {Sock} sock @param {string} jid @param {string} text @param {string} messageId */
function written(sock, jid, text, messageId) {
	// No preview: it would fetch what a stranger's text points at.
	return sock.sendMessage(jid, { text, linkPreview: null }, { messageId }).catch(() => undefined);
}

/** What the server says to a message. @param {Sock} sock @param {string} id */
function answerTo({ ws }, id) {
	/** @type {PromiseWithResolvers<Record<string, string>>} */
	const { promise: answer, resolve } = Promise.withResolvers();
	const heard = (/** @type {import("baileys").BinaryNode} */ { attrs }) =>
		void (attrs.id === id && resolve(attrs));
	ws.on("CB:ack,class:message", heard);
	return { answer, forget: () => ws.off("CB:ack,class:message", heard) };
}

/** @param {Sock} sock @param {string} error @param {number} patience milliseconds */
async function refuse(sock, error, patience) {
	if (error !== RESTRICTED) throw new WhatsAppRefused(`WhatsApp refused the message (${error})`);
	await Promise.race([askStanding(sock), after(patience, undefined)]);
	throw new AccountRestricted("WhatsApp lets this account begin no conversation for now");
}

/** The answer comes as an event, as what WhatsApp says by itself does. @param {Sock} sock */
export async function askStanding(sock) {
	await sock.fetchAccountReachoutTimelock().catch(() => {});
}
