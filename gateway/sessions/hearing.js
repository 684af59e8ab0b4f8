import { cleanMessage, decodeMessageNode, DEFAULT_CONNECTION_CONFIG, proto, unpadRandomMax16 } from "baileys";

/** @typedef {import("baileys").BinaryNode} BinaryNode */

/**
 * Baileys stores the ratchet, confirms a message to WhatsApp, and tells us of it in this order: what a kill hits in
 * between nobody sees again. So a message is told here as soon as it is decrypted, in the transaction that ends with the
 * ratchet on the disk. What is told and not confirmed comes again, and is known by its id.
 */
export class Hearing {
	/** @type {WeakMap<object, BinaryNode>} by what is sealed in them */
	#stanzas = new WeakMap();
	/** @type {Set<string>} told before Baileys did */
	#told = new Set();

	/**
	 * @param {import("baileys").AuthenticationCreds} creds
	 * @param {(message: import("baileys").WAMessage) => boolean} tell whether there was something to tell @throws what is not told is not confirmed
	 */
	constructor(creds, tell) {
		this.creds = creds;
		this.tell = tell;
	}

	/** @param {BinaryNode} stanza a message that has come */
	remember(stanza) {
		for (const { tag, content } of Array.isArray(stanza.content) ? stanza.content : [])
			if (tag === "enc" && content instanceof Uint8Array) this.#stanzas.set(content, stanza);
	}

	/** @param {string | null | undefined} id @returns {boolean} asked once for each message */
	hasTold(id) {
		return this.#told.delete(id ?? "");
	}

	/** Baileys' own, with an ear in it. @type {typeof DEFAULT_CONNECTION_CONFIG.makeSignalRepository} */
	repository = (auth, ...rest) => {
		const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, ...rest);
		const keys = /** @type {import("baileys").SignalKeyStoreWithTransaction} */ (auth.keys);
		return {
			...repository,
			decryptMessage: (options) =>
				keys.transaction(
					async () => this.#heard(options.ciphertext, await repository.decryptMessage(options)),
					options.jid,
				),
			decryptGroupMessage: (options) =>
				keys.transaction(
					async () => this.#heard(options.msg, await repository.decryptGroupMessage(options)),
					options.group,
				),
		};
	};

	/** @param {Uint8Array} sealed @param {Uint8Array} opened @returns {Uint8Array} the same */
	#heard(sealed, opened) {
		const stanza = this.#stanzas.get(sealed);
		if (stanza && this.tell(this.#messageOf(stanza, opened))) this.#told.add(stanza.attrs.id);
		return opened;
	}

	/** As Baileys reads it, later. @param {BinaryNode} stanza @param {Uint8Array} opened */
	#messageOf(stanza, opened) {
		const { id = "", lid = "" } = this.creds.me ?? {};
		const message = decodeMessageNode(stanza, id, lid).fullMessage;
		const content = proto.Message.decode(unpadRandomMax16(opened));
		message.message = content.deviceSentMessage?.message ?? content;
		cleanMessage(message, id, lid);
		return message;
	}
}
