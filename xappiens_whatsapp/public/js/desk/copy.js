// The banner of a site that looks like a copy of the one that linked the sessions, above the list and the settings.
import { element } from "../panel/element.js";
import { run } from "./actions.js";
import { alert, request } from "./site.js";

const NOTICE = "xappiens_whatsapp.api.settings.copy_notice";
const CONFIRM = "xappiens_whatsapp.api.settings.confirm_real_site";
const KEEP = "xappiens_whatsapp.api.settings.keep_copy_quiet";

/** `wrapper` is the page; `refresh` draws it anew once an administrator has decided. */
export const show_copy_banner = async (wrapper, refresh) => {
	let notice = null;
	try {
		notice = await request(NOTICE);
	} catch (error) {
		if (!("exc_type" in error)) throw error; // a banner less; what the page itself asks says what is wrong
	}
	wrapper.querySelectorAll(".whatsapp-copy").forEach((banner) => banner.remove());
	if (notice && notice.sentence) place_of(wrapper).prepend(banner_of(notice, wrapper, refresh));
};

const place_of = (wrapper) => wrapper.querySelector(".layout-main-section") || wrapper;

const banner_of = (notice, wrapper, refresh) => {
	const banner = element("div", { class: "whatsapp-copy", role: "status" });
	banner.append(element("p", {}, notice.sentence));
	if (!notice.may_decide) return banner;
	const decide = (method) => async () => {
		const answer = await run({ wrapper }, __("Storing your decision."), () => request(method));
		if (!answer) return;
		alert(answer.message);
		await show_copy_banner(wrapper, refresh);
		refresh();
	};
	const real = button(__("This is the real site now"), decide(CONFIRM));
	const quiet = button(__("Keep this copy quiet"), decide(KEEP));
	banner.append(element("div", {}, ...(notice.is_quiet ? [real] : [real, quiet])));
	return banner;
};

const button = (label, action) => {
	const made = element("button", { type: "button", class: "btn btn-default btn-sm" }, label);
	made.addEventListener("click", () => void action());
	return made;
};
