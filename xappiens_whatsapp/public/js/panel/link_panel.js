// How a phone is linked: with its camera or, where the server offers it, with a code that is typed.
import { CodePanel } from "./code_panel.js";
import { QRPanel } from "./qr_panel.js";
import { Tabs } from "./tabs.js";

/** Takes what `QRPanel` takes, and what `CodePanel` takes where a code can be asked for here. */
export class LinkPanel {
	constructor({ container, fetch_code, copy, ...options }) {
		const __ = options.translate;
		this.tabs = new Tabs(container, __("How to link the phone"));
		const camera = this.tabs.add("camera", __("With the QR code"));
		this.qr = new QRPanel({
			...options,
			container: camera,
			on_features: ({ pairing_code }) => this.tabs.offer(Boolean(fetch_code && pairing_code)),
			on_linking: () => this.code.is_asking || this.tabs.select("camera"), // a server may connect anew for a code
			on_connected: (details) => {
				this.code.stop();
				this.tabs.offer(false);
				options.on_connected(details);
			},
		});
		const typed = this.tabs.add("code", __("With a code"));
		this.code = new CodePanel({ ...options, container: typed, fetch_code, copy });
	}

	start(first) {
		this.code.start();
		return this.qr.start(first);
	}

	stop() {
		this.code.stop();
		this.qr.stop();
	}

	nudge() {
		return this.qr.nudge();
	}
}
