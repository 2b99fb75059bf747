"""A lane as long as one likes: a virtual cable, or an emulated link where packets take time."""

from collections.abc import Iterator
from contextlib import contextmanager

from harness import namespaces
from harness.emulator import Emulator, End
from harness.line import Conditions
from harness.namespaces import CLIENT, MTU, SERVER, Lane, namespace


@contextmanager
def lane(rtt: float = 0.0) -> Iterator[Lane]:
    """Fresh namespaces, joined; `rtt` (ms) is what the link adds to a round trip."""
    if not rtt:
        with namespaces.lane() as near:
            yield near
        return
    with namespace() as server, namespace() as client:
        ends = (End(server, f"{SERVER}/24"), End(client, f"{CLIENT}/24"))
        with Emulator(*ends, Conditions(delay=rtt / 2000), mtu=MTU):
            yield Lane(server, client, ends[0].device)
