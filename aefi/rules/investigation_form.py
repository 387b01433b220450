"""The national form for the investigation of one case: its sections and items; and the sheets beside it.

Pure data. Items of a vaccine, its diluent and its syringe are asked up to three times. Source:
docs/sources.md#investigation-form. The edition that was read is of 2010.
"""

from dataclasses import dataclass

from aefi.rules.classification import Code, CodeList
from aefi.rules.forms import YES_NO, Item

YES_NO_UNKNOWN = CodeList(
    "cn-yes-no-unknown",
    (Code("1", "有", "yes"), Code("2", "无", "no"), Code("3", "不详", "unknown")),
)
MOST_TIMES = 3


@dataclass(frozen=True)
class Section:
    """A part of the form; `times` is how often it is asked, once for each vaccine."""

    key: str
    zh: str
    en: str
    items: tuple[Item, ...]
    times: int = 1


def _items(prefix: str, *rows: tuple[str, str, str]) -> tuple[Item, ...]:
    """Return items of a section; a label that ends in "?" is a yes or no, in "??" also unknown."""
    return tuple(_item(f"{prefix}.{number}", *row) for number, row in enumerate(rows, 1))


def _item(number: str, key: str, zh: str, en: str) -> Item:
    codes = YES_NO_UNKNOWN if en.endswith("??") else YES_NO if en.endswith("?") else None
    return Item(key, number, zh, en.rstrip("?"), codes=codes)


SECTIONS = (
    Section(
        "history",
        "既往史",
        "History",
        _items(
            "2",
            ("illness", "接种前患病史", "illness before??"),
            ("illness_name", "病名", "which illness"),
            ("allergy", "接种前过敏史", "allergy??"),
            ("allergen", "过敏物名称", "to what"),
            ("family", "家族患病史", "disease in the family??"),
            ("family_name", "疾病名称", "which disease"),
            ("previous", "既往异常反应史", "an earlier AEFI??"),
            ("previous_on", "反应发生日期", "when"),
            ("previous_vaccine", "接种疫苗名称", "after which vaccine"),
            ("previous_diagnosis", "临床诊断", "its diagnosis"),
        ),
    ),
    Section(
        "vaccine",
        "可疑疫苗",
        "Suspect vaccine",
        _items(
            "3",
            ("release", "有无批签发合格证书", "lot-release certificate?"),
            ("appearance", "疫苗外观是否正常", "normal appearance?"),
            ("container", "保存容器", "kept in"),
            ("kept_c", "保存温度(℃)", "kept at (°C)"),
            ("sampled_on", "送检日期", "sample sent on"),
            ("passed", "检定结果是否合格", "test passed?"),
        ),
        MOST_TIMES,
    ),
    Section(
        "diluent",
        "稀释液",
        "Diluent",
        _items(
            "4",
            ("name", "稀释液名称", "name"),
            ("spec", "规格", "size"),
            ("manufacturer", "生产企业", "manufacturer"),
            ("lot", "批号", "lot"),
            ("expires_on", "有效日期", "expiry"),
            ("appearance", "外观是否正常", "normal appearance?"),
            ("container", "保存容器", "kept in"),
            ("kept_c", "保存温度(℃)", "kept at (°C)"),
            ("sampled_on", "送检日期", "sample sent on"),
            ("passed", "检定结果是否合格", "test passed?"),
        ),
        MOST_TIMES,
    ),
    Section(
        "syringe",
        "注射器",
        "Syringe",
        _items(
            "5",
            ("name", "名称", "name"),
            ("type", "类型", "type"),
            ("spec", "规格", "size"),
            ("manufacturer", "生产企业", "manufacturer"),
            ("lot", "批号", "lot"),
            ("expires_on", "有效日期", "expiry"),
            ("sampled_on", "送检日期", "sample sent on"),
            ("passed", "检定结果是否合格", "test passed?"),
        ),
        MOST_TIMES,
    ),
    Section(
        "giving",
        "接种实施",
        "How it was given",
        _items(
            "6",
            ("unit", "接种单位", "unit"),
            ("place", "接种地点", "place"),
            ("person", "接种人员", "given by"),
            ("certified", "有无预防接种培训合格证", "trained and certified?"),
            ("correct", "接种实施是否正确", "correct practice?"),
        ),
        MOST_TIMES,
    ),
    Section(
        "clinical",
        "临床情况",
        "Clinical course",
        _items(
            "7",
            ("hospital", "医院名称", "hospital"),
            ("record_no", "病历号", "record number"),
            ("admitted_on", "住院日期", "admitted on"),
            ("discharged_on", "出院日期", "discharged on"),
            ("died_on", "死亡日期", "died on"),
            ("autopsy", "是否进行尸体解剖", "autopsy?"),
            ("autopsy_result", "尸体解剖结论", "its result"),
        ),
    ),
    Section(
        "around",
        "其他有关情况",
        "What else is known",
        _items(
            "8",
            ("distribution", "疫苗流通情况及接种组织实施过程", "distribution and organisation"),
            (
                "same_lot",
                "同品种同批次疫苗接种剂次数及反应发生情况",
                "same lot: doses and reactions",
            ),
            (
                "same_product",
                "同品种疫苗既往接种剂次数及反应发生情况",
                "same product: doses and reactions",
            ),
            ("similar", "当地类似疾病发生情况", "similar illness in the area"),
        ),
    ),
    Section(
        "report",
        "报告及调查",
        "Report and investigation",
        _items(
            "9",
            ("investigated_on", "调查日期", "investigated on"),
            ("investigating_unit", "调查单位", "investigating unit"),
            ("investigator", "调查人", "investigator"),
            ("final_diagnosis", "最终临床诊断", "final diagnosis"),
        ),
    ),
)
INVESTIGATION_2010 = "cn-investigation-2010"
NEEDED = frozenset({"report.1.investigated_on", "giving.1.correct", "report.1.final_diagnosis"})
"""What the form prints with a star and only the investigation can tell."""

