import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Gateway } from "../test/support/gateway.js";

const FAKE = new URL("../test/fake/main.js", import.meta.url).pathname;
const CLOCK_TICKS = 100;

/** The fake in a process of its own, so that its work is not measured as the gateway's. */
export class FakeProcess {
	url = "";
	#control = "";
	/** @type {import("node:child_process").ChildProcess | undefined} */
	#process;

	async start() {
		const child = spawn(process.execPath, [FAKE], { stdio: ["ignore", "pipe", "ignore"] });
		const [line] = await once(/** @type {import("node:stream").Readable} */ (child.stdout), "data");
		const { url, control } = JSON.parse(line);
		this.#process = child;
		this.url = url;
		this.#control = control;
		return this;
	}

	/** @param {string} command one of `test/fake/control.js` @param {object} [details] @returns {Promise<any>} */
	async tell(command, details = {}) {
		const answer = await fetch(`${this.#control}/${command}`, { method: "POST", body: JSON.stringify(details) });
		const body = /** @type {any} */ (await answer.json());
		if (!answer.ok) throw new Error(body.error);
		return body;
	}

	stop() {
		this.#process?.kill();
	}
}

/**
 * In earnest: no limit that is in the way, and no clock that runs faster.
 * @param {{ url: string }} fake
 * @param {import("../test/support/gateway.js").Environment} [more]
 */
export function gatewayFor(fake, more = {}) {
	const settings = { GATEWAY_TEST_SPEED: "1", GATEWAY_MAX_SESSIONS: "5000", GATEWAY_LOG: "warn" };
	return Gateway.start(/** @type {any} */ (fake), { ...settings, ...more });
}

/** Megabytes of a process that are in memory. @param {Gateway} gateway */
export function megabytes(gateway) {
	const status = readFileSync(`/proc/${gateway.process?.pid}/status`, "utf8");
	return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

/** Seconds of processor time that a process has used. @param {Gateway} gateway */
export function cpuSeconds(gateway) {
	const fields = readFileSync(`/proc/${gateway.process?.pid}/stat`, "utf8").split(") ")[1].split(" ");
	return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}

/** @param {number[]} numbers */
export function median(numbers) {
	return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}

/**
 * Calls `work` for each, a few at a time.
 * @template T
 * @param {T[]} items
 * @param {number} atOnce
 * @param {(item: T) => Promise<void>} work
 */
export async function each(items, atOnce, work) {
	const waiting = [...items];
	const worker = async () => {
		for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
	};
	await Promise.all(Array.from({ length: atOnce }, worker));
}
