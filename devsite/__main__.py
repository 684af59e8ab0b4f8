"""`python -m devsite`: a site to try the app on, with a sandbox beside it."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
import tempfile
import threading
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import devsite

HOST = "127.0.0.1"
GUIDE = {
	"es": """
  1. Abra {site}/app/whatsapp-session y entre como Administrator / admin
     (o manager@example.com, agent@example.com, viewer@example.com / demo).
  2. Añadir Sesión de WhatsApp → ID de sesión y nombre → Crear Sesión: aparece el código QR.
  3. El teléfono simulado está en {phone} : pulse Escanear. Sin cámara: en la ventana, Con un código, y
     escríbalo en esa página.
  4. La sesión pasa a Conectada. Mensaje de prueba → Enviar: enviado, entregado, leído.
     Pruebe también Estado y Desconectar; al final del formulario, la Historia dice qué pasó y quién lo hizo.
  5. Otro teléfono: cree una sesión con un Número esperado, p. ej. +34 600 000 009, y escanee con otro número en
     la página del teléfono. Se dice en rojo; decida con Desvincularlo o Conservar este teléfono. Ctrl+C termina.
  In English: make demo LANGUAGE=en""",
	"en": """
  1. Open {site}/app/whatsapp-session and log in as Administrator / admin
     (or manager@example.com, agent@example.com, viewer@example.com / demo).
  2. Add WhatsApp Session → session id and name → Create Session: the QR code appears.
  3. The simulated phone is at {phone} : press Scan. Without a camera: With a code in the dialog, and type it on
     that page.
  4. The session becomes Connected. Test Message → Send: sent, delivered, read.
     Try Status and Disconnect too; at the end of the form the Story says what happened, and who did it.
  5. Another phone: create a session with an Expected Number, such as +34 600 000 009, and scan with another number
     on the phone's page. It is said in red; decide with Unlink It or Keep This Phone. Ctrl+C ends it.""",
}

PHONE_GUIDE = {
	"es": """
  1. Abra {site}/app/whatsapp-session y entre como Administrator / admin.
  2. Añadir Sesión de WhatsApp → ID de sesión y nombre → Crear Sesión: aparece un código QR de WhatsApp.
  3. En su teléfono: WhatsApp → Dispositivos vinculados → Vincular un dispositivo, y escanee el código.
  4. La sesión pasa a Conectada. Ctrl+C termina; el vínculo queda en {data} hasta que lo elimine.
  Baileys es un cliente no oficial: WhatsApp puede bloquear números que lo usan. Mejor un número de prueba.
  {internet}""",
	"en": """
  1. Open {site}/app/whatsapp-session and log in as Administrator / admin.
  2. Add WhatsApp Session → session id and name → Create Session: a QR code of WhatsApp appears.
  3. On your phone: WhatsApp → Linked devices → Link a device, and scan the code.
  4. The session becomes Connected. Ctrl+C ends it; the link stays in {data} until you delete it.
  Baileys is an unofficial client: WhatsApp may ban numbers that use it. Better a number for tests.
  {internet}""",
}
INTERNET = {
	("es", True): "WhatsApp responde desde esta máquina.",
	(
		"es",
		False,
	): "WhatsApp NO responde desde esta máquina: sin internet no habrá código, y la sesión lo dirá.",
	("en", True): "WhatsApp can be reached from this machine.",
	(
		"en",
		False,
	): "WhatsApp can NOT be reached from this machine: there will be no code, and the session says so.",
}
WHATSAPP = ("web.whatsapp.com", 443)


def main() -> None:
	options = arguments()
	stopping = threading.Event()
	for number in (signal.SIGINT, signal.SIGTERM):
		signal.signal(number, lambda *_details: stopping.set())
	devsite.activate()
	with ExitStack() as stack:
		data = options.data or stack.enter_context(tempfile.TemporaryDirectory(prefix="devsite-"))
		server = serve(stack, options, data, stopping)
		address = f"http://{HOST}:{server.server_port}"
		print(f"ready {address}", flush=True)
		if options.gateway:
			print(phone_guide(options, address), flush=True)
		elif options.guide and not options.no_sandbox:
			print(
				GUIDE.get(options.language, GUIDE["en"]).format(site=address, phone=options.phone), flush=True
			)
		stopping.wait()


def arguments() -> argparse.Namespace:
	parser = argparse.ArgumentParser(prog="python -m devsite", description=__doc__)
	parser.add_argument("--port", type=int, default=8000)
	parser.add_argument("--data", help="folder that keeps the site; a temporary one by default")
	parser.add_argument("--language", default="en")
	parser.add_argument("--no-sandbox", action="store_true", help="leave the Baileys stand-in out")
	parser.add_argument(
		"--gateway", metavar="FOLDER", help="real Baileys instead, which keeps its links there"
	)
	parser.add_argument("--gateway-port", type=int, default=0, help="a free one by default")
	parser.add_argument("--guide", action="store_true", help="also print what to click")
	return parser.parse_args()


def serve(stack: ExitStack, options: argparse.Namespace, data: str, stopping: threading.Event) -> object:
	import frappe

	from devsite import server, workers
	from devsite.site import SITE, be_at_home, open_site, point_settings_to

	open_site(data, language=options.language)
	try:
		started = server.start(HOST, options.port)
	except SystemExit:
		sys.exit(f"Choose another port, for example: make demo PORT={options.port + 1}")
	stack.callback(started.server_close)
	stack.callback(started.shutdown)
	if options.gateway:
		start_gateway(stack, options, stopping)
	elif not options.no_sandbox:
		from xappiens_whatsapp.sandbox import Sandbox

		sandbox = stack.enter_context(Sandbox())
		point_settings_to(sandbox.url, sandbox.api_key)
		options.phone = f"{sandbox.url}/phone?lang={options.language}"
	be_at_home(f"http://{HOST}:{started.server_port}")
	frappe.destroy()
	workers.start(stack, SITE, data)
	return started


def start_gateway(stack: ExitStack, options: argparse.Namespace, stopping: threading.Event) -> None:
	import frappe

	from devsite.site import point_settings_to
	from xappiens_whatsapp.shell import gateway

	frappe.local.lang = options.language
	try:
		tell = partial(print, file=sys.stderr, flush=True)
		running = gateway.run(Path(options.gateway), options.gateway_port, stopping, tell)
	except gateway.GatewayNotStarted as error:
		sys.exit(str(error))
	stack.callback(running.stop)
	point_settings_to(running.url, running.api_key)


def phone_guide(options: argparse.Namespace, site: str) -> str:
	language = options.language if options.language in PHONE_GUIDE else "en"
	internet = INTERNET[language, reaches_whatsapp()]
	return PHONE_GUIDE[language].format(site=site, data=options.gateway, internet=internet)


def reaches_whatsapp() -> bool:
	try:
		with socket.create_connection(WHATSAPP, timeout=3):
			return True
	except OSError:
		return False


main()
