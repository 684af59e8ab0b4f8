from xappiens_whatsapp.site import copies


def execute() -> None:
	"""A site that is updated is at home where it is."""
	copies.settle()
