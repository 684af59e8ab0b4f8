import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Stage } from "../support/stage.js";
import { until } from "../support/until.js";

const stage = new Stage();

/** A linked session and its name, which is what messages go by. @param {object} [fields] */
async function linked(fields = stage.receiver.fields) {
	const phone = stage.phone();
	const id = await stage.gateway.linked(phone, fields);
	const { sessionId } = await stage.gateway.status(id);
	return { phone, id, sessionId };
}

/** @param {string} sessionId @param {object} body */
const send = (sessionId, body) => stage.gateway.call("POST", `/messages/${sessionId}/send`, body);

describe("a text that is sent", () => {
	it("reaches the phone, is seen on the own phone, and its fate is told", async () => {
		const { receiver } = stage;
		const { phone, id, sessionId } = await linked();
		const contact = stage.phone();
		const { status, body } = await send(sessionId, { to: contact.number, type: "text", message: "¡Hola! 👋" });
		assert.equal(status, 200);
		const message = body.data.message ?? body.data;
		const messageId = message.whatsappMessageId ?? message.messageId;
		await until(() => contact.received.length === 1);
		assert.deepEqual(contact.received[0], { from: phone.number, id: messageId, text: "¡Hola! 👋", fromMe: false });
		await until(() => phone.received.some(({ fromMe, text }) => fromMe && text === "¡Hola! 👋"));
		await contact.read(messageId);
		const ack = await receiver.expect(id, "message.ack", (data) => data.messageId === messageId && data.ack === 3);
		assert.equal(ack.status, "read");
	});

	it("may go to a jid, and many may go one after the other", async () => {
		const { sessionId } = await linked();
		const contact = stage.phone();
		const texts = Array.from({ length: 20 }, (_, i) => `message ${i}`);
		for (const message of texts) assert.equal((await send(sessionId, { to: `${contact.number}@s.whatsapp.net`, message })).status, 200);
		await until(() => contact.received.length === 20);
		assert.deepEqual(contact.received.map(({ text }) => text), texts);
		assert.equal(contact.account.undecrypted.size, 0);
	});

	it("and refused by WhatsApp is an error, and told as failed", async () => {
		const { fake, receiver } = stage;
		const { id, sessionId } = await linked();
		fake.trouble.refuseMessages(479, 1);
		const { status, body } = await send(sessionId, { to: stage.phone().number, message: "no" });
		assert.deepEqual([status, body.code], [500, "WHATSAPP_ERROR"]);
		const ack = await receiver.expect(id, "message.ack");
		assert.deepEqual([ack.status, ack.ack, ack.reason], ["failed", -1, "refused"]);
		const contact = stage.phone();
		await send(sessionId, { to: contact.number, message: "yes" });
		await until(() => contact.received.length === 1);
	});

	it("is refused while the session is not connected, and taken again afterwards", async () => {
		const { gateway } = stage;
		const { id, sessionId } = await linked();
		const contact = stage.phone();
		await gateway.call("POST", `/sessions/${id}/disconnect`, {});
		const { status, body } = await send(sessionId, { to: contact.number, message: "hola" });
		assert.equal(status, 400);
		assert.equal(body.code, "SESSION_NOT_CONNECTED");
		await gateway.connect(id);
		await gateway.untilStatus(id, "connected");
		assert.equal((await send(sessionId, { to: contact.number, message: "hola" })).status, 200);
		await until(() => contact.received.length === 1);
	});
});

