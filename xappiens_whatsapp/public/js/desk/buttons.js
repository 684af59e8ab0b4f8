// Which buttons the form of a session offers in which state.
import { is_reconnecting, is_unchecked } from "./words.js";

const BUTTONS = {
	unlinked: ["create", "status"],
	Disconnected: ["connect", "qr", "status", "disconnect"],
	Connecting: ["qr", "status", "disconnect"],
	"QR Code Required": ["qr", "status", "disconnect"],
	Connected: ["status", "disconnect", "restart"],
	Error: ["connect", "qr", "status", "disconnect"],
};

/** Names of actions; the first one leads. */
export const buttons_of = (doc) => {
	const status = is_reconnecting(doc) ? "Connected" : doc.status;
	const names = BUTTONS[doc.session_db_id ? status : "unlinked"];
	return is_unchecked(doc) ? ["status", ...names.filter((name) => name !== "status")] : names;
};
