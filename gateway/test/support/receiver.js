import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { until } from "./until.js";

/** A site that webhooks are sent to: answers with the statuses it is told, then 200, and keeps what came. */
export class Receiver {
	secret = "a-secret-of-the-webhooks";
	/** @type {{ headers: import("node:http").IncomingHttpHeaders, raw: string, body: any }[]} */
	received = [];
	/** @type {number[]} */
	statuses = [];
	#server = createServer(async (request, response) => {
		const raw = await text(request);
		const status = this.statuses.shift() ?? 200;
		if (status < 300) this.received.push({ headers: request.headers, raw, body: JSON.parse(raw) });
		response.writeHead(status).end();
	});

	async start() {
		await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve(null)));
		return this;
	}

	get url() {
		const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
		return `http://127.0.0.1:${port}/hook`;
	}

	/** What a session needs to be created with. */
	get fields() {
		return { webhookUrl: this.url, webhookSecret: this.secret };
	}

	/** @param {string} [sessionId] @returns {any[]} bodies, oldest first */
	bodies(sessionId) {
		const all = this.received.map(({ body }) => body);
		return sessionId ? all.filter(({ data }) => data.sessionId === sessionId) : all;
	}

	/** Names of events, oldest first. @param {number} id of a session */
	events(id) {
		return this.of(id).map(({ event }) => event);
	}

	/** @param {number} id @returns {any[]} */
	of(id) {
		return this.bodies().filter(({ data }) => data.session_db_id === id);
	}

	/** @param {number} id @param {string} event @param {(data: any) => unknown} [fits] */
	async expect(id, event, fits = () => true) {
		const found = () => this.of(id).find((body) => body.event === event && fits(body.data));
		return (await until(found, { what: `a webhook ${event}` })).data;
	}

	/** Signatures that do not fit what came with them. */
	badSignatures() {
		return this.received.filter(({ headers, raw }) => {
			const signature = createHmac("sha256", this.secret).update(raw).digest("hex");
			return headers["x-webhook-signature"] !== `sha256=${signature}`;
		});
	}

	close() {
		this.#server.closeAllConnections();
		return new Promise((resolve) => this.#server.close(resolve));
	}
}
