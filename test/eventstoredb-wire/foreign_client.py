"""What a client by other authors sees of a server: foreign_client.py MODULE CONNECTION-STRING STREAM-PREFIX.

Prints one JSON object: the outcome of each step, by its name.
"""

import importlib
import json
import sys

module_name, uri, prefix = sys.argv[1:]
module = importlib.import_module(module_name)
client_class = getattr(module, "EventStoreDBClient", None) or module.KurrentDBClient
NewEvent, StreamState = module.NewEvent, module.StreamState
outcome = {}


def made(n, kind="Made"):
    return NewEvent(type=f"{prefix}-{kind}", data=json.dumps({"n": n}).encode(), metadata=b'{"m":1}')


def refused(action):
    try:
        return {"settled": action()}
    except Exception as error:
        # One of the two clients ends the names of all its errors so.
        return type(error).__name__.removesuffix("Error")


def shown(event):
    return [event.type.removeprefix(f"{prefix}-"), event.data.decode(), event.stream_position]


with client_class(uri=uri) as client:
    stream = f"{prefix}-zażółć"
    events = [made(n) for n in range(3)]

    def append(current, what):
        return client.append_to_stream(stream, current_version=current, events=what)

    first = append(StreamState.NO_STREAM, events)
    stored = client.get_stream(stream)
    outcome["stored"] = [shown(event) for event in stored]
    outcome["ids are kept"] = [event.id for event in stored] == [event.id for event in events]
    outcome["metadata is kept"] = [event.metadata.decode() for event in stored]
    outcome["the answer is the last event's position"] = stored[-1].commit_position == first
    outcome["sent again, the same answer"] = append(StreamState.NO_STREAM, events) == first
    outcome["wrong version, several"] = refused(lambda: append(7, [made(9), made(10)]))
    outcome["wrong version, one"] = refused(lambda: append(7, made(9)))
    outcome["no stream, but there is"] = refused(lambda: append(StreamState.NO_STREAM, made(9)))
    append(2, made(3, "Other"))
    outcome["backwards"] = [shown(event) for event in client.get_stream(stream, backwards=True, limit=2)]
    outcome["version"] = client.get_current_version(stream)

    with client.read_all(filter_include=[f"{prefix}-.*"], commit_position=first) as read:
        outcome["all, filtered, from the third"] = [shown(event) for event in read]
    with client.read_all(commit_position=first, backwards=True, limit=1, filter_exclude=[]) as read:
        outcome["all, backwards, excludes"] = [shown(event) for event in read]

    seen = []
    with client.subscribe_to_all(
        filter_include=[f"{prefix}-Made", f"{prefix}-Late"], include_caught_up=True, timeout=60
    ) as subscription:
        for event in subscription:
            if type(event).__name__ == "CaughtUp":
                seen.append("caught up")
                append(3, [made(4), made(5, "Late")])
            else:
                seen.append(shown(event))
            if len(seen) == 6:
                break
    outcome["subscribed to all"] = seen

    with client.subscribe_to_stream(stream, stream_position=3, timeout=60) as subscription:
        outcome["subscribed to the stream after 3"] = [shown(next(subscription)) for _ in range(2)]

    client.delete_stream(stream, current_version=5)
    outcome["deleted"] = refused(lambda: client.get_stream(stream))
    append(StreamState.NO_STREAM, made(6))
    outcome["begun again"] = [shown(event) for event in client.get_stream(stream)]
    client.tombstone_stream(stream, current_version=StreamState.ANY)
    outcome["gone, read"] = refused(lambda: client.get_stream(stream))
    outcome["gone, append one"] = refused(lambda: append(StreamState.ANY, made(7)))
    outcome["gone, append several"] = refused(lambda: append(StreamState.ANY, [made(7), made(8)]))
    outcome["gone, delete"] = refused(lambda: client.delete_stream(stream, current_version=StreamState.ANY))
    outcome["missing"] = refused(lambda: client.get_stream(f"{prefix}-missing"))
    outcome["too large"] = refused(
        lambda: client.append_to_stream(
            f"{prefix}-large",
            current_version=StreamState.NO_STREAM,
            events=[NewEvent(type="Large", data=b"x" * 600_000) for _ in range(2)],
        )
    )
    outcome["leader"] = [member.state for member in client.read_gossip()]

print(json.dumps(outcome, ensure_ascii=False))
