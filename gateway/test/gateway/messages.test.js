import assert from "node:assert/strict";
import { describe, it } from "node:test";
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

	it("and refused by WhatsApp is told as failed", async () => {
		const { fake, receiver } = stage;
		const { id, sessionId } = await linked();
		fake.trouble.refuseMessages(463, 1);
		const { body } = await send(sessionId, { to: stage.phone().number, message: "no" });
		const message = body.data.message ?? body.data;
		const messageId = message.whatsappMessageId ?? message.messageId;
		const ack = await receiver.expect(id, "message.ack", (data) => data.messageId === messageId);
		assert.equal(ack.status, "failed");
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
