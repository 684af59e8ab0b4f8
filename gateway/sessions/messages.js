import {
	getBinaryNodeChildren,
	getContentType,
	isJidGroup,
	isLidUser,
	jidNormalizedUser,
	normalizeMessageContent,
} from "baileys";

const ACKS = /** @type {Record<number, string>} */ ({ 2: "delivered", 3: "read", 4: "played" });
const FATES = /** @type {Record<string, number | undefined>} */ ({ delivered: 2, read: 3, played: 4 });
const OWN_FATES = /** @type {typeof FATES} */ ({ ...FATES, sender: 2, "read-self": 3 });
const RESTRICTED = "463";
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
 * The payload of `message.ack` when the server has a message of ours, or refuses it.
 * @param {Record<string, string>} attributes of the stanza
 */
export function taken({ id, from, error, t }) {
	const fate = error
		? { ack: -1, status: "failed", reason: error === RESTRICTED ? "restricted" : "refused" }
		: { ack: 1, status: "sent", ...at(t) };
	return { messageId: id, chatId: jidNormalizedUser(from), ...fate };
}

/**
 * The payloads of `message.ack` when a message of ours has arrived or was read. Of the stanza: Baileys holds its events
 * back for seconds after a login, merges them, and loses some.
 * @param {import("baileys").BinaryNode} receipt
 */
export function arrived({ attrs, content }) {
	const { from, recipient, participant, type = "delivered" } = attrs;
	if (recipient || participant || isJidGroup(from) || isIgnored(from)) return [];
	return idsIn(attrs, content).flatMap((id) => fate(id, from, FATES[type], attrs.t));
}

/**
 * What is sent to the own number has no other side: the own phone answers, as `sender` that it has its copy.
 * @param {import("baileys").BinaryNode} receipt
 * @param {(id: string) => string | undefined} chatOf a message that was sent to the own number
 */
export function noted({ attrs, content }, chatOf) {
	const { type = "delivered", t } = attrs;
	return idsIn(attrs, content).flatMap((id) => fate(id, chatOf(id), OWN_FATES[type], t));
}

/** @param {Record<string, string>} attributes @param {unknown} content */
function idsIn({ id }, content) {
	const list = Array.isArray(content) ? getBinaryNodeChildren(content[0], "item") : [];
	return [id, ...list.map(({ attrs }) => attrs.id)];
}

/** @param {string} messageId @param {string | undefined} chat @param {number | undefined} ack @param {string} t */
function fate(messageId, chat, ack, t) {
	return chat && ack
		? [{ messageId, chatId: jidNormalizedUser(chat), ack, status: ACKS[ack], ...at(t) }]
		: [];
}

/** When it happened, as far as WhatsApp says so. @param {unknown} seconds */
function at(seconds) {
	return Number(seconds) > 0 ? { timestamp: new Date(Number(seconds) * 1000).toISOString() } : {};
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
