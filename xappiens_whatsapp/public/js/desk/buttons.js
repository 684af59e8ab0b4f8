// Which buttons the form of a session offers in which state.
import { is_reconnecting, is_unchecked, may } from "./words.js";

const BUTTONS = {
	unlinked: ["create", "status"],
	Disconnected: ["connect", "qr", "status", "disconnect"],
	Connecting: ["qr", "status", "disconnect"],
	"QR Code Required": ["qr", "status", "disconnect"],
	Connected: ["status", "test", "disconnect", "restart"],
	reconnecting: ["status", "disconnect", "restart"],
	Error: ["connect", "qr", "status", "disconnect"],
};

/** Names of actions; the first one leads. */
export const buttons_of = (doc) => {
	const status = is_reconnecting(doc) ? "reconnecting" : doc.status;
	const names = with_choice(doc, with_recreate(doc, BUTTONS[doc.session_db_id ? status : "unlinked"]));
	return is_unchecked(doc) ? ["status", ...names.filter((name) => name !== "status")] : names;
};

/** What the server keeps of the pairing may be damaged; after it connected in vain more than once nothing else helps. */
const with_recreate = ({ session_db_id, error_code, __onload }, names) => {
	if (!session_db_id || !may({ __onload }, "disconnect")) return names;
	if (error_code === "CONNECTS_IN_VAIN") return ["recreate", ...names];
	return error_code === "BAD_SESSION" ? [...names, "recreate"] : names;
};

/** Keeping asks nothing, so it does not lead: what is kept by mistake shows nowhere any more. */
const with_choice = (doc, names) =>
	doc.session_db_id && doc.wrong_phone ? ["unlink", "keep", ...names] : names;