describe("what becomes of a text", () => {
	/** @param {any} data @param {string} messageId @param {number} ack */
	const is = (data, messageId, ack) => data.messageId === messageId && data.ack === ack;

	/** In the order in which they were told. @param {number} id @param {string} messageId */
	const acks = (id, messageId) =>
		stage.receiver.of(id).filter(({ event, data }) => event === "message.ack" && data.messageId === messageId).map(({ data }) => data.ack);

	/** WhatsApp's times are full seconds. @returns {Promise<number>} the first moment of one that begins now */
	async function nextSecond() {
		await sleep(1000 - (Date.now() % 1000));
		return Math.floor(Date.now() / 1000) * 1000;
	}

	it("is told step by step, with the time at which WhatsApp says that it happened", async () => {
		const { receiver } = stage;
		const { id, sessionId } = await linked();
		const contact = stage.phone();
		contact.turnOff();
		const { body } = await send(sessionId, { to: contact.number, message: "hola" });
		const { whatsappMessageId: messageId, status } = body.data.message;
		assert.equal(status, "sent");
		await receiver.expect(id, "message.ack", (data) => is(data, messageId, 1));
		const turnedOn = await nextSecond();
		await contact.turnOn();
		const delivered = await receiver.expect(id, "message.ack", (data) => is(data, messageId, 2));
		await contact.read(messageId);
		const read = await receiver.expect(id, "message.ack", (data) => is(data, messageId, 3));
		assert.deepEqual([delivered.status, read.status], ["delivered", "read"]);
		assert.deepEqual(acks(id, messageId), [1, 2, 3]);
		for (const { timestamp, chatId } of [delivered, read]) {
			assert.ok(Date.parse(timestamp) >= turnedOn && Date.parse(timestamp) <= Date.now(), timestamp);
			assert.equal(chatId, `${contact.number}@s.whatsapp.net`);
		}
	});

	it("to the linked number itself is told, too", async () => {
		const { receiver } = stage;
		const { phone, id, sessionId } = await linked();
		phone.turnOff();
		const { body } = await send(sessionId, { to: phone.number, message: "note to self" });
		const { whatsappMessageId: messageId, chatId } = body.data.message;
		assert.equal(chatId, `${phone.number}@s.whatsapp.net`);
		await receiver.expect(id, "message.ack", (data) => is(data, messageId, 1));
		const turnedOn = await nextSecond();
		await phone.turnOn();
		const delivered = await receiver.expect(id, "message.ack", (data) => is(data, messageId, 2));
		assert.ok(Date.parse(delivered.timestamp) >= turnedOn, delivered.timestamp);
		assert.equal(delivered.chatId, chatId);
		assert.deepEqual(phone.received, [{ from: phone.number, id: messageId, text: "note to self", fromMe: true }]);
		await phone.read(messageId);
		const read = await receiver.expect(id, "message.ack", (data) => is(data, messageId, 3));
		assert.equal(read.chatId, chatId);
		// Baileys seals it twice for the own phone, which confirms both
		assert.deepEqual(acks(id, messageId).filter((ack, at, all) => ack !== all[at - 1]), [1, 2, 3]);
		assert.deepEqual(receiver.events(id).filter((event) => event === "message.received"), []);
	});

	it("that the other side cannot read is sent again, also after a restart", async () => {
		const { gateway } = stage;
		const { id, sessionId } = await linked();
		const contact = stage.phone();
		contact.turnOff();
		await send(sessionId, { to: contact.number, message: "¿me lees? 👋" });
		await gateway.kill();
		await gateway.start();
		await gateway.untilStatus(id, "connected");
		contact.account.loseKeys();
		await contact.turnOn();
		await until(() => contact.received.length === 1);
		assert.equal(contact.received[0].text, "¿me lees? 👋");
		assert.equal(contact.account.undecrypted.size, 0);
	});
});

