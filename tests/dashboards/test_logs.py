"""The log tells what failed, never about whom, and its own failure is nobody else's."""

import structlog

from dashboards.project.logs import Log


def test_a_failure_is_told_without_the_values_of_variables(capsys):
    recipient = "王" + "小明"
    try:
        int("x" + recipient[:0])
    except ValueError:
        structlog.get_logger().exception("step_failed", loop="timers")

    told = capsys.readouterr().out
    assert "step_failed" in told
    assert "ValueError" in told
    assert "小明" not in told.replace('"王" + "小明"', "")


class FullDisk:
    def write(self, _text):
        raise OSError(28, "No space left on device")

    def flush(self):
        raise OSError(28, "No space left on device")


def test_a_log_that_cannot_be_written_is_no_failure():
    Log(FullDisk()).error("page_not_sent")
