import { randomInt } from "node:crypto";

const LARGEST_NUMBER = 2 ** 40;
const FIELDS = /** @type {const} */ ([
	"webhook_url",
	"webhook_secret",
	"webhook_events",
	"send_to_frappe",
	"wanted",
	"number",
	"jid",
	"profile_name",
	"disconnect_code",
	"disconnect_reason",
	"last_activity",
	"leaving_since",
	"restriction",
	"restricted_until",
]);

/**
 * @typedef {object} Row a session as stored; moments are milliseconds since the epoch
 * @property {number} id @property {string} owner @property {string} session_id @property {string} name
 * @property {string | null} expected_number @property {number} send_to_frappe
 * @property {string | null} webhook_url @property {string | null} webhook_secret @property {string} webhook_events a JSON list
 * @property {number} wanted @property {string | null} number @property {string | null} jid @property {string | null} profile_name
 * @property {number | null} disconnect_code @property {string | null} disconnect_reason @property {number | null} last_activity
 * @property {string | null} restriction WhatsApp's word @property {number | null} restricted_until
 * @property {number} created_at @property {number} updated_at @property {number | null} leaving_since @property {number} paired
 *
 * @typedef {Pick<Row, "owner" | "session_id" | "name" | "expected_number" | "send_to_frappe" | "webhook_url" | "webhook_secret" | "webhook_events">} NewRow
 * @typedef {Partial<Pick<Row, typeof FIELDS[number]>>} Change
 */

export class SessionStore {
	/** @param {import("./database.js").Database} database */
	constructor(database) {
		this.database = database;
	}

	/** @returns {Row[]} without credentials */
	all() {
		const columns =
			"id, owner, session_id, name, expected_number, created_at, updated_at, webhook_events, creds is not null as paired";
		return /** @type {any} */ (
			this.database.all(`select ${columns}, ${FIELDS.join(", ")} from session order by created_at, id`)
		);
	}

	/**
	 * Numbers are drawn, never counted: a client that kept one of a lost database must not hit a stranger with it.
	 * @param {NewRow} fields
	 * @returns {Row}
	 */
	insert(fields) {
		const row = {
			...empty(),
			...fields,
			id: this.#freeNumber(),
			created_at: Date.now(),
			updated_at: Date.now(),
		};
		const { paired, ...stored } = row;
		const names = Object.keys(stored);
		this.database.run(
			`insert into session (${names.join(", ")}) values (${names.map(() => "?").join(", ")})`,
			...Object.values(stored),
		);
		return row;
	}

	/** @param {number} id @param {Change} change */
	update(id, change) {
		const names = FIELDS.filter((name) => name in change);
		const values = names.map((name) => change[name] ?? null);
		this.database.run(
			`update session set ${names.map((name) => `${name} = ?, `).join("")}updated_at = ? where id = ?`,
			...values,
			Date.now(),
			id,
		);
	}

	/** With its keys. @param {number} id */
	remove(id) {
		this.database.run("delete from session where id = ?", id);
	}

	#freeNumber() {
		for (;;) {
			const id = randomInt(1, LARGEST_NUMBER);
			if (!this.database.get("select 1 from session where id = ?", id)) return id;
		}
	}
}

/** @returns {Omit<Row, keyof NewRow | "id" | "created_at" | "updated_at">} */
function empty() {
	return {
		wanted: 0,
		number: null,
		jid: null,
		profile_name: null,
		disconnect_code: null,
		disconnect_reason: null,
		last_activity: null,
		leaving_since: null,
		restriction: null,
		restricted_until: null,
		paired: 0,
	};
}

/**
 * A write waits for the disk, and a restart would write for each session what is there already.
 * @param {Row} row @param {Change} change
 */
export function isNews(row, change) {
	const { last_activity, ...lasting } = change;
	return FIELDS.some((name) => name in lasting && /** @type {Change} */ (lasting)[name] !== row[name]);
}
