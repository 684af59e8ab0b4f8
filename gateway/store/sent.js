const LIVES = 3 * 24 * 60 * 60 * 1000;
const MOST = 1000;

/** @typedef {{keep: (id: string, jid: string, text: string) => void, find: (id: string) => {jid: string, text: string} | undefined}} Sent */

/**
 * Texts that were sent, for phones that could not read them and ask again: the last thousand of a session, three days.
 */
export class SentStore {
	/** @param {import("./database.js").Database} database */
	constructor(database) {
		this.database = database;
	}

	/** @param {number} session @returns {Sent} */
	of(session) {
		return {
			keep: (id, jid, text) => this.#keep(session, id, jid, text),
			find: (id) => this.#find(session, id),
		};
	}

	/** @param {number} now milliseconds */
	forgetOld(now) {
		this.database.run("delete from sent where at < ?", now - LIVES);
	}

	/** @param {number} session @param {string} id @param {string} jid @param {string} text */
	#keep(session, id, jid, text) {
		const now = Date.now();
		this.database.transaction(() => {
			this.forgetOld(now);
			this.database.run("insert into sent values (?, ?, ?, ?, ?)", session, id, jid, text, now);
			this.database.run(
				"delete from sent where session = ? and id in (select id from sent where session = ? order by at desc limit -1 offset ?)",
				session,
				session,
				MOST,
			);
		});
	}

	/** @param {number} session @param {string} id @returns {{jid: string, text: string} | undefined} */
	#find(session, id) {
		const sql = "select jid, text from sent where session = ? and id = ? and at >= ?";
		return /** @type {any} */ (this.database.get(sql, session, id, Date.now() - LIVES));
	}
}
