import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Stage } from "../support/stage.js";
import { until } from "../support/until.js";

const ROUNDS = Number(process.env.KILL_ROUNDS ?? 20);
/** Texts in each direction around a kill. */
const BURST = 8;
/** Rounds are killed when none, one, two … of their texts were taken. */
const MOST_TAKEN = 4;
const stage = new Stage();

/** After a kill the file is whole; looked at before the next process locks it. */
function intact() {
	const database = new DatabaseSync(join(stage.gateway.data, "gateway.sqlite"));
	const [{ integrity_check: found }] = database.prepare("pragma integrity_check").all();
	database.close();
	assert.equal(found, "ok");
}

/** The kill after `milliseconds`, and the start that follows it. @param {number} milliseconds */
async function die(milliseconds) {
	await sleep(milliseconds);
	await stage.gateway.kill();
	intact();
	await stage.gateway.start();
}

/** A text in each direction proves the pairing. @param {number} id @param {import("../fake/phone.js").Phone} phone */
async function talks(id, phone) {
	const { gateway, receiver } = stage;
	const contact = stage.phone();
	const { sessionId } = await gateway.status(id);
	const messageId = await contact.text(phone.number, "in");
	await receiver.expect(id, "message.received", ({ message }) => message.whatsappMessageId === messageId);
	assert.equal((await gateway.call("POST", `/messages/${sessionId}/send`, { to: contact.number, message: "out" })).status, 200);
	await until(() => contact.received.length === 1);
	assert.equal(contact.account.undecrypted.size, 0);
}

/** Texts between a session and one contact. */
class Traffic {
	/** @type {Set<string>} ids of messages that the gateway took */
	taken = new Set();
	/** @type {string[]} */
	said = [];

	/** @param {string} sessionId @param {import("../fake/phone.js").Phone} phone @param {import("../fake/phone.js").Phone} contact */
	constructor(sessionId, phone, contact) {
		this.sessionId = sessionId;
		this.phone = phone;
		this.contact = contact;
	}

	async send() {
		for (let i = 0; i < BURST; i++, await sleep(15)) {
			const body = { to: this.contact.number, message: `out ${i}` };
			const answer = await stage.gateway.call("POST", `/messages/${this.sessionId}/send`, body).catch(() => undefined);
			if (answer?.status === 200) this.taken.add(answer.body.data.message.whatsappMessageId);
		}
	}

	async say() {
		for (let i = 0; i < BURST; i++, await sleep(20)) {
			this.said.push(`in ${this.said.length}`);
			await this.contact.text(this.phone.number, this.said[this.said.length - 1]);
		}
	}

	/** How many texts have not come to their end, by where they are missing. @param {number} id of the session */
	missing(id) {
		const arrived = new Set(this.contact.received.map((message) => message.id));
		const heard = new Set(stage.receiver.of(id).map(({ data }) => data.message?.content));
		return {
			lost: [...this.taken].filter((messageId) => !arrived.has(messageId)).length,
			unread: this.contact.account.undecrypted.size,
			untold: this.said.filter((text) => !heard.has(text)).length,
		};
	}
}

describe(`kill -9, ${ROUNDS} rounds`, () => {
	const outcome = { linked: 0, asksAgain: 0, ghosts: 0 };

	it("at any moment after a scan: what the phone lists is connected and can talk", { timeout: ROUNDS * 20_000 }, async (t) => {
		const { gateway, receiver } = stage;
		for (let round = 0; round < ROUNDS; round++) {
			const phone = stage.phone();
			const id = await gateway.waiting(`kill_${round}`, receiver.fields);
			const scanned = phone.scan(await gateway.code(id)).catch(() => undefined);
			await die((300 * round) / ROUNDS);
			await scanned;
			const { status } = await gateway.untilStatus(id, ({ status }) => status === "connected" || status === "disconnected");
			if (status === "connected") {
				outcome.linked += 1;
				await talks(id, phone);
			} else {
				outcome.asksAgain += 1;
				outcome.ghosts += phone.devices.length;
				await gateway.connect(id);
				await phone.scan(await gateway.code(id));
				await gateway.untilStatus(id, "connected");
			}
			await gateway.call("DELETE", `/sessions/${id}`);
		}
		t.diagnostic(JSON.stringify(outcome));
		assert.equal(outcome.ghosts, 0);
		assert.ok(outcome.linked > 0);
	});

	it("under traffic in both directions: what WhatsApp took arrives, and everything can be read", { timeout: ROUNDS * 20_000 }, async (t) => {
		const { gateway, receiver } = stage;
		const [phone, contact] = [stage.phone(), stage.phone()];
		const id = await gateway.linked(phone, receiver.fields);
		const traffic = new Traffic((await gateway.status(id)).sessionId, phone, contact);
		for (let round = 0; round < ROUNDS; round++) {
			const before = traffic.taken.size;
			const running = [traffic.send(), traffic.say()];
			await until(() => traffic.taken.size >= before + (round % MOST_TAKEN), { what: "texts taken" });
			await die((60 * round) / ROUNDS);
			await Promise.all(running);
			await gateway.untilStatus(id, "connected");
			await until(() => phone.devices[0].queue.size === 0, { what: "every text received" });
		}
		await talks(id, phone);
		await until(() => Object.values(traffic.missing(id)).every((count) => count === 0)).catch(() => undefined);
		t.diagnostic(JSON.stringify({ sent: traffic.taken.size, received: traffic.said.length, ...traffic.missing(id) }));
		assert.ok(traffic.taken.size >= ROUNDS, `${traffic.taken.size} texts taken`);
		assert.deepEqual(traffic.missing(id), { lost: 0, unread: 0, untold: 0 });
	});
});