SHEETS: dict[str, tuple[Item, ...]] = {
    "interview": (
        Item("whom", "1", "访谈对象", "whom", is_key=True),
        Item("role", "2", "与受种者关系或职务", "in what role", is_key=True),
        Item("held_at", "3", "时间", "when", is_key=True),
        Item("by", "4", "访谈人（专家组成员至少两名）", "by whom (two of the panel)", is_key=True),
        Item("said", "5", "访谈内容", "what was said", is_key=True),
    ),
    "vial": (
        Item("what", "1", "疫苗、稀释液或标本", "vaccine, diluent or sample", is_key=True),
        Item("lot", "2", "批号", "lot", is_key=True),
        Item("count", "3", "数量", "how many", is_key=True),
        Item("where", "4", "存放地点及温度", "kept where, at what temperature", is_key=True),
        Item("sent", "5", "送检单位及日期", "sent to whom, when"),
        Item("result", "6", "检验结果", "result"),
    ),
    "cold_chain": (
        Item("where", "1", "设备及地点", "which device, where", is_key=True),
        Item("since", "2", "自", "from", is_key=True),
        Item("until", "3", "至", "until", is_key=True),
        Item("lowest_c", "4", "最低温度(℃)", "lowest (°C)", is_key=True),
        Item("highest_c", "5", "最高温度(℃)", "highest (°C)", is_key=True),
        Item("instrument", "6", "测温仪器", "instrument"),
        Item("deviation", "7", "异常情况及处理", "deviation and what was done"),
    ),
    "panel_member": (
        Item("name", "1", "姓名", "name", is_key=True),
        Item("specialty", "2", "专业", "specialty", is_key=True),
        Item("organisation", "3", "单位", "organisation", is_key=True),
        Item("signed_on", "4", "签字日期", "signed on"),
    ),
}
"""Sheets of an investigation that have no printed form. Source: docs/sources.md#investigation-form."""
SHEETS_VERSION = "aefi-watch-2026"


def questions(times: int) -> dict[str, Item]:
    """Return every item of the form by its key, the repeated ones for so many vaccines."""
    often = max(1, min(times, MOST_TIMES))
    return {
        f"{section.key}.{number}.{item.key}": item
        for section in SECTIONS
        for number in range(1, min(section.times, often) + 1)
        for item in section.items
    }
