"""What is believed of a sight of a session: the table of belief."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from xappiens_whatsapp.baileys.errors import BaileysError, NotFoundError, RefusedByState
from xappiens_whatsapp.baileys.models import RemoteSession


class Seen(Enum):
	OWN_ROUTE = "the session's own route answered"
	ACTED = "the server answered a create"
	LISTED = "a row of the list that vouches for the connection (`isConnected`)"
	LISTED_UNVOUCHED = "a row of the list that does not"
	STATED_BY_REFUSAL = "a read was refused because of the state that the session is in"
	ACTION_REFUSED = "an action was refused because of that state"
	OUTCOME_UNKNOWN = "an action failed in a way that leaves open whether it was carried out"
	NOT_FOUND = "404 on the session's own route"
	NOT_LISTED = "the list has no such session"
	GONE = "neither the list nor the own route has it"
	NUDGED = "a webhook spoke of it"
	NOTHING = "the server could not be asked"


class State(Enum):
	"""Whether a sight says the state."""

	NO = 0
	IF_IT_AGREES = 1
	YES = 2


class Ask(Enum):
	"""Who has to be asked before anything more is believed."""

	NOBODY = 0
	OWN_ROUTE = 1
	LIST = 2


class Belief(NamedTuple):
	state: State
	facts: bool
	missing: bool
	then_ask: Ask


TABLE = {
	Seen.OWN_ROUTE: Belief(State.YES, True, False, Ask.NOBODY),
	Seen.ACTED: Belief(State.NO, True, False, Ask.NOBODY),
	Seen.LISTED: Belief(State.YES, True, False, Ask.NOBODY),
	Seen.LISTED_UNVOUCHED: Belief(State.IF_IT_AGREES, True, False, Ask.OWN_ROUTE),
	Seen.STATED_BY_REFUSAL: Belief(State.YES, False, False, Ask.NOBODY),
	Seen.ACTION_REFUSED: Belief(State.NO, False, False, Ask.OWN_ROUTE),
	Seen.OUTCOME_UNKNOWN: Belief(State.NO, False, False, Ask.OWN_ROUTE),
	Seen.NOT_FOUND: Belief(State.NO, False, False, Ask.LIST),
	Seen.NOT_LISTED: Belief(State.NO, False, False, Ask.OWN_ROUTE),
	Seen.GONE: Belief(State.NO, False, True, Ask.NOBODY),
	Seen.NUDGED: Belief(State.NO, False, False, Ask.OWN_ROUTE),
	Seen.NOTHING: Belief(State.NO, False, False, Ask.NOBODY),
}


@dataclass(frozen=True)
class Observation:
	"""`asked_at` is when the question went out, in the site's time; `server` the fingerprint of the address that was asked;
	`asked_number` the number in the question, None where it named none.
	"""

	seen: Seen
	remote: RemoteSession
	asked_at: datetime
	server: str
	asked_number: int | None = None

	@property
	def belief(self) -> Belief:
		return TABLE[self.seen]


def seen_in_list(remote: RemoteSession) -> Seen:
	return Seen.LISTED_UNVOUCHED if remote.is_connected is None else Seen.LISTED


def seen_in_failure(error: BaileysError, *, of_action: bool) -> Seen:
	"""What a failed call about one session tells of it."""
	if isinstance(error, RefusedByState):
		return Seen.ACTION_REFUSED if of_action else Seen.STATED_BY_REFUSAL
	if isinstance(error, NotFoundError):
		return Seen.NOT_FOUND
	return Seen.OUTCOME_UNKNOWN if of_action and error.outcome_unknown else Seen.NOTHING
