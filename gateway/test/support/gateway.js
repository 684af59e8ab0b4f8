import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeIn } from "./picture.js";
import { until } from "./until.js";

const MAIN = new URL("../../main.js", import.meta.url).pathname;
const DEFAULTS = { GATEWAY_TEST_SPEED: "20", GATEWAY_RATE_LIMIT: "1000000", GATEWAY_LOG: "debug" };

/**
 * @typedef {Record<string, string>} Environment
 * @typedef {{ status: number, headers: Headers, body: any }} Answer
 */

/** The gateway as people run it: a process, spoken to by HTTP. Its data folder outlives the process. */
export class Gateway {
	key = `key-${randomBytes(20).toString("hex")}`;
	url = "";
	/** Everything that it has written, of all its processes. */
	output = "";
	/** @type {Environment} */
	#environment;
	/** @type {import("node:child_process").ChildProcess | undefined} */
	process;

	/**
	 * @param {import("../fake/server.js").Fake} fake
	 * @param {Environment} [environment]
	 */
	static async start(fake, environment = {}) {
		const gateway = new Gateway(fake, environment);
		await gateway.start();
		return gateway;
	}

	/**
	 * @param {import("../fake/server.js").Fake} fake
	 * @param {Environment} [environment]
	 * @param {string} [data] its folder
	 */
	constructor(fake, environment = {}, data = mkdtempSync(join(tmpdir(), "gateway-"))) {
		this.data = data;
		const whatsapp = { GATEWAY_TEST_WA_URL: fake.url };
		this.#environment = { ...DEFAULTS, ...whatsapp, GATEWAY_API_KEY: this.key, ...environment };
	}

	async start() {
		const said = this.output.length;
		await this.launch();
		const address = () => /^ready (\S+)$/m.exec(this.output.slice(said))?.[1];
		this.url = String(await until(() => address() ?? this.hasEnded, { within: 30_000, what: "the gateway answers" }));
		if (this.hasEnded) throw new Error(`the gateway ended at its start: ${this.output.slice(said)}`);
	}

	/** Starts it with other settings, from now on. @param {Environment} environment */
	async restartWith(environment) {
		Object.assign(this.#environment, environment);
		await this.start();
	}

	/** Starts the process, without waiting for it. @param {Environment} [environment] */
	async launch(environment = {}) {
		const env = { PATH: String(process.env.PATH), GATEWAY_DATA: this.data, GATEWAY_PORT: "0" };
		const child = spawn(process.execPath, ["--max-semi-space-size=4", MAIN], {
			env: { ...env, ...this.#environment, ...environment },
			stdio: ["ignore", "pipe", "pipe"],
		});
		for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (this.output += data));
		this.process = child;
		return child;
	}

	/** Whether no process of it runs. */
	get hasEnded() {
		return this.process?.exitCode !== null || this.process.signalCode !== null;
	}

	/**
	 * @param {NodeJS.Signals} [signal]
	 * @returns {Promise<number | null>} the code with which the process ended; none that never ran
	 */
	async kill(signal = "SIGKILL") {
		const child = this.process;
		if (!child || this.hasEnded) return child?.exitCode ?? null;
		child.kill(signal);
		await once(child, "close");
		return child.exitCode;
	}

	/** Ends it for good, and throws the data folder away. */
	async remove() {
		await this.kill("SIGTERM");
		rmSync(this.data, { recursive: true, force: true });
	}

	/**
	 * @param {string} method
	 * @param {string} path below /api
	 * @param {unknown} [body]
	 * @returns {Promise<Answer>}
	 */
	async call(method, path, body) {
		const headers = { "x-api-key": this.key, ...(body === undefined ? {} : { "content-type": "application/json" }) };
		const answer = await fetch(`${this.url}/api${path}`, { method, headers, body: body === undefined ? body : JSON.stringify(body) });
		return { status: answer.status, headers: answer.headers, body: await answer.json() };
	}

	/**
	 * @param {string} sessionId
	 * @param {object} [fields]
	 * @returns {Promise<number>} the session's number
	 */
	async create(sessionId, fields = {}) {
		const { status, body } = await this.call("POST", "/sessions", { sessionId, sessionName: sessionId, ...fields });
		if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
		return body.data.session.id;
	}

	/** @returns {Promise<number[]>} the numbers of all sessions */
	async sessions() {
		const { body } = await this.call("GET", "/sessions?limit=100");
		return body.data.sessions.map((/** @type {{ id: number }} */ { id }) => id);
	}

	/** @param {number} id */
	connect(id) {
		return this.call("POST", `/sessions/${id}/connect`, {});
	}

	/** @param {number} id */
	async status(id) {
		return (await this.call("GET", `/sessions/${id}/status`)).body.data;
	}

	/**
	 * @param {number} id
	 * @param {string | ((status: any) => unknown)} wanted
	 * @param {number} [within] milliseconds
	 */
	async untilStatus(id, wanted, within = 10_000) {
		const fits = typeof wanted === "function" ? wanted : (/** @type {any} */ { status }) => status === wanted;
		/** @type {any} */
		let last;
		const look = async () => {
			last = await this.status(id);
			return fits(last) ? last : undefined;
		};
		return until(look, { within, what: String(wanted) }).catch((error) => {
			throw new Error(`${error.message}; last seen: ${JSON.stringify(last)}`);
		});
	}

	/** The text in the picture of the live code. @param {number} id */
	async code(id) {
		const look = async () => (await this.call("GET", `/sessions/${id}/qr`)).body.data?.qrCode;
		return codeIn(await until(look, { what: "a code" }));
	}

	/**
	 * A new session that shows a code.
	 * @param {string} sessionId
	 * @param {object} [fields]
	 */
	async waiting(sessionId, fields = {}) {
		const id = await this.create(sessionId, fields);
		await this.connect(id);
		await this.untilStatus(id, "qr_code");
		return id;
	}

	/**
	 * A new session that a phone has scanned.
	 * @param {import("../fake/phone.js").Phone} phone
	 * @param {object} [fields]
	 */
	async linked(phone, fields = {}) {
		const id = await this.waiting(`s_${phone.number}_${randomBytes(3).toString("hex")}`, fields);
		await phone.scan(await this.code(id));
		await this.untilStatus(id, "connected");
		return id;
	}
}
