// The dialogs of managers: connection test and diagnosis. Nothing here acts without a click.
import { element } from "../panel/element.js";
import { confirm, open_dialog } from "./dialogs.js";
import { adopt } from "./import.js";
import { is_manager, request } from "./site.js";
import { action_button, row, show_failure, table } from "./tables.js";
import { finding_delete_question } from "./words.js";

export const show_checks = (checks, title = __("Connection Test")) => {
	const dialog = open_dialog({ title, size: "large" });
	dialog.body.append(checks_table(checks), summary(checks));
};

/** Without `session` the whole site is looked at. */
export const show_diagnosis = (session = null) => {
	const dialog = open_dialog({ title: __("Diagnosis"), size: "large" });
	return fill_diagnosis(dialog.body, session);
};

const fill_diagnosis = async (body, session) => {
	const waiting = element("p", { role: "status" }, __("Looking at each link of the chain."));
	body.replaceChildren(waiting);
	const args = session ? { session_id: session } : {};
	try {
		const { checks, findings } = await request("xappiens_whatsapp.api.diagnosis.diagnose", args);
		const again = () => fill_diagnosis(body, session);
		const parts = [checks_table(checks), summary(checks, findings), ...findings_part(findings, again)];
		body.replaceChildren(...parts);
	} catch (error) {
		show_failure(waiting, error);
	}
};

const checks_table = (checks) =>
	table(
		[__("Result"), __("Check"), __("Detail"), __("Time")],
		checks.map(({ label, ok, detail, milliseconds }) =>
			row(result_mark(ok), label, detail, __("{0} ms", [Math.round(milliseconds)]))
		)
	);

/** `ok` is null for what could not be tried. */
const result_mark = (ok) => {
	if (ok === null) return element("span", {}, "– ", __("Not checked"));
	return ok
		? element("span", { class: "whatsapp-ok" }, "✓ ", __("Good"))
		: element("span", { class: "whatsapp-failed" }, "✗ ", __("Failed"));
};

const summary = (checks, findings = []) => {
	const failed = checks.find((check) => check.ok === false);
	if (failed) return verdict("whatsapp-failed", failed.remedy || failed.detail);
	const untried = checks.find((check) => check.ok === null);
	if (untried) return verdict("", __("What could be checked is in order. {0}", [untried.detail]));
	if (findings.length) return verdict("", __("The connection is in order. Below is what does not agree."));
	return verdict("whatsapp-ok", __("All checks passed."));
};

const verdict = (colour, words) => element("p", { class: colour, role: "status" }, words);

const findings_part = (findings, again) => {
	if (!findings.length || !is_manager()) return [];
	const rows = findings.map((finding) => row(finding.title, actions_of(finding, again)));
	return [table([__("Finding"), __("Action")], rows)];
};

const actions_of = (finding, done) => {
	const cell = element("div", { class: "whatsapp-actions" });
	const buttons = {
		adopt: () => action_button(__("Adopt"), cell, () => adopt(finding.session_db_id), done),
		relink: () => action_button(__("Link Again"), cell, () => relink(finding), done),
		delete: () => action_button(__("Delete"), cell, () => remove(finding), done),
	};
	cell.append(...finding.actions.map((name) => buttons[name]()));
	return cell;
};

const relink = async ({ session }) => {
	const method = "xappiens_whatsapp.api.diagnosis.relink_session";
	return (await request(method, { session_id: session })).message;
};

const remove = async (finding) => {
	const [question, lines] = finding_delete_question(finding);
	if (!(await confirm(question, lines))) return "";
	const method = "xappiens_whatsapp.api.diagnosis.delete_finding";
	const { session: session_id, session_db_id } = finding;
	return (await request(method, { session_id, session_db_id })).message;
};
