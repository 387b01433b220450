"""The national report card: its items in order, its codes and bands, and what is missing. Pure.

Two editions are in use; a stored card names its own. Source: docs/sources.md#national-card.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from aefi.rules.classification import PRELIMINARY_CLASSES, Code, CodeList

SEX = CodeList("cn-sex", (Code("1", "男", "male"), Code("2", "女", "female")))
YES_NO = CodeList("cn-yes-no", (Code("1", "是", "yes"), Code("2", "否", "no")))
OUTCOME = CodeList(
    "cn-outcome",
    (
        Code("1", "痊愈", "recovered"),
        Code("2", "好转", "recovering"),
        Code("3", "后遗症", "recovered with sequelae"),
        Code("4", "死亡", "died"),
        Code("5", "不详", "unknown"),
    ),
)
OBTAINED = CodeList(
    "cn-obtained", (Code("1", "被动监测", "passive"), Code("2", "主动监测", "active"))
)
FEVER = CodeList(
    "cn-fever-axillary",
    (
        Code("1", "37.1～37.5", "37.1 to 37.5 °C"),
        Code("2", "37.6～38.5", "37.6 to 38.5 °C"),
        Code("3", "≥38.6", "38.6 °C or more"),
        Code("4", "无", "none"),
    ),
)
DIAMETER = CodeList(
    "cn-diameter",
    (
        Code("1", "≤2.5", "up to 2.5 cm"),
        Code("2", "2.6～5.0", "2.6 to 5.0 cm"),
        Code("3", ">5.0", "over 5.0 cm"),
        Code("4", "无", "none"),
    ),
)
ORGANISATION = CodeList(
    "cn-organisation",
    (
        Code("1", "常规", "routine"),
        Code("2", "临时", "temporary"),
        Code("3", "群体性", "mass"),
        Code("4", "应急", "emergency"),
    ),
)
ROUTE = CodeList(
    "cn-route",
    (
        Code("1", "肌内", "intramuscular"),
        Code("2", "皮下", "subcutaneous"),
        Code("3", "皮内", "intradermal"),
        Code("4", "口服", "oral"),
        Code("5", "其他", "other"),
    ),
)
SITE = CodeList(
    "cn-site",
    (
        Code("1", "左上臂", "left upper arm"),
        Code("2", "右上臂", "right upper arm"),
        Code("3", "左大腿", "left thigh"),
        Code("4", "右大腿", "right thigh"),
        Code("5", "左臀部", "left buttock"),
        Code("6", "右臀部", "right buttock"),
        Code("7", "口服", "by mouth"),
        Code("8", "其他", "other"),
    ),
)
"""Organisation, route and site codes are not printed. Source: docs/sources.md#card-codes."""


@dataclass(frozen=True)
class Item:
    """One item of a form; `is_key` marks what the form prints with a star."""

    key: str
    number: str
    zh: str
    en: str
    is_key: bool = False
    codes: CodeList | None = None


@dataclass(frozen=True)
class Form:
    """One edition of a form; `vaccine_items` are asked for each of up to `most_vaccines`."""

    version: str
    items: tuple[Item, ...]
    vaccine_items: tuple[Item, ...]
    most_vaccines: int = 3


VACCINE_ITEMS = (
    Item("name", "9.1", "疫苗名称", "vaccine", is_key=True),
    Item("spec", "9.2", "规格(剂/支或粒)", "doses per vial"),
    Item("manufacturer", "9.3", "生产企业", "manufacturer", is_key=True),
    Item("lot", "9.4", "疫苗批号", "lot", is_key=True),
    Item("given_on", "9.5", "接种日期", "vaccination date", is_key=True),
    Item("organisation", "9.6", "接种组织形式", "organisation", is_key=True, codes=ORGANISATION),
    Item("dose_number", "9.7", "接种剂次", "dose number", is_key=True),
    Item("amount", "9.8", "接种剂量(ml或粒)", "amount (mL or pills)", is_key=True),
    Item("route", "9.9", "接种途径", "route", is_key=True, codes=ROUTE),
    Item("site", "9.10", "接种部位", "body site", is_key=True, codes=SITE),
)

