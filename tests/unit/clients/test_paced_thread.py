"""Something is done at a pace until it is closed, and not after."""

import threading

from infra.clients.transport.paced_thread import Paced


def test_it_goes_on_until_it_is_closed() -> None:
    enough = threading.Event()
    done: list[int] = []

    def do() -> None:
        done.append(len(done))
        if len(done) == 3:
            enough.set()

    paced = Paced(do, a_second=1000, because="a test counts").open()
    assert enough.wait(5), "three calls were expected within five seconds"
    paced.close()
    count = len(done)
    assert done == list(range(count))
    paced.close()
    assert len(done) == count
