document.querySelector(".form-login").onsubmit = async (event) => {
	event.preventDefault();
	const [usr, pwd] = ["login_email", "login_password"].map((id) => document.getElementById(id).value);
	const response = await fetch("/api/method/login", { method: "POST", body: new URLSearchParams({ usr, pwd }) });
	if (!response.ok) {
		document.getElementById("login-failed").textContent = "Invalid login. Try again.";
		return;
	}
	const wanted = new URLSearchParams(location.search).get("redirect-to") || "/app";
	location.href = /^\/(?!\/)/.test(wanted) ? wanted : "/app";
};
