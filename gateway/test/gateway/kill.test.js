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
		const { sessionId } = await gateway.status(id);
		/** @type {Set<string>} ids of messages that the gateway took */
		const taken = new Set();
		/** @type {string[]} */
		const said = [];
		const sending = async () => {
			for (let i = 0; i < BURST; i++, await sleep(15)) {
				const body = { to: contact.number, message: `out ${i}` };
				const answer = await gateway.call("POST", `/messages/${sessionId}/send`, body).catch(() => undefined);
				const message = answer?.body.data?.message ?? answer?.body.data;
				if (answer?.status === 200) taken.add(message.whatsappMessageId ?? message.messageId);
			}
		};
		const saying = async () => {
			for (let i = 0; i < BURST; i++, await sleep(20)) {
				said.push(`in ${said.length}`);
				await contact.text(phone.number, said[said.length - 1]);
			}
		};
		for (let round = 0; round < ROUNDS; round++) {
			const traffic = [sending(), saying()];
			await die((250 * round) / ROUNDS);
			await Promise.all(traffic);
			await gateway.untilStatus(id, "connected");
			await until(() => phone.devices[0].queue.size === 0, { what: "every text received" });
		}
		await talks(id, phone);

		/** @param {string} event @returns {any[]} */
		const told = (event) => receiver.of(id).filter((body) => body.event === event).map(({ data }) => data);
		const confirmed = told("message.ack").filter(({ ack }) => ack > 0).map(({ messageId }) => messageId);
		const arrived = new Set(contact.received.map((message) => message.id));
		const { undecrypted } = contact.account;
		assert.deepEqual(confirmed.filter((messageId) => taken.has(messageId) && !arrived.has(messageId) && !undecrypted.has(messageId)), []);
		// Baileys stores the ratchet after it has sent: what a kill hits there, the phone shows as "waiting for this message"
		const unread = undecrypted.size;
		const heard = new Set(told("message.received").map(({ message }) => message.content));
		const untold = said.filter((text) => !heard.has(text)).length;
		const lost = [...taken].filter((messageId) => !arrived.has(messageId)).length;
		t.diagnostic(JSON.stringify({ sent: taken.size, lost, unread, received: said.length, untold }));
		assert.equal(untold, 0);
		assert.ok(Math.max(lost, unread) <= ROUNDS);
	});
});
