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
