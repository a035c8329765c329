"""What a client is set to, checked once; shared by both clients."""

from __future__ import annotations

import grpc
import msgspec

from hashsvc.client.retry import Attempts
from hashsvc.clock import Clock, SystemClock
from hashsvc.errors import InvalidArgument
from hashsvc.limits import ACTOR_CHARS_MAX, DEADLINE_MS_MAX

_ANSWER_BYTES_MAX = 256 * 1024 * 1024  # an answer to 10,000 items with all their evidence; bounded all the same

CHANNEL_OPTIONS = (
    ("grpc.use_local_subchannel_pool", 1),  # a channel is a connection of its own, so another may meet another worker
    ("grpc.enable_retries", 0),  # `retry` decides
    ("grpc.max_receive_message_length", _ANSWER_BYTES_MAX),
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 1000),
)


class Settings(msgspec.Struct, frozen=True):
    """address: HOST:PORT. actor: the acting person, for writes. credentials: None for an insecure channel.

    timeout_s, bulk_timeout_s: deadline of a call, of a bulk call; at most 30. patience_s: how long a bulk call waits
    in all when the server says that too many run. connect_s: how long to go on while nobody ever answered; None: for
    the whole deadline. connections: bulk calls are spread over so many, so that they meet more than one worker.
    """

    address: str
    actor: str | None = None
    timeout_s: float = 10.0
    bulk_timeout_s: float = 25.0
    patience_s: float = 300.0
    connect_s: float | None = None
    connections: int = 1
    credentials: grpc.ChannelCredentials | None = None
    clock: Clock = msgspec.field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        for name, value in (("timeout_s", self.timeout_s), ("bulk_timeout_s", self.bulk_timeout_s)):
            if not 0 < value <= DEADLINE_MS_MAX / 1000:
                message = f"a deadline is {value} s; more than 0 and at most {DEADLINE_MS_MAX // 1000} s is right"
                raise InvalidArgument("BAD_DEADLINE", message, field=name)
        if self.connections < 1:
            message = f"connections is {self.connections}; 1 or more is right"
            raise InvalidArgument("BAD_CONNECTIONS", message, field="connections")
        actor = self.actor
        if actor is not None and not (0 < len(actor) <= ACTOR_CHARS_MAX and actor.isascii() and actor.isprintable()):
            message = f"an actor's name is 1 to {ACTOR_CHARS_MAX} printable ASCII characters"
            raise InvalidArgument("BAD_ACTOR", message, field="actor")

    def acting_as(self, actor: str) -> Settings:
        """The same, in another person's name."""
        return msgspec.structs.replace(self, actor=actor)

    def metadata(self) -> tuple[tuple[str, str], ...]:
        return () if self.actor is None else (("hashsvc-actor", self.actor),)

    def attempts(self, *, is_bulk: bool, answered: bool) -> Attempts:
        """Begin to count a call's attempts. answered: somebody has answered this client before."""
        return Attempts(
            self.bulk_timeout_s if is_bulk else self.timeout_s,
            self.patience_s if is_bulk else 0.0,
            self.clock,
            None if answered else self.connect_s,
        )
