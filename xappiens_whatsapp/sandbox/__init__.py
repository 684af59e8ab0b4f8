"""A Baileys REST server to develop and test against."""

from .courier import Delivery
from .recording import RecordedRequest
from .registry import SessionUnknown
from .server import Sandbox
from .state import ScanRefused

__all__ = ["Delivery", "RecordedRequest", "Sandbox", "ScanRefused", "SessionUnknown"]
