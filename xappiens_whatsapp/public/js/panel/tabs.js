import { element } from "./element.js";

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };
let made = 0;

/** Panes of which one is seen. The row of tabs is away until `offer` shows it; arrow keys move along it. */
export class Tabs {
	constructor(container, label) {
		this.tabs = new Map();
		this.row = element("div", { class: "whatsapp-tabs", role: "tablist", "aria-label": label, hidden: "" });
		this.row.onkeydown = (event) => this.move(event);
		this.container = container;
		container.append(this.row);
	}

	/** Returns the pane; the first one is seen. */
	add(name, label) {
		const id = `whatsapp-tab-${(made += 1)}`;
		const tab = element("button", { type: "button", role: "tab", id, "aria-controls": `${id}-pane` }, label);
		const pane = element("div", { role: "tabpanel", id: `${id}-pane`, "aria-labelledby": id });
		tab.onclick = () => this.select(name);
		this.tabs.set(name, { tab, pane });
		this.row.append(tab);
		this.container.append(pane);
		this.select([...this.tabs.keys()][0]);
		return pane;
	}

	offer(is_offered) {
		this.row.hidden = !is_offered;
		if (!is_offered) this.select([...this.tabs.keys()][0]);
	}

	/** The focus does not stay in a pane that goes out of sight. */
	select(name) {
		const { activeElement } = document;
		for (const [key, { tab, pane }] of this.tabs) {
			const is_selected = key === name;
			tab.setAttribute("aria-selected", is_selected);
			tab.tabIndex = is_selected ? 0 : -1;
			if (!is_selected && pane.contains(activeElement)) this.tabs.get(name).tab.focus();
			pane.hidden = !is_selected;
		}
	}

	move(event) {
		const names = [...this.tabs.keys()];
		const at = names.findIndex((name) => this.tabs.get(name).tab === document.activeElement);
		if (at < 0 || !(event.key in STEPS)) return;
		event.preventDefault();
		const next = names[(at + STEPS[event.key] + names.length) % names.length];
		this.select(next);
		this.tabs.get(next).tab.focus();
	}
}
