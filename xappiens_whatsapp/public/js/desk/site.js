// Who is asking, and how the desk asks and tells.
import { site_call } from "../panel/site_call.js";

export const escape = (text) => frappe.utils.escape_html(text);
export const is_manager = () => frappe.user.has_role(["System Manager", "WhatsApp Manager"]);

export const alert = (text, indicator = "green") =>
	text && frappe.show_alert({ message: escape(text), indicator }, 7);

/** Unlike frappe.call it opens no popup of its own for 404, 502 or 504: the caller shows the one message. */
export const request = async (method, args = {}) => {
	const unreachable = __("This site did not answer. Check your connection.");
	try {
		return await site_call(method, args, { csrf_token: frappe.csrf_token, unreachable });
	} catch (error) {
		error.message = error.message || without_words(error.http_status);
		throw error;
	}
};

const without_words = (http_status) =>
	__("The site answered with the error {0}. Try again, or tell your administrator.", [http_status]);
