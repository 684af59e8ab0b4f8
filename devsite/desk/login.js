const say = (text) => devsite_boot.messages[text] || text;
document.documentElement.dataset.theme = localStorage.devsite_theme || "light";
for (const part of document.querySelectorAll(".stand-in, label, button")) part.textContent = say(part.textContent);

document.querySelector(".form-login").onsubmit = async (event) => {
	event.preventDefault();
	const [usr, pwd] = ["login_email", "login_password"].map((id) => document.getElementById(id).value);
	const response = await fetch("/api/method/login", { method: "POST", body: new URLSearchParams({ usr, pwd }) });
	if (!response.ok) {
		document.getElementById("login-failed").textContent = say("Invalid login. Try again.");
		return;
	}
	const wanted = new URLSearchParams(location.search).get("redirect-to") || "/app";
	location.href = /^\/(?!\/)/.test(wanted) ? wanted : "/app";
};
