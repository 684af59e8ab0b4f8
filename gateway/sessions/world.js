/**
 * @typedef {object} World what a session needs of the rest
 * @property {import("./times.js").Times} times
 * @property {(session: number) => import("./auth.js").Auth} auth
 * @property {(options: Omit<import("./socket.js").Options, "version" | "sent">) => import("./socket.js").Socket} openSocket
 * @property {(session: number) => void} forgetCredentials
 * @property {(session: number, change: import("../store/sessions.js").Change) => void} update
 * @property {(session: import("./session.js").Session, event: string, data: () => Record<string, unknown>, expiresAt?: number) => void} emit
 * @property {(session: import("./session.js").Session, message: Record<string, unknown>) => void} hear on the disk when it returns
 * @property {() => Promise<boolean>} findNewerVersion
 */

export {};
