#!/usr/bin/env node
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 5)) {
	process.stderr.write(`The gateway needs Node 24.5 or newer; this is ${process.versions.node}\n`);
	process.exit(2);
}
// Everything else is imported after the console is silent: see log.js.
const { log, silenceConsole } = await import("./log.js");
silenceConsole();
const { Refused } = await import("./config.js");
try {
	const { start } = await import("./gateway.js");
	await start(process.env);
} catch (error) {
	if (error instanceof Refused) log("error", "gateway.refused", { code: error.code });
	const isMissing = /** @type {any} */ (error)?.code === "ERR_MODULE_NOT_FOUND";
	const sentence = isMissing
		? "The gateway is not installed: run npm ci --ignore-scripts in its folder"
		: undefined;
	process.stderr.write(
		`${sentence ?? (error instanceof Refused ? error.message : `The gateway failed to start: ${/** @type {any} */ (error)?.message}`)}\n`,
	);
	process.exit(error instanceof Refused || isMissing ? 2 : 1);
}
export {};
