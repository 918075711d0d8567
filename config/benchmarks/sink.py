"""A mail server that takes everything and keeps nothing, in a process of its own.

`HELP` answers how many mails it took since it was last asked, and to how many addresses.
"""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

END = b"\r\n.\r\n"
ANSWERS = {
    b"EHLO": b"250 sink\r\n",
    b"HELO": b"250 sink\r\n",
    b"MAIL": b"250 2.1.0 Yes\r\n",
    b"RCPT": b"250 2.1.5 Yes\r\n",
    b"RSET": b"250 2.0.0 Yes\r\n",
    b"NOOP": b"250 2.0.0 Yes\r\n",
    b"DATA": b"354 Go ahead\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
}


@contextmanager
def running() -> Iterator[int]:
    """The port of a sink on this machine, which ends with the block."""
    command = [sys.executable, "-m", "config.benchmarks.sink"]
    # Its own session: Ctrl-C is for the process that started it, which ends it in order.
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def serve(server: socket.socket) -> None:
    """One client after the other, until the process is ended."""
    taken: list[bytes] = []
    while True:
        client, _address = server.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with client:
            client.sendall(b"220 sink\r\n")
            _talk(client, taken)


def _talk(client: socket.socket, taken: list[bytes]) -> None:
    waiting, is_mail = b"", False
    while part := client.recv(65536):
        waiting += part
        while (end := waiting.find(END if is_mail else b"\r\n")) >= 0:
            line, waiting = waiting[:end], waiting[end + len(END if is_mail else b"\r\n") :]
            if is_mail:
                is_mail, answer = False, b"250 2.0.0 Taken\r\n"
            elif (verb := line[:4].upper()) == b"HELP":
                answer = b"214 %d %d\r\n" % (len(taken), len(set(taken)))
                taken.clear()
            else:
                answer, is_mail = ANSWERS.get(verb, b"502 5.5.1 No\r\n"), verb == b"DATA"
                if verb == b"RCPT":
                    taken.append(line)
            client.sendall(answer)
            if line[:4].upper() == b"QUIT":
                return


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    serve(listener)
