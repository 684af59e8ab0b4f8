from xappiens_whatsapp.setup.migration import adopt_predecessor


def execute() -> None:
	adopt_predecessor()
