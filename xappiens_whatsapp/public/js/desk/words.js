// What the desk says about a session: banners, questions, next steps. Plain text; whoever shows it escapes it.
import { phone } from "../panel/numbers.js";
import { is_manager } from "./site.js";

const onload = (doc) => doc.__onload || {};
export const may = (doc, right) => (onload(doc).rights || []).includes(right);

/** The server could not be asked, so the state is the last known one. */
export const is_unchecked = (doc) =>
	Boolean(onload(doc).check_failed) && doc.error_code !== "SESSION_MISSING_ON_SERVER";

/** Why, in the language of the reader where there is a sentence for the code; what to do, for who may do it. */
const reason_of = (doc) => {
	const { reason } = onload(doc);
	const has_words = reason && !is_unchecked(doc) && doc.error_code !== "UNKNOWN_STATUS";
	if (!has_words) return doc.error_message;
	return sentence(reason.sentence, may(doc, "connect") && reason.next_step);
};

export const moment_of = (value) => frappe.format(value, { fieldtype: "Datetime" });
const sentence = (...parts) => parts.filter(Boolean).join(" ");

/** [text, colour] for the head of the form. */
export const session_banner = (doc) => {
	if (doc.__islocal) return [how_linking_works(), "blue"];
	if (is_unchecked(doc)) return [unchecked(doc), "orange"];
	if (!doc.session_db_id) return [not_on_server(doc), "blue"];
	const banners = { Disconnected, Connecting, "QR Code Required": QRRequired, Connected, Error: InError };
	if (doc.wrong_phone) return [sentence(wrong_phone(doc), same_phone(doc)), "red"];
	const [words, colour] = banners[doc.status](doc);
	return [sentence(words, same_phone(doc)), same_phone(doc) ? "orange" : colour];
};

const other_phone = (linked, expected) =>
	__("Another phone is linked: {0} instead of {1}.", [linked, expected].map(phone));

const wrong_phone = (doc) => {
	const next = may(doc, "disconnect")
		? __("Press Unlink It to link the expected one, or Keep This Phone to expect this one from now on.")
		: __("Tell whoever manages this session.");
	return sentence(other_phone(doc.phone_number, doc.expected_number), next);
};

/** Baileys lets one phone be linked to several sessions; who answers in which is then anybody's guess. */
const same_phone = (doc) => {
	const others = onload(doc).same_phone || [];
	return others.length
		? __("The same number is connected in {0} as well; disconnect the one that is not needed.", [others.join(", ")])
		: "";
};

const how_linking_works = () =>
	__("Create the session, then scan the QR code that appears with WhatsApp on the phone.");

const unchecked = (doc) => {
	const state = __(doc.status);
	const since = doc.last_checked
		? __("Not checked since {0}; last known state: {1}.", [moment_of(doc.last_checked), state])
		: __("Not checked yet; last known state: {0}.", [state]);
	return sentence(why_unchecked(doc), since);
};

/** The message on the record is in the language of whoever asked, these are in the reader's. */
const why_unchecked = (doc) => {
	const later = __("Wait a moment, then press Status.");
	const reasons = {
		GATEWAY_UNAVAILABLE: sentence(__("Server unreachable."), later),
		GATEWAY_AUTHENTICATION: is_manager()
			? sentence(__("The server refused the API key."), __("Check the API key in WhatsApp Settings."))
			: sentence(__("The server refused this site's API key."), __("Tell whoever manages WhatsApp here.")),
		GATEWAY_BLOCKED: sentence(__("Something in front of the server refused the request."), later),
		GATEWAY_FAILED: sentence(__("Server error."), later),
		GATEWAY_RATE_LIMITED: sentence(__("Too many requests."), later),
	};
	return reasons[onload(doc).check_failed];
};

const not_on_server = (doc) =>
	doc.error_code === "SESSION_MISSING_ON_SERVER"
		? reason_of(doc)
		: sentence(
				doc.stopped_here
					? __("This session was disconnected here, and is not on the server any more.")
					: __("This session is not on the server yet."),
				may(doc, "connect") && __("Press Create Session.")
		  );

const Disconnected = (doc) => {
	const since = doc.status_since && __("Disconnected since {0}.", [moment_of(doc.status_since)]);
	const next = may(doc, "connect") && __("Press Connect to link the phone.");
	return [sentence(since, reason_of(doc) || next), "orange"];
};

const Connecting = (doc) => [
	is_reconnecting(doc)
		? reconnecting(doc)
		: sentence(__("The session is connecting."), may(doc, "qr") && __("Press View QR to see the code.")),
	"blue",
];

/** Paired: the server brings it back without a code. */
export const is_reconnecting = (doc) => doc.status === "Connecting" && Boolean(doc.phone_number);

