import assert from "node:assert/strict";
import { after, afterEach, before } from "node:test";
import { startFake } from "../fake/server.js";
import { Trouble } from "../fake/trouble.js";
import { Gateway } from "./gateway.js";
import { Receiver } from "./receiver.js";
import { until } from "./until.js";

let last = 34600000000;

/** One gateway, its WhatsApp and a site, for all tests of a file. */
export class Stage {
	fake = /** @type {import("../fake/server.js").Fake} */ (/** @type {unknown} */ (undefined));
	gateway = /** @type {Gateway} */ (/** @type {unknown} */ (undefined));
	receiver = /** @type {Receiver} */ (/** @type {unknown} */ (undefined));

	/**
	 * @param {import("./gateway.js").Environment} [environment]
	 * @param {{ refs?: number }} [options]
	 */
	constructor(environment = {}, options = {}) {
		before(async () => {
			this.fake = await startFake(options);
			this.receiver = await new Receiver().start();
			this.gateway = await Gateway.start(this.fake, environment);
		});
		afterEach(async () => {
			this.fake.world.trouble = new Trouble();
			await this.#clean();
			assert.deepEqual(this.fake.world.faults, []);
			assert.deepEqual(this.receiver.badSignatures(), []);
		});
		after(async () => {
			await this.gateway.remove();
			await this.receiver.close();
			await this.fake.close();
		});
	}

	/** The next test finds no session, and nobody connected. */
	async #clean() {
		if (this.gateway.hasEnded) return;
		for (const id of await this.gateway.sessions()) await this.gateway.call("DELETE", `/sessions/${id}`);
		const { accounts, connections } = this.fake.world;
		const linked = () => [...accounts.values()].some(({ devices }) => devices.size);
		await until(() => connections.size === 0 && !linked(), { what: "all sessions gone" });
	}

	/** A phone whose number nobody has used yet. */
	phone() {
		return this.fake.phone(String(++last));
	}
}
