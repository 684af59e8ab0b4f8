import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { request } from "node:https";
import { latestVersion } from "../../sessions/version.js";
import { throughProxy } from "../../sessions/whatsapp.js";
import { until } from "../support/until.js";

test("a connection to WhatsApp goes out as CONNECT to the proxy, and fails as the proxy says", async () => {
	/** @type {(string | undefined)[]} */
	const asked = [];
	const proxy = createServer().listen(0, "127.0.0.1");
	proxy.on("connect", (message, socket) => {
		asked.push(message.url);
		socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
	});
	await once(proxy, "listening");
	after(() => proxy.close());
	const { port } = /** @type {import("node:net").AddressInfo} */ (proxy.address());
	let failed = false;
	const agent = throughProxy(`http://127.0.0.1:${port}`);
	request("https://web.whatsapp.com/ws/chat", { agent }).on("error", () => (failed = true)).end();
	await until(() => failed);
	assert.deepEqual(asked, ["web.whatsapp.com:443"]);
	assert.equal(await latestVersion(`http://127.0.0.1:${port}`), undefined);
	assert.deepEqual(asked, ["web.whatsapp.com:443", "web.whatsapp.com:443"]);
});
