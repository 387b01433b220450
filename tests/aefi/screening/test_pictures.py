"""The numbers behind the charts: weeks that stand out against the weeks before."""

import pytest

from aefi.screening.pictures import waves_in

QUIET = [10, 12, 9, 11, 10, 12, 8, 10, 11, 9, 10, 12]


def test_a_week_far_above_the_seven_before_is_a_wave():
    assert waves_in([*QUIET, 30, 11]) == (*[False] * 12, True, False)


@pytest.mark.parametrize("counts", [[], [40], QUIET, [0] * 12 + [4], [*QUIET[:7], 30]])
def test_a_short_past_few_reports_or_the_usual_course_are_none(counts):
    assert waves_in(counts) == (False,) * len(counts)
