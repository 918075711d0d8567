"""A worker that dies as hard as the kernel can do it (-9), before the step of its work that a test names."""

import os
import signal
from collections.abc import Callable, Iterator
from itertools import count

from django.core import mail
from django.db import connection, connections

NEVER = 1_000_000


def die_at(step: int, work: Callable[[], object]) -> bool:
    """Run the work in a child process that is killed before its step number `step`, counted from 1: a step is
    a statement, a commit, or either end of handing over a mail. Says whether the child died; False when the
    work ended before. Fails when it ended with an error.

    The child is forked, so it knows what the test has set up; its connection is its own.
    """
    connections.close_all()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _count_steps(step)
            work()
            code = 0
        finally:
            os._exit(code)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the work failed"
    return False


def inside_and_beyond(kills: int, reach: int) -> Iterator[int]:
    """Steps to die at: each of the first ones in turn, and after each so late that something was done, since
    work that gets nowhere three times is given up.
    """
    for number in range(kills):
        step, late = divmod(number, 2)
        yield reach + step % (reach // 2) if late else 1 + step


def _count_steps(last: int) -> None:
    """Nothing is put back: the process ends with its work."""
    numbers = count(1)
    wrapper, backend = connections[connection.alias], mail.get_connection
    commit = wrapper._commit

    def step() -> None:
        if next(numbers) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def before_statement(execute, sql, params, many, context):
        step()
        return execute(sql, params, many, context)

    def before_commit():
        step()
        commit()

    def with_steps(*arguments, **options):
        server = backend(*arguments, **options)
        deliver = server.send_messages

        def hand_over(messages):
            step()
            taken = deliver(messages)
            step()
            return taken

        server.send_messages = hand_over
        return server

    wrapper.execute_wrappers.append(before_statement)
    wrapper._commit = before_commit
    mail.get_connection = with_steps