describe("an account that WhatsApp restricts", () => {
	const endsAt = Math.floor(Date.now() / 1000) + 3600;
	const iso = new Date(endsAt * 1000).toISOString();

	it("stays connected and says until when", async () => {
		const { gateway } = stage;
		const { phone, id } = await linked();
		await phone.restrict(endsAt, "WEB_COMPANION_ONLY");
		const status = await gateway.untilStatus(id, ({ restriction }) => restriction);
		assert.deepEqual(status.restriction, { until: iso, reason: "WEB_COMPANION_ONLY" });
		assert.equal(status.isConnected, true);
		const { body } = await gateway.call("GET", "/sessions?limit=100");
		assert.deepEqual(body.data.sessions.find((/** @type {any} */ row) => row.id === id).restriction, status.restriction);
		await gateway.kill();
		await gateway.start();
		assert.deepEqual((await gateway.untilStatus(id, "connected")).restriction, status.restriction);
		await phone.free();
		await gateway.untilStatus(id, ({ restriction }) => !restriction);
	});

	it("begins no conversation, answers in those that it has, and may again when it is free", async () => {
		const { receiver, gateway } = stage;
		const { phone, id, sessionId } = await linked();
		const [stranger, friend] = [stage.phone(), stage.phone()];
		await friend.text(phone.number, "hola");
		await receiver.expect(id, "message.received");
		phone.account.restriction = { until: endsAt, type: "DEFAULT" };
		const { status, body } = await send(sessionId, { to: stranger.number, message: "buy" });
		assert.deepEqual([status, body.code, body.restrictedUntil], [409, "ACCOUNT_RESTRICTED", iso]);
		assert.deepEqual((await gateway.status(id)).restriction, { until: iso, reason: "DEFAULT" });
		const failed = await receiver.expect(id, "message.ack", (data) => data.status === "failed");
		assert.equal(failed.reason, "restricted");
		assert.equal((await send(sessionId, { to: friend.number, message: "an answer" })).status, 200);
		await phone.free();
		await gateway.untilStatus(id, ({ restriction }) => !restriction);
		assert.equal((await send(sessionId, { to: stranger.number, message: "hola" })).status, 200);
		await until(() => stranger.received.length > 0);
		assert.deepEqual(stranger.received.map(({ text }) => text), ["hola"]);
	});

	it("is free when the time is over, or was lifted while the session was away", async () => {
		const { gateway } = stage;
		const { phone, id } = await linked();
		await phone.restrict(Math.ceil(Date.now() / 1000) + 5);
		await gateway.untilStatus(id, ({ restriction }) => restriction);
		await gateway.untilStatus(id, ({ restriction }) => !restriction);
		await phone.restrict(null);
		assert.equal((await gateway.untilStatus(id, ({ restriction }) => restriction)).restriction.reason, "DEFAULT");
		await gateway.call("POST", `/sessions/${id}/disconnect`, {});
		await phone.free();
		await gateway.connect(id);
		await gateway.untilStatus(id, ({ isConnected, restriction }) => isConnected && !restriction);
	});
});

describe("a text that comes in", () => {
	it("is told once, with who said it", async () => {
		const { receiver } = stage;
		const { phone, id } = await linked();
		const contact = stage.phone();
		const messageId = await contact.text(phone.number, "¿qué tal?");
		const { message } = await receiver.expect(id, "message.received");
		assert.equal(message.whatsappMessageId, messageId);
		assert.equal(message.content, "¿qué tal?");
		assert.equal(message.from, `${contact.number}@s.whatsapp.net`);
		await until(() => contact.receipts.some((receipt) => receipt.id === messageId));
		assert.equal(receiver.events(id).filter((event) => event === "message.received").length, 1);
	});

	it("while the session was away is told when it is back, in order", async () => {
		const { gateway, receiver } = stage;
		const { phone, id } = await linked();
		const contact = stage.phone();
		await gateway.call("POST", `/sessions/${id}/disconnect`, {});
		const texts = ["one", "two", "three"];
		for (const text of texts) await contact.text(phone.number, text);
		await gateway.connect(id);
		const heard = () => receiver.of(id).filter(({ event }) => event === "message.received");
		await until(() => heard().length === 3);
		assert.deepEqual(heard().map(({ data }) => data.message.content), texts);
	});

	it("reaches the site although it was down, in order", async () => {
		const { receiver } = stage;
		const { phone, id } = await linked();
		const contact = stage.phone();
		receiver.statuses = [500, 503, 401];
		for (const text of ["a", "b", "c"]) await contact.text(phone.number, text);
		const heard = () => receiver.of(id).filter(({ event }) => event === "message.received");
		await until(() => heard().length === 3, { within: 15_000 });
		assert.deepEqual(heard().map(({ data }) => data.message.content), ["a", "b", "c"]);
	});

	it("is answered in the same conversation, to and fro", async () => {
		const { receiver } = stage;
		const { phone, id, sessionId } = await linked();
		const contact = stage.phone();
		for (let round = 0; round < 5; round++) {
			await contact.text(phone.number, `question ${round}`);
			await receiver.expect(id, "message.received", ({ message }) => message.content === `question ${round}`);
			await send(sessionId, { to: contact.number, message: `answer ${round}` });
			await until(() => contact.received.length === round + 1);
		}
		assert.equal(contact.account.undecrypted.size, 0);
	});
});
