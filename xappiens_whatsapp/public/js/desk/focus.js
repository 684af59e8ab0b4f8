// Where the focus goes when buttons are redrawn and dialogs close.
let kept = null;
document.addEventListener("pointerdown", () => (kept = null), true); // who uses a mouse takes the focus along

/** Before the buttons are redrawn; `return_focus` after. */
export const keep_focus = () => {
	const { activeElement, body } = document;
	if (activeElement !== body && !activeElement.closest(".modal")) keep(activeElement);
};

const keep = (opener) => (kept = { opener, path: location.pathname });

/** Not on another form than the one that it was lost on. */
export const return_focus = () => {
	if (kept && kept.path === location.pathname) give_focus_back(kept.opener);
};

/**
 * If it was lost. Where `opener` was redrawn, to the button of the same name, else to the one that leads; so too
 * where it was Create Session on a new form, which has become Save.
 */
export const give_focus_back = (opener) => {
	const { activeElement, body } = document;
	keep(opener);
	if (activeElement !== body && activeElement.getClientRects().length) return;
	const all = [...document.querySelectorAll(".page-head .custom-actions button")];
	const buttons = all.filter((button) => button.offsetParent);
	const still_there = opener.isConnected && !opener.matches("body, .primary-action") && opener;
	const same = buttons.find((button) => opener.dataset.label && button.dataset.label === opener.dataset.label);
	const leading = buttons.find((button) => button.classList.contains("btn-primary"));
	const next = still_there || same || leading;
	if (next) next.focus({ preventScroll: true });
};

/** Tab goes round inside `modal`. */
export const trap_focus = (modal, event) => {
	if (event.key !== "Tab") return;
	const stops = [...modal.querySelectorAll("button, a[href], input, select, textarea")].filter(
		(stop) => !stop.disabled && stop.tabIndex >= 0 && stop.offsetParent
	);
	const [first, last] = [stops[0], stops[stops.length - 1]];
	const leaving = event.shiftKey ? [first, modal] : [last];
	if (!leaving.includes(document.activeElement)) return;
	event.preventDefault();
	(event.shiftKey ? last : first).focus();
};
