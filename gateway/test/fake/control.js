import { createServer } from "node:http";
import { json } from "node:stream/consumers";

/**
 * @typedef {import("./server.js").Fake} Fake
 * @typedef {(fake: Fake, body: any) => unknown} Command
 */

/** @type {Record<string, Command>} a name, and what a test on another side of a process can have done */
const COMMANDS = {
	scan: async (fake, { number, text }) => ({ device: (await fake.phone(number).scan(text)).id }),
	code: async (fake, { number, code }) => ({ linked: await fake.phone(number).enterCode(code) }),
	text: async (fake, { number, to, body }) => ({ id: await fake.phone(number).text(to, body) }),
	read: (fake, { number, id }) => fake.phone(number).read(id),
	off: (fake, { number }) => fake.phone(number).turnOff(),
	on: (fake, { number }) => fake.phone(number).turnOn(),
	passkey: (fake, { number, needed = true }) => void (fake.phone(number).account.needsPasskey = needed),
	restrict: (fake, { number, until = null, type }) => fake.phone(number).restrict(until, type),
	free: (fake, { number }) => fake.phone(number).free(),
	logout: (fake, { number }) => fake.phone(number).logout(),
	drop: async (fake, options) => ({ dropped: await fake.drop(options) }),
	trouble: (fake, { silent, offer, offline, refuseCodes, refuseUpgrades, failAdmissions, refuseMessages }) => {
		const { trouble, world } = fake;
		Object.assign(trouble, defined({ silent, offer, offline }));
		Object.assign(world.codes, defined({ refuse: refuseCodes }));
		if (refuseUpgrades) trouble.refuseUpgrades(refuseUpgrades.value, refuseUpgrades.times);
		if (failAdmissions) trouble.failAdmissions(failAdmissions.value, failAdmissions.times);
		if (refuseMessages) trouble.refuseMessages(refuseMessages.value, refuseMessages.times);
	},
	stranger: (fake, { number }) => void fake.world.strangers.add(number),
	reset: (fake) => fake.reset(),
	state: (fake) => state(fake),
};

/** @param {Record<string, unknown>} values */
function defined(values) {
	return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** @param {Fake} fake */
function state({ world }) {
	const phones = [...world.accounts.values()].map(({ number, devices, received, receipts, undecrypted }) => ({
		number,
		received,
		receipts,
		undecrypted: [...undecrypted.keys()],
		devices: [...devices.values()].map(({ id, platform, connection, logins, queue }) => ({
			id,
			platform,
			online: connection !== null,
			logins,
			waiting: queue.size,
		})),
	}));
	return { phones, connections: world.connections.size, upgrades: world.upgrades, faults: world.faults.map(String) };
}

/**
 * Tests in other languages drive the fake by `POST /<command>` with a JSON body.
 * @param {Fake} fake
 * @param {number} port
 */
export async function startControl(fake, port) {
	const server = createServer(async (request, response) => {
		const command = COMMANDS[(request.url ?? "").slice(1)];
		const [status, answer] = command ? await run(command, fake, request) : [404, { error: "no such command" }];
		response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
	});
	await new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(null)));
	return /** @type {import("node:net").AddressInfo} */ (server.address()).port;
}

/**
 * @param {Command} command
 * @param {Fake} fake
 * @param {import("node:http").IncomingMessage} request
 * @returns {Promise<[number, unknown]>}
 */
async function run(command, fake, request) {
	try {
		return [200, (await command(fake, await json(request))) ?? {}];
	} catch (error) {
		return [409, { error: /** @type {Error} */ (error).message }];
	}
}
