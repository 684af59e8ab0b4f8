__version__ = "0.2.0"

APP = "xappiens_whatsapp"
MODULE = "Xappiens Whatsapp"
SESSION = "WhatsApp Session"
SETTINGS = "WhatsApp Settings"
SESSION_USER = "WhatsApp Session User"
SESSION_EVENT = "WhatsApp Session Event"
