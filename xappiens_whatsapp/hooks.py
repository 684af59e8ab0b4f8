app_name = "xappiens_whatsapp"
app_title = "Xappiens WhatsApp"
app_publisher = "Xappiens"
app_description = "Link WhatsApp numbers to your site from the desk"
app_email = "hello@xappiens.example"
app_license = "mit"

before_install = "xappiens_whatsapp.install.before_install"
after_install = "xappiens_whatsapp.install.after_install"
before_uninstall = "xappiens_whatsapp.uninstall.before_uninstall"
after_uninstall = "xappiens_whatsapp.uninstall.after_uninstall"

has_permission = {
	"WhatsApp Session": "xappiens_whatsapp.permissions.has_session_permission",
	"WhatsApp Settings": "xappiens_whatsapp.permissions.has_settings_permission",
}
permission_query_conditions = {
	"WhatsApp Session": "xappiens_whatsapp.permissions.session_query_conditions",
}

doc_events = {
	"WhatsApp Session": {
		"on_change": "xappiens_whatsapp.pairing.on_session_change",
		"on_trash": "xappiens_whatsapp.pairing.on_session_trash",
	},
}
after_request = [
	"xappiens_whatsapp.pairing.protect_response",
	"xappiens_whatsapp.api.webhook.refuse_unreadable",
]
persistent_cache_keys = ["whatsapp_link", "whatsapp_server_down_since", "whatsapp_last_pass"]

scheduler_events = {
	"all": ["xappiens_whatsapp.tasks.enqueue_reconciliation"],
}

add_to_apps_screen = [
	{
		"name": "xappiens_whatsapp",
		"logo": "/assets/xappiens_whatsapp/images/whatsapp-link.svg",
		"title": "Xappiens WhatsApp",
		"route": "/app/whatsapp",
		"has_permission": "xappiens_whatsapp.apps_screen.has_app_permission",
	}
]
