import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { Refused } from "../../config.js";
import { CredentialStore } from "../../store/credentials.js";
import { Database, StorageFailed } from "../../store/database.js";
import { SentStore } from "../../store/sent.js";
import { SessionStore } from "../../store/sessions.js";
import { folder } from "./support.js";

const ROUNDS = Number(process.env.KILL_ROUNDS ?? 20);
const WRITER = new URL("writer.js", import.meta.url);
const VERSION_1 = new URL("version_1.sql", import.meta.url);
const FIELDS = {
	owner: "default",
	session_id: "ventas_1",
	name: "Ventas",
	expected_number: null,
	send_to_frappe: 0,
	webhook_url: null,
	webhook_secret: null,
	webhook_events: "[]",
};

/** @param {string} data @param {(sqlite: DatabaseSync) => void} work */
function tamper(data, work) {
	const sqlite = new DatabaseSync(join(data, "gateway.sqlite"));
	work(sqlite);
	sqlite.close();
}

test("a second gateway on the same folder is kept out with one line, and let in when the first is gone", () => {
	const data = folder();
	const first = new Database(data);
	assert.throws(
		() => new Database(data),
		new Refused(
			`Another gateway uses the data folder ${data}: stop it, or name another folder in GATEWAY_DATA`,
			"FOLDER_IN_USE",
		),
	);
	first.close();
	new Database(data).close();
});

test("a database of a newer gateway is left alone", () => {
	const data = folder();
	new Database(data).close();
	tamper(data, (sqlite) => sqlite.exec("pragma user_version = 99"));
	assert.throws(() => new Database(data), /written by a newer gateway \(version 99, this one knows \d+\)/);
	tamper(data, (sqlite) => assert.equal(sqlite.prepare("pragma user_version").get()?.user_version, 99));
});

test("a database of an older gateway is brought up to date, and its sessions and pairings stay", () => {
	const data = folder();
	tamper(data, (sqlite) => sqlite.exec(readFileSync(VERSION_1, "utf8")));
	const newer = new Database(data);
	assert.equal(new CredentialStore(newer).readCreds(7), "the pairing");
	assert.deepEqual(
		new SessionStore(newer).all().map(({ id, session_id, restriction }) => [id, session_id, restriction]),
		[[7, "ventas_1", null]],
	);
	const sent = new SentStore(newer).of(7);
	sent.keep("A1", "34600000002@s.whatsapp.net", "hola");
	assert.equal(sent.find("A1")?.text, "hola");
	newer.close();
});

test("texts that were sent: the last thousand of a session, three days, gone with it", () => {
	const database = new Database(folder());
	const sessions = new SessionStore(database);
	const [one, other] = ["one", "other"].map((session_id) => sessions.insert({ ...FIELDS, session_id }).id);
	const sent = new SentStore(database);
	sent.of(other).keep("kept", "34600000002@s.whatsapp.net", "of the other");
	database.transaction(() => {
		for (let number = 0; number <= 1000; number++) {
			sent.of(one).keep(`A${number}`, "34600000002@s.whatsapp.net", `text ${number}`);
			database.run("update sent set at = at - 1 where session = ?", one);
		}
	});
	assert.equal(sent.of(one).find("A0"), undefined);
	assert.equal(sent.of(one).find("A1000")?.text, "text 1000");
	assert.equal(sent.of(other).find("A1000"), undefined);
	const threeDays = 3 * 24 * 60 * 60 * 1000;
	database.run("update sent set at = at - ? where id = 'A1000'", threeDays);
	assert.equal(sent.of(one).find("A1000"), undefined);
	sessions.remove(one);
	assert.equal(database.get("select count(*) as left from sent")?.left, 1);
	sent.forgetOld(Date.now() + threeDays + 1000);
	assert.equal(database.get("select count(*) as left from sent")?.left, 0);
	database.close();
});

test("what is no database, and what is no folder", () => {
	const data = folder();
	writeFileSync(
		join(data, "gateway.sqlite"),
		"not a database at all, but long enough to be looked at".repeat(20),
	);
	assert.throws(() => new Database(data), /is not a database of the gateway/);
	assert.throws(
		() => new Database(join(data, "gateway.sqlite")),
		/The data folder .* cannot be used \((ENOTDIR|EEXIST)\)/,
	);
});

test("a folder that cannot be made", () => {
	assert.throws(
		() => new Database("/proc/nowhere"),
		/The data folder \/proc\/nowhere cannot be used \((ENOENT|EACCES)\): name another one in GATEWAY_DATA/,
	);
});

