// What the form and list scripts of the app call; they load it with `frappe.require` before anything else.
import { is_frozen, run } from "./desk/actions.js";
import { buttons_of } from "./desk/buttons.js";
import { show_copy_banner } from "./desk/copy.js";
import { show_checks, show_diagnosis } from "./desk/diagnosis.js";
import { confirm } from "./desk/dialogs.js";
import { keep_focus, return_focus } from "./desk/focus.js";
import { announce, follow_sessions, hide_menu_item, name_fields } from "./desk/forms.js";
import { show_import } from "./desk/import.js";
import { make_pairing_link } from "./desk/pairing_link.js";
import { QRDialog } from "./desk/qr_dialog.js";
import { remove_session } from "./desk/removal.js";
import { show_test_message } from "./desk/test_message.js";
import { alert, escape, is_manager, request } from "./desk/site.js";
import { show_story } from "./desk/story.js";
import {
	disconnect_question,
	recreate_question,
	session_banner,
	status_words,
	unlink_question,
} from "./desk/words.js";
import { live } from "./panel/lifetime.js";
import { LinkPanel } from "./panel/link_panel.js";
import { QRPanel } from "./panel/qr_panel.js";

// once: list and form may ask for it at the same time
window.xappiens_whatsapp = window.xappiens_whatsapp || {
	LinkPanel,
	QRDialog,
	QRPanel,
	alert,
	announce,
	buttons_of,
	confirm,
	disconnect_question,
	escape,
	follow_sessions,
	hide_menu_item,
	is_frozen,
	is_manager,
	keep_focus,
	live,
	make_pairing_link,
	name_fields,
	recreate_question,
	remove_session,
	request,
	return_focus,
	run,
	session_banner,
	show_checks,
	show_copy_banner,
	show_diagnosis,
	show_import,
	show_story,
	show_test_message,
	status_words,
	unlink_question,
};