const reconnecting = (doc) => {
	const number = phone(doc.phone_number);
	const { reason } = onload(doc);
	const since = doc.status_since && moment_of(doc.status_since);
	const words = since
		? __("The session of {0} has been reconnecting by itself since {1}. No code is needed.", [number, since])
		: __("The session of {0} reconnects by itself. No code is needed.", [number]);
	return sentence(reason && reason.sentence, words);
};

const QRRequired = (doc) => [
	may(doc, "qr")
		? __("Press View QR and scan the QR code with the phone.")
		: __("The session waits for the phone to scan its QR code."),
	"orange",
];

const Connected = (doc) => {
	const number = phone(doc.phone_number);
	const since = doc.status_since && moment_of(doc.status_since);
	const words = number && since
		? __("Connected with {0} since {1}.", [number, since])
		: number ? __("Connected with {0}.", [number]) : __("Connected.");
	const trouble = reason_of(doc) || unproved(doc);
	return [sentence(words, trouble), trouble ? "orange" : "green"];
};

/** The server says connected; a message that did not get through says otherwise. */
const unproved = (doc) =>
	doc.proof_state === "Failed" &&
	sentence(
		__("The last test message did not get through: this session may be dead."),
		may(doc, "restart") && __("Press Restart, then send another test message.")
	);

const InError = (doc) => [
	reason_of(doc) ||
		sentence(__("The server reports an error."), may(doc, "connect") && __("Press Connect to try again.")),
	"red",
];

/** One line for the alert after asking for the state; `data` is what the API answered. */
export const status_words = (doc, { status_frappe, phoneNumber, reason, wrong_phone, expected_number }) => {
	if (wrong_phone) return other_phone(phoneNumber, expected_number);
	const next_steps = {
		Disconnected: may(doc, "connect") && __("Press Connect to link the phone."),
		Connecting: may(doc, "qr") && __("Press View QR to see the code."),
		"QR Code Required": may(doc, "qr") && __("Press View QR and scan the QR code with the phone."),
		Connected: __("The phone is linked."),
		Error: may(doc, "connect") && __("Press Connect to try again."),
	};
	const state = `${__(status_frappe)}.`;
	const why = reason && reason.sentence;
	if (is_reconnecting({ status: status_frappe, phone_number: phoneNumber })) {
		return sentence(state, why, __("It reconnects by itself; no code is needed."));
	}
	return sentence(state, why, reason ? may(doc, "connect") && reason.next_step : next_steps[status_frappe]);
};

/** [question, lines]: what happens to phone, server and record. */
export const disconnect_question = (doc) => {
	const keeps = onload(doc).disconnect_mode === "Keep on the server";
	const lines = keeps
		? [
				__("Phone: it stays paired with this session."),
				__("Server: it closes the connection and keeps the session."),
				__("Record: it stays here, and Connect works without a new scan."),
		  ]
		: [...ends_there(doc), __("Record: it stays here, and Create Session links a phone again.")];
	return [__("Disconnect {0}?", [doc.session_name]), lines];
};

export const recreate_question = (doc) => [
	__("Create {0} again?", [doc.session_name]),
	[...of_phone(doc), __("Server: it deletes the session and creates it anew."), __("Record: it stays here.")],
];

export const unlink_question = ({ session_name }) => [
	__("Unlink the phone of {0}?", [session_name]),
	[
		__("Phone: the one that is linked now is logged out of this session."),
		__("Server: it deletes the session and creates it anew."),
		__("Record: it stays here, and the expected phone can scan the new QR code."),
	],
];

export const delete_question = (doc) => [
	__("Delete {0}?", [doc.session_name]),
	[
		...(onload(doc).is_copy ? [__("Server: it keeps the session, because this site is a copy.")] : ends_there(doc)),
		__("Record: it is deleted here and cannot be brought back."),
	],
];

const ends_there = (doc) => [...of_phone(doc), __("Server: it deletes the session.")];

/** Only a session that is connected can tell the phone that it ends; one that was never linked has no phone. */
const of_phone = (doc) => {
	if (doc.status === "Connected") return [__("Phone: it is unlinked and has to scan a QR code again.")];
	if (!doc.phone_number) return [];
	return [__("Phone: it may go on listing this device until it is removed there, under Linked devices.")];
};

/** A finding is a record, a session of the server, or both. */
export const finding_delete_question = ({ session, session_id, session_db_id }) => [
	__("Delete {0}?", [session || session_id]),
	[
		session_db_id && __("Server: it deletes the session; a phone that is linked to it has to scan a QR code again."),
		session && __("Record: it is deleted here and cannot be brought back."),
	].filter(Boolean),
];
