import { CredentialStore } from "../../store/credentials.js";
import { Database } from "../../store/database.js";

const [, , data, id] = process.argv;
const store = new CredentialStore(new Database(data));
const filler = " ".padEnd(4000, "x");
let number = Number(store.readCreds(Number(id)) ?? 0);

function write() {
	number++;
	store.writeCreds(Number(id), String(number));
	store.writeKeys(Number(id), [
		["session", "a", number + filler],
		["session", "b", number + filler],
	]);
	process.send?.(number);
	setImmediate(write);
}

write();
