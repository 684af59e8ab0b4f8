// The dialogs of managers: connection test, diagnosis, sessions to take over. Nothing here acts without a click.
frappe.provide("xappiens_whatsapp");

(() => {
	const whatsapp = xappiens_whatsapp;
	const { element, row, table, button } = whatsapp;

	whatsapp.show_checks = (checks, title = __("Connection Test")) => {
		const dialog = whatsapp.open_dialog({ title, size: "large" });
		dialog.body.append(checks_table(checks), summary(checks));
	};

	/** Without `session` the whole site is looked at. */
	whatsapp.show_diagnosis = (session = null) => {
		const dialog = whatsapp.open_dialog({ title: __("Diagnosis"), size: "large" });
		return fill_diagnosis(dialog.body, session);
	};

	const fill_diagnosis = async (body, session) => {
		const waiting = element("p", { role: "status" }, __("Looking at each link of the chain."));
		body.replaceChildren(waiting);
		const args = session ? { session_id: session } : {};
		try {
			const { checks, findings } = await whatsapp.request("xappiens_whatsapp.api.diagnosis.diagnose", args);
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
		if (!findings.length || !whatsapp.is_manager()) return [];
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

	/** `action` resolves to the words for the alert, or to nothing when the person changed their mind. */
	const action_button = (label, cell, action, done) =>
		button(label, async () => {
			try {
				const words = await action();
				if (!words) return;
				whatsapp.alert(words);
				await done();
			} catch (error) {
				show_failure(cell, error);
			}
		});

	const show_failure = (place, error) => {
		if (!("exc_type" in error)) throw error;
		place.append(element("p", { class: "whatsapp-failed", role: "alert" }, error.message));
	};

	const adopt = async (session_db_id) => {
		const method = "xappiens_whatsapp.api.diagnosis.adopt_session";
		const { session } = await whatsapp.request(method, { session_db_id });
		return __("The session {0} is now on this site. Open it to see its state.", [session]);
	};

	const relink = async ({ session }) => {
		const method = "xappiens_whatsapp.api.diagnosis.relink_session";
		return (await whatsapp.request(method, { session_id: session })).message;
	};

	const remove = async (finding) => {
		const [question, lines] = whatsapp.finding_delete_question(finding);
		if (!(await whatsapp.confirm(question, lines))) return "";
		const method = "xappiens_whatsapp.api.diagnosis.delete_finding";
		const { session: session_id, session_db_id } = finding;
		return (await whatsapp.request(method, { session_id, session_db_id })).message;
	};

	/** Sessions that the server has and this site has not, each with a button. */
	whatsapp.show_import = (sessions, on_hide) => {
		const dialog = whatsapp.open_dialog({ title: __("Import from Server"), size: "large", on_hide });
		const unknown = sessions.filter((session) => !session.local);
		if (!unknown.length) {
			dialog.body.append(element("p", {}, __("Every session of the server is already on this site.")));
			return;
		}
		const rows = unknown.map(import_row);
		const headings = [__("Session ID"), __("Session Name"), __("Phone Number"), __("Action")];
		dialog.body.append(table(headings, rows));
	};

	const import_row = ({ id, sessionId, sessionName, phoneNumber }) => {
		const cell = element("div", { class: "whatsapp-actions" });
		const mark = element("span", { class: "whatsapp-ok" }, "✓ ", __("Adopted"));
		const done = () => cell.replaceChildren(mark);
		cell.append(action_button(__("Adopt"), cell, () => adopt(id), done));
		return row(sessionId, sessionName || "", whatsapp.phone(phoneNumber), cell);
	};
})();
