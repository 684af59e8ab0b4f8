from xappiens_whatsapp.migration import adopt_predecessor


def execute() -> None:
	adopt_predecessor()
