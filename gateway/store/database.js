import { accessSync, chmodSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Refused } from "../config.js";

const FILE = "gateway.sqlite";
const BUSY = 5;
const NOT_A_DATABASE = 26;

const MIGRATIONS = [
	`
	create table session (
		id integer primary key,
		owner text not null,
		session_id text not null,
		name text not null,
		expected_number text,
		send_to_frappe integer not null,
		webhook_url text,
		webhook_secret text,
		webhook_events text not null,
		wanted integer not null default 0,
		number text,
		jid text,
		profile_name text,
		creds text,
		disconnect_code integer,
		disconnect_reason text,
		last_activity integer,
		created_at integer not null,
		updated_at integer not null,
		leaving_since integer
	) strict;
	create unique index session_name on session (owner, session_id) where leaving_since is null;
	create table signal_key (
		session integer not null references session (id) on delete cascade,
		type text not null,
		id text not null,
		value text not null,
		primary key (session, type, id)
	) strict, without rowid;
	create table delivery (
		id integer primary key autoincrement,
		session integer not null,
		session_id text not null,
		event text not null,
		url text not null,
		secret text,
		body text not null,
		attempts integer not null default 0,
		due_at integer not null,
		dies_at integer not null
	) strict;
	create index delivery_of_session on delivery (session, id);
	create table setting (name text primary key, value text not null) strict, without rowid;
	`,
	`
	alter table session add column restriction text;
	alter table session add column restricted_until integer;
	alter table session add column heard text not null default '[]';
	create table sent (
		session integer not null references session (id) on delete cascade,
		id text not null,
		jid text not null,
		text text not null,
		at integer not null,
		primary key (session, id)
	) strict, without rowid;
	create index sent_at on sent (at);
	`,
];

/** The data folder cannot be written, or read. Nothing of what was asked for has happened. */
export class StorageFailed extends Error {}

/**
 * One file, one process: SQLite's exclusive lock keeps a second gateway out, which would throw this one off WhatsApp.
 */
export class Database {
	#sqlite;
	#depth = 0;
	/** @type {Map<string, import("node:sqlite").StatementSync>} */
	#statements = new Map();
	#failed = false;

	/** @param {string} folder @throws {Refused} with a sentence for the person who starts the gateway */
	constructor(folder) {
		this.folder = prepared(folder);
		this.#sqlite = opened(join(folder, FILE), folder);
	}

	/**
	 * @param {string} sql
	 * @param {...import("node:sqlite").SQLInputValue} values
	 * @returns {Record<string, any>[]}
	 */
	all(sql, ...values) {
		return this.#guarded(() => this.#statement(sql).all(...values));
	}

	/**
	 * @param {string} sql
	 * @param {...import("node:sqlite").SQLInputValue} values
	 * @returns {Record<string, any> | undefined}
	 */
	get(sql, ...values) {
		return this.#guarded(() => this.#statement(sql).get(...values));
	}

	/**
	 * @param {string} sql
	 * @param {...import("node:sqlite").SQLInputValue} values
	 * @returns {{changes: number, id: number}}
	 */
	run(sql, ...values) {
		const { changes, lastInsertRowid } = this.#guarded(() => this.#statement(sql).run(...values));
		this.#failed = false;
		return { changes: Number(changes), id: Number(lastInsertRowid) };
	}

	/** @template T @param {() => T} work synchronous @returns {T} */
	transaction(work) {
		if (this.#depth > 0) return work();
		this.#guarded(() => this.#sqlite.exec("begin immediate"));
		this.#depth++;
		try {
			const result = work();
			this.#guarded(() => this.#sqlite.exec("commit"));
			return result;
		} catch (error) {
			if (this.#sqlite.isTransaction) this.#sqlite.exec("rollback");
			throw error;
		} finally {
			this.#depth--;
		}
	}

	/** Reads always; writes only after a failure, since a health check must not wear the disk out. */
	healthy() {
		try {
			this.get("select 1 from setting limit 1");
			if (this.#failed) this.writeSetting("probe", "1");
			return true;
		} catch (error) {
			if (error instanceof StorageFailed) return false;
			throw error;
		}
	}

	/** @param {string} name @returns {string | undefined} */
	readSetting(name) {
		return this.get("select value from setting where name = ?", name)?.value;
	}

	/** @param {string} name @param {string} value */
	writeSetting(name, value) {
		this.run(
			"insert into setting values (?, ?) on conflict do update set value = excluded.value",
			name,
			value,
		);
	}

	close() {
		this.#statements.clear();
		if (this.#sqlite.isOpen) this.#sqlite.close();
	}

	/** @param {string} sql */
	#statement(sql) {
		const known = this.#statements.get(sql) ?? this.#sqlite.prepare(sql);
		this.#statements.set(sql, known);
		return known;
	}

	/** @template T @param {() => T} work @returns {T} */
	#guarded(work) {
		try {
			return work();
		} catch (error) {
			const { code, errcode, errstr } = /** @type {any} */ (error);
			if (code !== "ERR_SQLITE_ERROR" || (errcode & 0xff) === 19) throw error;
			this.#failed = true;
			throw new StorageFailed(`The data folder cannot be used: ${errstr}`, { cause: error });
		}
	}
}

/**
 * Not `recursive`: Node then tries for ever where the parent is there and nothing can be made in it, as in `/proc`.
 * @param {string} path
 */
function makeFolder(path) {
	if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
	makeFolder(dirname(path));
	mkdirSync(path, { mode: 0o700 });
}

/** @param {string} folder */
function prepared(folder) {
	try {
		makeFolder(folder);
		accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
		return folder;
	} catch (error) {
		throw new Refused(
			`The data folder ${folder} cannot be used (${/** @type {any} */ (error).code}): name another one in GATEWAY_DATA`,
		);
	}
}

/** @param {string} path @param {string} folder */
function opened(path, folder) {
	let sqlite;
	try {
		sqlite = new DatabaseSync(path);
		sqlite.exec(
			"pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma secure_delete = on",
		);
		sqlite.exec("begin immediate; commit");
		chmodSync(path, 0o600);
		migrate(sqlite, path);
		return sqlite;
	} catch (error) {
		sqlite?.close();
		throw error instanceof Refused ? error : refusal(/** @type {any} */ (error), path, folder);
	}
}

/**
 * @param {{errcode?: number, errstr?: string, code?: string}} error
 * @param {string} path
 * @param {string} folder
 */
function refusal(error, path, folder) {
	const kind = (error.errcode ?? 0) & 0xff;
	if (kind === BUSY)
		return new Refused(
			`Another gateway uses the data folder ${folder}: stop it, or name another folder in GATEWAY_DATA`,
			"FOLDER_IN_USE",
		);
	if (kind === NOT_A_DATABASE)
		return new Refused(`${path} is not a database of the gateway: move it away, or restore a backup`);
	return new Refused(`The database ${path} cannot be opened: ${error.errstr ?? error.code}`);
}

/** @param {DatabaseSync} sqlite @param {string} path */
function migrate(sqlite, path) {
	const version = Number(sqlite.prepare("pragma user_version").get()?.user_version);
	if (version > MIGRATIONS.length) {
		throw new Refused(
			`${path} was written by a newer gateway (version ${version}, this one knows ${MIGRATIONS.length}): start that one`,
		);
	}
	for (let next = version; next < MIGRATIONS.length; next++) {
		sqlite.exec(`begin; ${MIGRATIONS[next]} pragma user_version = ${next + 1}; commit`);
	}
}
