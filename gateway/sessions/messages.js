import { getContentType, isLidUser, jidNormalizedUser, normalizeMessageContent, proto } from "baileys";

const ACKS = /** @type {Record<number, string>} */ ({
	"-1": "failed",
	0: "pending",
	1: "sent",
	2: "delivered",
	3: "read",
	4: "played",
});
const TYPES = /** @type {Record<string, string>} */ ({
	conversation: "text",
	extendedTextMessage: "text",
	imageMessage: "image",
	videoMessage: "video",
	audioMessage: "audio",
	documentMessage: "document",
	stickerMessage: "sticker",
	locationMessage: "location",
	contactMessage: "contact",
	contactsArrayMessage: "contact",
	reactionMessage: "reaction",
});
const { PENDING, SERVER_ACK } = proto.WebMessageInfo.Status;
const SAID = new Set(["conversation", "extendedTextMessage"]);
const SILENT = new Set(["protocolMessage", "senderKeyDistributionMessage", "messageContextInfo"]);
const NO_PERSON = /@(broadcast|newsletter)$/;

/** Status stories and channels are nobody's message to this number. @param {string} jid */
export function isIgnored(jid) {
	return NO_PERSON.test(jid);
}

/**
 * The payload of `message.received`, or none for what is no message to anybody.
 * @param {import("baileys").WAMessage} message @param {string} to
 */
export function received(message, to) {
	const content = normalizeMessageContent(message.message);
	const kind = content && getContentType(content);
	if (!content || !kind || message.key.fromMe || SILENT.has(kind)) return undefined;
	const chatId = visible(message.key.remoteJid, message.key.remoteJidAlt);
	const from = visible(
		message.key.participant || message.key.remoteJid,
		message.key.participant ? message.key.participantAlt : message.key.remoteJidAlt,
	);
	const part = /** @type {any} */ (content)[kind];
	return {
		whatsappMessageId: message.key.id,
		content: textOf(part),
		chatId,
		from,
		to,
		timestamp: Number(message.messageTimestamp),
		type: TYPES[kind] ?? "other",
		pushName: message.pushName ?? null,
		...attachment(part),
		...(kind === "reactionMessage" ? { reactionMessage: reaction(part) } : {}),
	};
}

/**
 * The payload of `message.ack` for a message of ours.
 * @param {{key: import("baileys").WAMessageKey, update: Partial<import("baileys").WAMessage>}} change
 */
export function acknowledged({ key, update }) {
	if (!key.fromMe || update.status === undefined || update.status === null) return undefined;
	const ack = update.status - 1;
	const chatId = visible(key.remoteJid, key.remoteJidAlt);
	return { messageId: key.id, chatId, ack, status: ACKS[ack] ?? "pending" };
}

/**
 * WhatsApp has the message; Baileys itself tells this to nobody.
 * @param {Record<string, string>} attributes of the stanza
 */
export function taken({ id, from, error }) {
	return error ? undefined : { messageId: id, chatId: jidNormalizedUser(from), ack: 1, status: "sent" };
}

/**
 * While Baileys holds its events back, as in the first seconds after a login, an answer that comes quickly is merged
 * into the event of our own message, and nothing is updated.
 * @param {import("baileys").WAMessage} message
 */
export function acknowledgedAlready({ key, status, message }) {
	const isText = SAID.has(getContentType(message ?? undefined) ?? "");
	const isAnswer = typeof status === "number" && status !== PENDING && status !== SERVER_ACK;
	return isText && isAnswer ? acknowledged({ key, update: { status } }) : undefined;
}

/**
 * A number where WhatsApp tells it beside its hidden id.
 * @param {string | null | undefined} jid
 * @param {string | null | undefined} other
 */
function visible(jid, other) {
	const chosen = jid && isLidUser(jid) && other ? other : jid;
	return jidNormalizedUser(chosen ?? "");
}

/** @param {any} part */
function textOf(part) {
	return typeof part === "string" ? part : (part?.text ?? part?.caption ?? null);
}

/**
 * The content itself is not fetched: its address at WhatsApp is of no use without the key.
 * @param {any} part
 */
function attachment(part) {
	if (!part?.mediaKey) return { has_attachment: false, media: null };
	const media = {
		mimetype: part.mimetype ?? "",
		filename: part.fileName ?? "",
		filesize: Number(part.fileLength ?? 0),
	};
	return { has_attachment: true, media };
}

/** @param {any} part */
function reaction(part) {
	const { remoteJid, fromMe, id } = part.key ?? {};
	return {
		key: { remoteJid, fromMe: Boolean(fromMe), id },
		text: part.text ?? "",
		senderTimestampMs: String(part.senderTimestampMs ?? ""),
	};
}
