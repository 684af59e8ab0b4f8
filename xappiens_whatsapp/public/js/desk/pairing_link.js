// A manager makes, copies and revokes the one link for the person who holds the phone.
import { element } from "../panel/element.js";
import { run } from "./actions.js";
import { open_dialog } from "./dialogs.js";
import { alert, request } from "./site.js";
import { button } from "./tables.js";

export const make_pairing_link = async (frm) => {
	const args = { session_id: frm.doc.name, minutes: 15 };
	const make = () => request("xappiens_whatsapp.api.pairing.create_link", args);
	const link = await run(frm, __("Making a pairing link."), make);
	if (link) show_link(frm, link);
};

const show_link = (frm, link) => {
	const dialog = open_dialog({
		title: __("Pairing Link for {0}", [frm.doc.session_name]),
		size: "large",
		on_hide: () => frm.reload_doc(),
	});
	const address = element("input", {
		class: "form-control",
		readonly: "",
		"aria-label": __("Pairing Link"),
	});
	address.value = link.url;
	const revoke = async () => {
		const answer = await request("xappiens_whatsapp.api.pairing.revoke_links", { session_id: frm.doc.name });
		alert(answer.message);
		dialog.hide();
	};
	dialog.body.append(
		element("p", {}, __("Send this link to the person who holds the phone. No account is needed.")),
		element("p", {}, __("It works for 15 minutes, in the first browser that opens it, and shows only this QR code.")),
		address,
		element(
			"p",
			{ class: "whatsapp-link-actions" },
			button(__("Copy Link"), async () => frappe.utils.copy_to_clipboard(link.url), "primary"),
			button(__("Revoke Link"), revoke)
		)
	);
};