test("a full disk fails what is asked, loses nothing, and is healthy again when there is room", () => {
	const database = new Database(folder());
	const sessions = new SessionStore(database);
	const credentials = new CredentialStore(database);
	const { id } = sessions.insert(FIELDS);
	credentials.writeCreds(id, "the pairing");
	const pages = Number(database.get("pragma page_count")?.page_count);
	database.get(`pragma max_page_count = ${pages}`);
	const large = () =>
		credentials.writeKeys(id, [
			["pre-key", "small", "1"],
			["session", "large", "x".repeat(1_000_000)],
		]);
	assert.throws(large, StorageFailed);
	assert.equal(database.healthy(), true, "a small write still has room");
	assert.equal(
		credentials.readKeys(id, "pre-key", ["small"]).size,
		0,
		"half of a set would be worse than none",
	);
	assert.equal(credentials.readCreds(id), "the pairing");
	database.get("pragma max_page_count = 1000000");
	large();
	assert.equal(credentials.readKeys(id, "session", ["large"]).get("large")?.length, 1_000_000);
	database.close();
});

test("keys are read and removed one by one; to forget takes all of one session and nothing of another", () => {
	const database = new Database(folder());
	const sessions = new SessionStore(database);
	const store = new CredentialStore(database);
	const [one, other] = ["a", "b"].map((name) => sessions.insert({ ...FIELDS, session_id: name }).id);
	for (const id of [one, other])
		store.writeKeys(id, [
			["session", "x", "1"],
			["session", "y'", "2"],
			["pre-key", "x", "3"],
		]);
	store.writeKeys(one, [
		["session", "x", null],
		["session", "y'", "4"],
	]);
	assert.deepEqual([...store.readKeys(one, "session", ["x", "y'", "z"])], [["y'", "4"]]);
	store.writeCreds(one, "c");
	store.writeCreds(other, "d");
	store.forget(one);
	assert.deepEqual([store.readCreds(one), store.readKeys(one, "pre-key", ["x"]).size], [null, 0]);
	assert.deepEqual([store.readCreds(other), store.readKeys(other, "pre-key", ["x"]).size], ["d", 1]);
	sessions.remove(other);
	assert.equal(database.get("select count(*) as n from signal_key")?.n, 0);
	database.close();
});

test("numbers are drawn, not counted; a name is taken once per owner, and free again when its session leaves", () => {
	const database = new Database(folder());
	const sessions = new SessionStore(database);
	const ids = Array.from(
		{ length: 20 },
		(_one, number) => sessions.insert({ ...FIELDS, session_id: `s_${number}` }).id,
	);
	assert.equal(new Set(ids).size, 20);
	assert.ok(Math.max(...ids) - Math.min(...ids) > 1_000_000);
	assert.throws(() => sessions.insert({ ...FIELDS, session_id: "s_1" }));
	sessions.insert({ ...FIELDS, session_id: "s_1", owner: "another" });
	sessions.update(ids[1], { leaving_since: 1 });
	sessions.insert({ ...FIELDS, session_id: "s_1" });
	database.close();
});

test(`kill -9 in the middle of writing, ${ROUNDS} times: all that was acknowledged is there, and no half of anything`, { timeout: ROUNDS * 5000 }, async () => {
	const data = folder();
	const setup = new Database(data);
	const { id } = new SessionStore(setup).insert(FIELDS);
	setup.close();
	for (let round = 0; round < ROUNDS; round++) {
		const acknowledged = await killedWriter(data, id, Math.random() * 40);
		const database = new Database(data);
		assert.equal(database.get("pragma integrity_check")?.integrity_check, "ok");
		const store = new CredentialStore(database);
		const creds = Number(store.readCreds(id));
		const keys = [...store.readKeys(id, "session", ["a", "b"]).values()].map((value) =>
			Number(value.split(" ")[0]),
		);
		assert.ok(
			creds >= acknowledged && keys[0] === keys[1] && keys[0] >= acknowledged,
			`${acknowledged} ${creds} ${keys}`,
		);
		database.close();
	}
});

/**
 * @param {string} data
 * @param {number} id
 * @param {number} milliseconds after its first write
 * @returns {Promise<number>} the last write that it told of
 */
function killedWriter(data, id, milliseconds) {
	return new Promise((resolve) => {
		let last = 0;
		const child = fork(WRITER, [data, String(id)], { stdio: "inherit" });
		child.on("message", (number) => {
			if (!last) setTimeout(() => child.kill("SIGKILL"), milliseconds);
			last = Number(number);
		});
		child.on("close", () => resolve(last));
	});
}
