/**
 * @typedef {object} Delivery
 * @property {number} id @property {number} session @property {string} session_id @property {string} event
 * @property {string} url @property {string | null} secret @property {string} body @property {number} attempts
 * @property {number} due_at @property {number} dies_at
 */

/** Baileys decrypts one message of a session at a time: one would do, were WhatsApp's order certain. */
const LAST_HEARD = 20;

/** Waiting webhooks, in the order in which they happened. */
export class DeliveryStore {
	/** @param {import("./database.js").Database} database */
	constructor(database) {
		this.database = database;
	}

	/**
	 * @param {Omit<Delivery, "id" | "attempts" | "due_at">} delivery
	 * @param {number | undefined} replaces the one that may not be thrown out; undefined keeps all
	 */
	add(delivery, replaces) {
		return this.database.transaction(() => {
			if (replaces !== undefined) {
				this.database.run(
					"delete from delivery where session = ? and event = ? and id <> ?",
					delivery.session,
					delivery.event,
					replaces,
				);
			}
			const names = Object.keys(delivery);
			const sql = `insert into delivery (${names.join(", ")}, due_at) values (${names.map(() => "?").join(", ")}, 0)`;
			return this.database.run(sql, ...Object.values(delivery)).id;
		});
	}

	/**
	 * A message that WhatsApp has not heard to be delivered may come again after a kill.
	 * @param {Omit<Delivery, "id" | "attempts" | "due_at">} delivery
	 * @param {string} message its id at WhatsApp
	 */
	addOnce(delivery, message) {
		this.database.transaction(() => {
			const row = this.database.get("select heard from session where id = ?", delivery.session);
			const heard = JSON.parse(row?.heard ?? "[]");
			if (heard.includes(message)) return;
			const last = JSON.stringify([...heard, message].slice(-LAST_HEARD));
			this.database.run("update session set heard = ? where id = ?", last, delivery.session);
			this.add(delivery, undefined);
		});
	}

	/** @returns {number[]} */
	sessions() {
		return this.database.all("select distinct session from delivery").map((row) => row.session);
	}

	/** @param {number} session @param {number} now @returns {Delivery | undefined} */
	first(session, now) {
		this.database.run("delete from delivery where session = ? and dies_at <= ?", session, now);
		return /** @type {any} */ (
			this.database.get("select * from delivery where session = ? order by id limit 1", session)
		);
	}

	/** @param {number} id */
	remove(id) {
		this.database.run("delete from delivery where id = ?", id);
	}

	/** @param {number} id @param {number} dueAt */
	postpone(id, dueAt) {
		this.database.run(
			"update delivery set attempts = attempts + 1, due_at = ? where id = ?",
			Math.ceil(dueAt),
			id,
		);
	}

	/** Every waiting one is due. @param {string} origin @returns {number[]} whose sessions waited */
	hasten(origin) {
		const mine = this.database
			.all("select id, session, url from delivery where due_at > 0")
			.filter((row) => originOf(row.url) === origin);
		this.database.transaction(() =>
			mine.forEach((row) => this.database.run("update delivery set due_at = 0 where id = ?", row.id)),
		);
		return [...new Set(mine.map((row) => row.session))];
	}

	/**
	 * What waits goes to the new address, signed with the new secret: the old ones may be refused for ever.
	 * @param {number} session
	 * @param {string} url
	 * @param {string | null} secret
	 */
	redirect(session, url, secret) {
		this.database.run(
			"update delivery set url = ?, secret = ?, due_at = 0 where session = ?",
			url,
			secret,
			session,
		);
	}

	count() {
		return Number(this.database.get("select count(*) as waiting from delivery")?.waiting);
	}
}

/** @param {string} url */
export function originOf(url) {
	return URL.parse(url)?.origin ?? url;
}
