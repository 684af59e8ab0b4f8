from xappiens_whatsapp.setup.migration import bind_numbers, remember_address


def execute() -> None:
	remember_address()
	bind_numbers()
