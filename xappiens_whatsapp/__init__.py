__version__ = "0.1.0"

APP = "xappiens_whatsapp"
MODULE = "Xappiens Whatsapp"
