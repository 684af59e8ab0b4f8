from xappiens_whatsapp.setup.migration import remember_address_of_key
from xappiens_whatsapp.site import copies


def execute() -> None:
	"""A site that is updated is at home where it is, and its key is for the server that it names."""
	copies.settle()
	remember_address_of_key()
