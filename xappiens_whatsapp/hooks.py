from frappe import __version__ as _frappe_version

from xappiens_whatsapp import SESSION as _SESSION
from xappiens_whatsapp import SESSION_EVENT as _SESSION_EVENT
from xappiens_whatsapp import SESSION_USER as _SESSION_USER
from xappiens_whatsapp import SETTINGS as _SETTINGS
from xappiens_whatsapp.site.shared import KEPT as _KEPT

app_name = "xappiens_whatsapp"
app_title = "Xappiens WhatsApp"
app_publisher = "Xappiens"
app_description = "Link WhatsApp numbers to your site from the desk"
app_email = "hello@xappiens.example"
app_license = "mit"

_DESK = "/app" if _frappe_version.startswith("15.") else "/desk"
_LOAD_WHATSAPP = "public/js/load_whatsapp.js"
doctype_js = {_SESSION: _LOAD_WHATSAPP, _SETTINGS: _LOAD_WHATSAPP}
doctype_list_js = {_SESSION: _LOAD_WHATSAPP}

before_install = "xappiens_whatsapp.setup.install.before_install"
after_install = "xappiens_whatsapp.setup.install.after_install"
before_app_install = "xappiens_whatsapp.setup.install.before_app_install"
before_app_uninstall = "xappiens_whatsapp.setup.neighbours.before_app_uninstall"
after_migrate = "xappiens_whatsapp.setup.neighbours.after_migrate"
after_uninstall = "xappiens_whatsapp.setup.uninstall.after_uninstall"

has_permission = {
	_SESSION: "xappiens_whatsapp.permissions.has_session_permission",
	_SETTINGS: "xappiens_whatsapp.permissions.has_settings_permission",
	_SESSION_EVENT: "xappiens_whatsapp.permissions.has_event_permission",
}
permission_query_conditions = {
	_SESSION: "xappiens_whatsapp.permissions.session_query_conditions",
	_SESSION_USER: "xappiens_whatsapp.permissions.assignment_query_conditions",
	_SESSION_EVENT: "xappiens_whatsapp.permissions.event_query_conditions",
}

after_request = [
	"xappiens_whatsapp.sessions.pairing_links.protect_response",
	"xappiens_whatsapp.api.unreadable.refuse_unreadable",
]
persistent_cache_keys = [*_KEPT]

default_log_clearing_doctypes = {_SESSION_EVENT: 365}

scheduler_events = {
	"all": [
		"xappiens_whatsapp.background.reconciliation.enqueue_reconciliation",
		"xappiens_whatsapp.background.proofs.enqueue_proofs",
	],
}

add_to_apps_screen = [
	{
		"name": "xappiens_whatsapp",
		"logo": "/assets/xappiens_whatsapp/images/whatsapp-link.svg",
		"title": "Xappiens WhatsApp",
		"route": f"{_DESK}/whatsapp",
		"has_permission": "xappiens_whatsapp.setup.apps_screen.has_app_permission",
	}
]

# Frappe CRM reads these at its next `migrate`: one click from the menu of its users. Of standard items it draws only its own.
standard_dropdown_items = [
	{
		"name1": "xappiens_whatsapp_desk",
		"label": "WhatsApp",
		"type": "Route",
		"icon": "message-circle",
		"route": f"{_DESK}/whatsapp",
		"is_standard": 0,
		"open_in_new_window": 1,
	}
]