ITEMS_2010 = (
    Item("case_number", "1", "编码", "case number", is_key=True),
    Item("name", "2", "姓名", "name", is_key=True),
    Item("sex", "3", "性别", "sex", is_key=True, codes=SEX),
    Item("birth_date", "4", "出生日期", "date of birth", is_key=True),
    Item("occupation", "5", "职业", "occupation"),
    Item("address", "6", "现住址", "address"),
    Item("phone", "7", "联系电话", "phone"),
    Item("guardian", "8", "监护人", "guardian"),
    Item("onset_on", "10", "反应发生日期", "onset date", is_key=True),
    Item("discovered_on", "11", "发现/就诊日期", "discovery or visit date", is_key=True),
    Item("visited_unit", "12", "就诊单位", "unit visited"),
    Item("fever", "13.1", "发热(腋温℃)", "axillary fever (°C)", is_key=True, codes=FEVER),
    Item("redness", "13.2", "局部红肿(直径cm)", "redness (cm)", is_key=True, codes=DIAMETER),
    Item("induration", "13.3", "局部硬结(直径cm)", "induration (cm)", is_key=True, codes=DIAMETER),
    Item("course", "13.4", "主要临床经过", "clinical course", is_key=True),
    Item("diagnosis", "14", "初步临床诊断", "preliminary diagnosis"),
    Item("hospitalised", "15", "是否住院", "hospitalised", is_key=True, codes=YES_NO),
    Item("outcome", "16", "病人转归", "outcome", is_key=True, codes=OUTCOME),
    Item(
        "preliminary_class",
        "17",
        "初步分类",
        "preliminary class",
        is_key=True,
        codes=PRELIMINARY_CLASSES,
    ),
    Item("obtained", "18", "反应获得方式", "how it became known", codes=OBTAINED),
    Item("reported_on", "19", "报告日期", "report date", is_key=True),
    Item("reporting_unit", "20", "报告单位", "reporting unit", is_key=True),
    Item("reporter", "21", "报告人", "reporter"),
    Item("reporter_phone", "22", "联系电话", "reporter's phone"),
)

CARD_2010 = Form("cn-card-2010", ITEMS_2010, VACCINE_ITEMS)
CARD_2009 = Form(
    "cn-card-2009",
    tuple(item for item in ITEMS_2010 if item.number not in {"16", "17"}),
    VACCINE_ITEMS,
)
FORMS = {form.version: form for form in (CARD_2010, CARD_2009)}

FEVER_FROM_C = (
    (Decimal("38.6"), "3"),
    (Decimal("37.6"), "2"),
    (Decimal("37.1"), "1"),
)
"""Lowest axillary temperature of each band. Source: docs/sources.md#card-bands."""

REPORTABLE_FEVER_C = Decimal("38.6")
REPORTABLE_DIAMETER_CM = 2.5
"""A diameter above this is reportable; 2.5 cm itself is band 1 and is not.
Source: docs/sources.md#card-bands."""

WIDE_DIAMETER_CM = 5.0


def axillary(temperature_c: float) -> Decimal:
    """Return a temperature as the card knows it, to a tenth of a degree."""
    return Decimal(str(temperature_c)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def fever_band(temperature_c: float | None, *, body_site: str = "axilla") -> str:
    """Return the card's fever code; empty when nothing axillary was measured.

    Readings of other body sites are not converted: nobody agreed on a difference.
    """
    if temperature_c is None or body_site != "axilla":
        return ""
    reading = axillary(temperature_c)
    return next((code for least, code in FEVER_FROM_C if reading >= least), "4")


def is_reportable_fever(temperature_c: float) -> bool:
    """Say whether an axillary temperature is in the reporting scope."""
    return axillary(temperature_c) >= REPORTABLE_FEVER_C


def diameter_band(diameter_cm: float | None) -> str:
    """Return the card's code of a redness or an induration; 0 is none, `None` not measured."""
    if diameter_cm is None:
        return ""
    if diameter_cm <= 0:
        return "4"
    if diameter_cm <= REPORTABLE_DIAMETER_CM:
        return "1"
    return "2" if diameter_cm <= WIDE_DIAMETER_CM else "3"


def is_reportable_diameter(diameter_cm: float) -> bool:
    """Say whether a redness or an induration is in the reporting scope."""
    return diameter_cm > REPORTABLE_DIAMETER_CM


@dataclass(frozen=True)
class Missing:
    """A key item that is empty, or a code that the form does not have."""

    key: str
    item: Item
    is_unknown_code: bool = False

    def __str__(self) -> str:
        problem = "has an unknown code" if self.is_unknown_code else "is missing"
        return f"{self.item.number} {self.item.en} {problem}"


def missing_items(
    card: Mapping[str, object],
    vaccines: Iterable[Mapping[str, object]],
    *,
    version: str = CARD_2010.version,
) -> list[Missing]:
    """Return what keeps a card from being complete, in the order of the form.

    Nothing here refuses a card; an incomplete one is sent in time and completed later.
    """
    form = FORMS[version]
    doses = list(vaccines)[: form.most_vaccines] or [{}]
    asked = [(item, card, item.key) for item in form.items] + [
        (item, dose, f"vaccines.{number}.{item.key}")
        for number, dose in enumerate(doses, start=1)
        for item in form.vaccine_items
    ]
    found = [problem for question in asked if (problem := _problem(*question))]
    return sorted(found, key=lambda problem: int(problem.item.number.split(".")[0]))


def _problem(item: Item, values: Mapping[str, object], key: str) -> Missing | None:
    value = values.get(item.key)
    if value is None or not str(value).strip():
        return Missing(key, item) if item.is_key else None
    if item.codes and item.codes.find(str(value)) is None:
        return Missing(key, item, is_unknown_code=True)
    return None
