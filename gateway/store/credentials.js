/** What Baileys wants kept, as text. Each call is one transaction that is on the disk when it returns. */
export class CredentialStore {
	/** @param {import("./database.js").Database} database */
	constructor(database) {
		this.database = database;
	}

	/** @param {number} session @returns {string | null} only of a session that a phone was paired with */
	readCreds(session) {
		return this.database.get("select creds from session where id = ?", session)?.creds ?? null;
	}

	/** @param {number} session @param {string} creds */
	writeCreds(session, creds) {
		this.database.run("update session set creds = ? where id = ?", creds, session);
	}

	/** @param {number} session @param {string} type @param {string[]} ids @returns {Map<string, string>} */
	readKeys(session, type, ids) {
		const sql =
			"select id, value from signal_key where session = ? and type = ? and id in (select value from json_each(?))";
		return new Map(
			this.database.all(sql, session, type, JSON.stringify(ids)).map((row) => [row.id, row.value]),
		);
	}

	/**
	 * @param {number} session
	 * @param {[type: string, id: string, value: string | null][]} entries null removes
	 */
	writeKeys(session, entries) {
		this.database.transaction(() => {
			for (const [type, id, value] of entries) {
				if (value === null)
					this.database.run(
						"delete from signal_key where session = ? and type = ? and id = ?",
						session,
						type,
						id,
					);
				else
					this.database.run(
						"insert into signal_key values (?, ?, ?, ?) on conflict do update set value = excluded.value where value <> excluded.value",
						session,
						type,
						id,
						value,
					);
			}
		});
	}

	/** @param {number} session */
	forget(session) {
		this.database.transaction(() => {
			this.database.run("delete from signal_key where session = ?", session);
			this.database.run("update session set creds = null where id = ?", session);
		});
	}
}
