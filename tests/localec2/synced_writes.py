"""The whole user space of a machine: the longest fdatasync while bytes go round between machines.

Runs as process 1, read from a block device. The kernel's words MY, NEXT and SECONDS tell who it is.
"""

import os
import socket
import subprocess
import threading
import time

PORT = 7000


def main() -> None:
    os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    for command in (
        "ip link set lo up",
        f"ip address add {os.environ['MY']}/24 dev vec0",
        "ip link set vec0 up",
    ):
        subprocess.run(command.split(), check=True)
    end = time.monotonic() + float(os.environ["SECONDS"])
    received = [0]
    sink = socket.create_server(("", PORT))
    threading.Thread(target=drain, args=(sink, received), daemon=True).start()
    threading.Thread(target=pour, args=(os.environ["NEXT"], end), daemon=True).start()
    took = synced_writes(end)
    # Writes, longest in milliseconds, bytes received: on the console, where the test reads it.
    os.write(1, f"RESULT {len(took)} {max(took) * 1000:.1f} {received[0]}\n".encode())
    subprocess.run(["busybox", "poweroff", "-f"], check=True)


def drain(sink: socket.socket, received: list[int]) -> None:
    source, _ = sink.accept()
    while data := source.recv(65536):
        received[0] += len(data)


def pour(address: str, end: float) -> None:
    while time.monotonic() < end:
        try:
            with socket.create_connection((address, PORT), timeout=5) as out:
                while time.monotonic() < end:
                    out.sendall(bytes(16384))
                    time.sleep(0.002)
        except OSError:  # the next machine is not up yet, or has finished
            time.sleep(0.1)


def synced_writes(end: float) -> list[float]:
    """Seconds of each fdatasync of 2 KiB, one every 10 ms: what etcd's log does."""
    took = []
    file = os.open("/var/tmp/synced", os.O_CREAT | os.O_WRONLY)
    while time.monotonic() < end:
        os.write(file, bytes(2048))
        began = time.monotonic()
        os.fdatasync(file)
        took.append(time.monotonic() - began)
        time.sleep(0.01)
    return took


main()
