"""Cases for the tests of the exchange formats."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from aefi.exchange.case import (
    CaseFacts,
    EventFacts,
    Outcome,
    ReporterFacts,
    Sex,
    VaccineFacts,
)
from aefi.rules.clocks import CHINA
from aefi.rules.seriousness import Criterion

GIVEN = datetime(2025, 3, 3, 10, 0, tzinfo=CHINA)
MINUTE = timedelta(minutes=1)

MMR = VaccineFacts(
    name="麻腮风",
    code="03",
    manufacturer="上海所",
    lot="A2025-01",
    expires_on=date(2026, 5, 31),
    given_at=GIVEN,
    dose_number=2,
    amount_ml=0.5,
    route="2",
    site="1",
    spec="1",
    organisation="1",
    diluent_lot="D7",
    diluent_expires_on=date(2026, 1, 31),
    reconstituted_at=GIVEN - 20 * MINUTE,
)
HEPA = VaccineFacts(
    name="甲肝灭活", manufacturer="北京科兴", lot="H9", given_at=GIVEN + MINUTE, is_suspect=False
)

FULL = CaseFacts(
    case_number="31010420250001",
    version=3,
    worldwide_id="CN-CENTRE-777",
    county="310104",
    address="上海市徐汇区 1 号",
    patient_name="王小明",
    birth_date=date(2017, 2, 3),
    age_years=8,
    sex=Sex.MALE,
    weight_kg=26.5,
    medical_history="egg allergy",
    occupation="pupil",
    phone="13800000000",
    guardian="王大山",
    vaccines=(MMR, HEPA),
    events=(
        EventFacts("过敏性休克", "10002199", GIVEN + 6 * MINUTE, GIVEN + 90 * MINUTE),
        EventFacts("Urticaria", "", GIVEN + 5 * MINUTE),
    ),
    outcome=Outcome.RECOVERED,
    serious_because=frozenset({Criterion.HOSPITALISATION, Criterion.LIFE_THREATENING}),
    fever_c=37.4,
    redness_cm=2.5,
    induration_cm=0.0,
    narrative="Hives after 5 min, wheeze & low pressure after 6 min; <adrenaline> at 10:08.",
    comments="Guardian told.",
    preliminary_diagnosis="01",
    preliminary_class="2",
    final_class="2",
    who_classes=("A1", "A3"),
    group_code="310104202501",
    obtained="1",
    visited_unit="中山医院",
    reporter=ReporterFacts("李医生", "徐汇接种点", "physician", "li@example.cn", "021-1"),
    discovered_at=GIVEN + 5 * MINUTE,
    reported_at=GIVEN + 40 * MINUTE,
    received_at=datetime(2025, 3, 3, 8, 30, tzinfo=UTC),
    entered_at=GIVEN + 30 * MINUTE,
)

BARE = CaseFacts(case_number="31010420250002")


def without(facts, lost):
    """Return the case with the named facts at their defaults; `vaccines.lot` is of each vaccine."""
    plain = {name: _default(facts, name) for name in lost if "." not in name}
    nested = {name.split(".")[0] for name in lost if "." in name}
    for owner in nested:
        keys = [name.split(".")[1] for name in lost if name.startswith(f"{owner}.")]
        value = getattr(facts, owner)
        plain[owner] = (
            tuple(_blanked(item, keys) for item in value)
            if isinstance(value, tuple)
            else _blanked(value, keys)
        )
    return replace(facts, **plain)


def _blanked(item, keys):
    return replace(item, **{key: _default(item, key) for key in keys})


def _default(item, name):
    return next(field.default for field in fields(item) if field.name == name)


words = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12
)
maybe_words = st.one_of(st.just(""), words)
instants = st.datetimes(
    min_value=datetime(2000, 1, 1), max_value=datetime(2035, 1, 1), timezones=st.just(UTC)
).map(lambda at: at.replace(second=0, microsecond=0))
days = st.dates(min_value=date(1930, 1, 1), max_value=date(2035, 1, 1))
moments = st.one_of(st.none(), days, instants)
digits = st.text(alphabet="0123456789", min_size=1, max_size=8)
sizes = st.one_of(st.none(), st.integers(min_value=0, max_value=900).map(lambda n: n / 10))

vaccines = st.builds(
    VaccineFacts,
    name=words,
    code=st.one_of(st.just(""), digits),
    manufacturer=maybe_words,
    lot=maybe_words,
    expires_on=st.one_of(st.none(), days),
    given_at=moments,
    dose_number=st.one_of(st.none(), st.integers(min_value=1, max_value=9)),
    amount_ml=sizes,
    route=st.sampled_from(["", "1", "2", "3", "4", "5"]),
    site=st.sampled_from(["", "1", "4", "8"]),
    is_suspect=st.booleans(),
)
events = st.builds(
    EventFacts,
    term=words,
    meddra=st.one_of(st.just(""), digits),
    onset_at=moments,
    ended_at=moments,
)
cases = st.builds(
    CaseFacts,
    case_number=digits,
    version=st.integers(min_value=1, max_value=99),
    worldwide_id=maybe_words,
    patient_name=maybe_words,
    birth_date=st.one_of(st.none(), days),
    age_years=sizes,
    sex=st.sampled_from(list(Sex)),
    weight_kg=sizes,
    medical_history=maybe_words,
    vaccines=st.lists(vaccines, max_size=3).map(tuple),
    events=st.lists(events, max_size=3).map(tuple),
    outcome=st.one_of(st.none(), st.sampled_from(list(Outcome))),
    died_at=moments,
    serious_because=st.one_of(st.none(), st.frozensets(st.sampled_from(list(Criterion)))),
    fever_c=sizes,
    redness_cm=sizes,
    narrative=maybe_words,
    comments=maybe_words,
    reporter=st.builds(ReporterFacts, name=maybe_words, institution=maybe_words, phone=maybe_words),
    discovered_at=moments,
    reported_at=moments,
)
