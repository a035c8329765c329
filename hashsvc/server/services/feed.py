"""FeedService: reads the log by pages, and the list's figures."""

from __future__ import annotations

from hashsvc.errors import InvalidArgument, OutOfRange
from hashsvc.hashlist.values import ChangeView
from hashsvc.matching.current import CurrentPolicy
from hashsvc.server.translate.common import PAGE_BYTES_MAX, demanded, fill_page, page_size_of, position_message
from hashsvc.server.translate.entry import change_message
from hashsvc.server.wire.calls import Call
from hashsvc.server.wire.ports import Store
from hashsvc.v1 import feed_service_pb2 as pb


class FeedServicer:
    """Answers ReadChanges and GetListStats."""

    def __init__(self, store: Store, policies: CurrentPolicy) -> None:
        self._store = store
        self._policies = policies

    def ReadChanges(self, request: pb.ReadChangesRequest, call: Call) -> pb.ReadChangesResponse:  # noqa: N802
        limit = page_size_of(request.page_size)
        after = request.after_sequence
        if after < 0:
            raise InvalidArgument("BAD_VALUE", f"it is {after}; 0 and more is right", field="after_sequence")
        at_least = demanded(request.at_least)
        with self._store.snapshot() as snapshot:
            snapshot.require(at_least)
            position = snapshot.position
            if after > position.sequence:
                raise OutOfRange(
                    "FUTURE_SEQUENCE",
                    f"the log ends at {position.sequence}, changes after {after} were asked for",
                    field="after_sequence",
                )
            views = snapshot.pages.changes(after, limit, PAGE_BYTES_MAX)
        response = pb.ReadChangesResponse(position=position_message(position, call))
        fill_page(response.changes, views, change_message, _sequence_of, 0)
        last = response.changes[-1].sequence if response.changes else after
        response.end = last >= position.sequence
        call.item_count = len(response.changes)
        return response

    def GetListStats(self, request: pb.GetListStatsRequest, call: Call) -> pb.GetListStatsResponse:  # noqa: N802
        at_least = demanded(request.at_least)
        with self._store.snapshot() as snapshot:
            snapshot.require(at_least)
            stats = snapshot.stats()
            policy = self._policies.of(snapshot)
        response = pb.GetListStatsResponse(
            position=position_message(stats.position, call),
            delta_change_count=stats.delta_change_count,
            store_bytes=stats.store_bytes,
            people_required=stats.people_required,
            policy_version=policy.version,
            entry_count=stats.entry_count,
        )
        for state, count in sorted(stats.states.items()):
            response.states.add(state=state, signal_count=count)
        for kind, count in sorted(stats.types.items()):
            response.types.add(type=kind, signal_count=count)
        for segment in stats.segments:
            response.segments.add(
                first_sequence=segment.first_sequence,
                last_sequence=segment.last_sequence,
                byte_count=segment.byte_count,
                code_count=segment.code_count,
            )
        return response


def _sequence_of(view: ChangeView) -> int:
    return view.sequence
