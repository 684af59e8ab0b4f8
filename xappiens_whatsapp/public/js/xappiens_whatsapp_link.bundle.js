// The pairing page: the panel of the desk, fed by the calls that a link allows.
import { element } from "./panel/element.js";
import { live } from "./panel/lifetime.js";
import { LinkPanel } from "./panel/link_panel.js";
import { server_now, site_call } from "./panel/site_call.js";

const RATE_LIMIT_SECONDS = 20;
const container = document.getElementById("whatsapp-link-panel");
const boot = JSON.parse(document.getElementById("whatsapp-link").dataset.boot);
const token = () => location.hash.slice(1);
let last = { state: "" };
let panel = null;

const __ = (text, values = []) =>
	(boot.messages[text] || text).replace(/\{(\d+)\}/g, (placeholder, index) => values[index] ?? placeholder);

const ask = (method, args = {}) =>
	site_call(
		`xappiens_whatsapp.api.pairing.${method}`,
		{ token: token(), _lang: boot.language, ...args },
		{
			csrf_token: boot.csrf_token,
			unreachable: __("This page cannot reach its site. Check your connection."),
			cache: "no-store",
			referrerPolicy: "no-referrer",
		}
	).catch((error) => {
		throw explain(error);
	});

const explain = (error) => {
	if (error.exc_type === "PairingLinkInvalid") finish(error.message);
	if (error.exc_type !== "RateLimitExceededError") {
		error.message = error.message || __("Something went wrong on the site.");
		return error;
	}
	const message = __("This page asked too often and waits a little.");
	return Object.assign(error, { exc_type: "GatewayRateLimited", message, retry_after: RATE_LIMIT_SECONDS });
};

const last_words = (role, words) => element("p", { class: "whatsapp-link-end", role }, words);

/** Nothing runs any more after this. */
const finish = (words) => {
	panel?.stop();
	container.replaceChildren(last_words("alert", words));
};

const fetch_qr = async () => {
	last = await ask("pairing_status");
	const { state, qr, expires_at, retry_after, features } = last;
	return { ready: Boolean(qr), qr_code: qr, expires_at, status: state, retry_after, features };
};

/** What the ends of the two numbers mean for who holds the phone. */
const goodbye = (instead_of) =>
	instead_of
		? __("Only the last digits are shown. Tell the person who sent you the link, who decides what happens now.")
		: __("You can close this page now.");

const make_panel = () =>
	new LinkPanel({
		container,
		translate: __,
		title: __("this site"),
		now: server_now,
		fetch_qr,
		fetch_status: async () => ({ ...last, status: last.state }),
		renew: () => ask("renew_code"),
		fetch_code: (phone_number) => ask("get_pairing_code", { phone_number }),
		copy: navigator.clipboard && ((text) => navigator.clipboard.writeText(text)), // only where the page came by https
		on_connected: ({ instead_of }) => container.append(last_words("status", goodbye(instead_of))),
	});

/** The link works from now on in this browser only, so a script that merely loads or clicks through the page, as a scanner of mail does, must not open it. */
const open = (event) => {
	if (!event.isTrusted) return;
	container.replaceChildren();
	panel = make_panel();
	panel.start(() => ask("open_link"));
};

const show_button = () => {
	const button = element("button", { type: "button", class: "btn btn-primary whatsapp-link-open" }, __("Show the Code"));
	button.addEventListener("click", open);
	container.replaceChildren(
		element("p", {}, __("Once the code is shown, the link works in this browser only.")),
		button
	);
};

window.xappiens_whatsapp = { live };
if (token()) show_button();
else finish(__("This link is not complete. Copy all of it, or ask for a new one."));
