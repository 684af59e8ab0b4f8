import { parseArgs } from "node:util";
import { startControl } from "./control.js";
import { startFake } from "./server.js";

const options = /** @type {const} */ ({
	port: { type: "string", default: "0" },
	"control-port": { type: "string", default: "0" },
	refs: { type: "string", default: "6" },
});
const { values } = parseArgs({ options });
const fake = await startFake({ port: Number(values.port), refs: Number(values.refs) });
const control = await startControl(fake, Number(values["control-port"]));
console.log(JSON.stringify({ url: fake.url, control: `http://127.0.0.1:${control}` }));
