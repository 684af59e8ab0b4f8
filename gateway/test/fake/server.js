import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { Account } from "./accounts.js";
import { Connection } from "./connection.js";
import { jidDecode } from "baileys";
import { LinkCodes } from "./pairing.js";
import { Phone } from "./phone.js";
import { drop, Trouble } from "./trouble.js";

/** What the server knows, whoever is connected. */
export class World {
	/** @type {Map<string, Account>} */
	accounts = new Map();
	/** @type {Set<Connection>} */
	connections = new Set();
	/** @type {Set<string>} numbers that are not on WhatsApp */
	strangers = new Set();
	/** @type {unknown[]} what went wrong inside this fixture: a test that sees any has found a fault here */
	faults = [];
	trouble = new Trouble();
	codes = new LinkCodes();
	upgrades = 0;

	/** @param {{ refs: number }} options */
	constructor({ refs }) {
		this.refs = refs;
	}

	newRefs() {
		return Array.from({ length: this.refs }, () => `2@${randomBytes(48).toString("base64")}`);
	}

	/** @param {string} number */
	account(number) {
		const known = this.accounts.get(number) ?? new Account(number);
		this.accounts.set(number, known);
		return known;
	}

	/** @param {string} user the part before the `@` */
	accountByLid(user) {
		return [...this.accounts.values()].find(({ lidUser }) => lidUser === user);
	}

	/**
	 * @param {string} jid of either form
	 * @returns the phone of an account, or one of its linked devices
	 */
	find(jid) {
		const { user = "", device = 0, server } = jidDecode(jid) ?? {};
		const account = server === "lid" ? this.accountByLid(user) : this.account(user);
		return device ? account?.devices.get(device) : account;
	}
}

/**
 * A WhatsApp server on loopback, for Baileys with `waWebSocketUrl`.
 * @param {{ port?: number, refs?: number }} [options] how many codes an unlinked client is offered
 */
export async function startFake({ port = 0, refs = 6 } = {}) {
	// libsignal prints whole sessions, keys included, and what it could not read
	console.info = console.warn = console.error = () => {};
	const world = new World({ refs });
	const http = createServer((_, response) => response.writeHead(404).end());
	const sockets = new WebSocketServer({ noServer: true });
	http.on("upgrade", (request, socket, head) => {
		world.upgrades += 1;
		const status = world.trouble.upgrade();
		if (status) return socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
		sockets.handleUpgrade(request, socket, head, (ws) => world.connections.add(new Connection(world, ws)));
	});
	await new Promise((resolve) => http.listen(port, "127.0.0.1", () => resolve(null)));
	return new Fake(world, http, sockets);
}

export class Fake {
	/**
	 * @param {World} world
	 * @param {import("node:http").Server} http
	 * @param {WebSocketServer} sockets
	 */
	constructor(world, http, sockets) {
		this.world = world;
		this.#http = http;
		this.#sockets = sockets;
		const { port } = /** @type {import("node:net").AddressInfo} */ (http.address());
		this.url = `ws://127.0.0.1:${port}`;
	}

	#http;
	#sockets;

	get trouble() {
		return this.world.trouble;
	}

	/** @param {string} number */
	phone(number) {
		return new Phone(this.world, this.world.account(number));
	}

	/**
	 * Connections of a number's linked devices; without a number, all, linked or not.
	 * @param {string} [number]
	 */
	connections(number) {
		const all = [...this.world.connections];
		return number ? all.filter((one) => one.device?.account.number === number) : all;
	}

	/**
	 * @param {{ number?: string, code?: number, how?: import("./trouble.js").DropKind }} [options]
	 * @returns {Promise<number>} how many connections were dropped
	 */
	async drop({ number, ...how } = {}) {
		const those = this.connections(number);
		for (const connection of those) await drop(connection, how);
		return those.length;
	}

	/** The world before anybody was there; who is connected is cut off. */
	async reset() {
		await this.drop({ how: "cut" });
		this.world.accounts.clear();
		this.world.strangers.clear();
		this.world.faults = [];
		this.world.trouble = new Trouble();
		this.world.codes = new LinkCodes();
	}

	/** Ends everything at once, as a machine that loses its power. */
	async close() {
		for (const { ws } of this.world.connections) ws.terminate();
		this.#sockets.close();
		await new Promise((resolve) => this.#http.close(resolve));
	}
}
