import { BufferJSON, initAuthCreds, proto } from "baileys";

/**
 * @typedef {object} Auth
 * @property {import("baileys").AuthenticationState} state
 * @property {() => boolean} paired
 * @property {() => void} save
 * @property {() => void} revoke nothing of this object reaches the disk any more
 */

/**
 * Credentials are stored from the moment in which a phone was paired. Those that only showed a code are worth nothing:
 * a restart with them would log in as a device that nobody has.
 * @param {import("../store/credentials.js").CredentialStore} store @param {number} session @returns {Auth}
 */
export function authOf(store, session) {
	const stored = store.readCreds(session);
	if (!stored) store.forget(session);
	const creds = /** @type {import("baileys").AuthenticationCreds} */ (
		stored ? parsed(stored) : initAuthCreds()
	);
	let revoked = false;
	let last = stored;
	const paired = () => Boolean(creds.account);
	/** Each login says a few times what is known already. */
	const save = () => {
		const text = paired() && !revoked ? written(creds) : last;
		if (text === last || text === null) return;
		store.writeCreds(session, text);
		last = text;
	};
	return {
		state: { creds, keys: keysOf(store, session, () => revoked) },
		paired,
		save,
		revoke: () => void (revoked = true),
	};
}

/**
 * @param {import("../store/credentials.js").CredentialStore} store @param {number} session @param {() => boolean} revoked
 * @returns {import("baileys").SignalKeyStore}
 */
function keysOf(store, session, revoked) {
	return {
		get: (type, ids) => {
			const found = store.readKeys(session, type, ids);
			return /** @type {any} */ (
				Object.fromEntries([...found].map(([id, value]) => [id, revived(type, parsed(value))]))
			);
		},
		set: (data) => {
			if (revoked()) return;
			const entries = Object.entries(data).flatMap(([type, values]) =>
				Object.entries(values ?? {}).map(([id, value]) => entry(type, id, value)),
			);
			store.writeKeys(session, entries);
		},
	};
}

/**
 * @param {string} type
 * @param {string} id
 * @param {unknown} value
 * @returns {[string, string, string | null]}
 */
function entry(type, id, value) {
	return [type, id, value === null || value === undefined ? null : written(value)];
}

/** @param {string} type @param {any} value */
function revived(type, value) {
	return type === "app-state-sync-key" ? proto.Message.AppStateSyncKeyData.fromObject(value) : value;
}

/** @param {string} text */
function parsed(text) {
	return JSON.parse(text, BufferJSON.reviver);
}

/** @param {unknown} value */
function written(value) {
	return JSON.stringify(value, BufferJSON.replacer);
}
