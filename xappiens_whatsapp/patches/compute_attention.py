from xappiens_whatsapp.setup.migration import compute_attention


def execute() -> None:
	compute_attention()
