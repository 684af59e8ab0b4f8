"""To which hosts the API key may go: the one that it was entered for, and unencrypted only within the own network."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

from frappe import _
from frappe.utils import escape_html

PORTS = {"http": 80, "https": 443}
PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


def is_same(before: str | None, now: str | None) -> bool:
	"""Whether a key for the one address may go to the other; encryption may be added, not taken away."""
	old, new = split(before), split(now)
	if old.hostname != new.hostname or (old.scheme, new.scheme) == ("https", "http"):
		return False
	return port_of(old) == port_of(new) or old.port is new.port is None


def split(address: str | None) -> SplitResult:
	"""Of what cannot be read there are no parts."""
	try:
		parts = urlsplit((address or "").strip())
		return parts if parts.port != 0 else urlsplit("")
	except ValueError:
		return urlsplit("")


def port_of(parts: SplitResult) -> int | None:
	return parts.port or PORTS.get(parts.scheme)


def problem_with(address: str) -> str:
	"""Why the API key must not be sent there; "" where it may. A name that is not found leads nowhere."""
	parts = split(address)
	if parts.scheme != "http" or all(map(is_own_network, addresses_of(parts.hostname or ""))):
		return ""
	return _(
		"The server address {0} is reached without encryption, so the API key could be read on the way. Use https://;"
		" http:// is only for this machine and private networks."
	).format(escape_html(address))


def addresses_of(host: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
	"""None where the name is not found."""
	try:
		found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
	except (OSError, UnicodeError):
		return []
	return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def is_own_network(place: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
	"""Python calls more addresses private: those of documentation, and of a cloud's own services."""
	place = getattr(place, "ipv4_mapped", None) or place
	return place.is_loopback or any(place in network for network in PRIVATE)
