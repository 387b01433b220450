"""The national registration form of a group: its header and the columns of its rows. Pure data.

Source: docs/sources.md#group-form. The edition that was read is of 2010; a later one may add columns.
"""

from dataclasses import dataclass

from aefi.rules.classification import CONCLUDED_AT, CONCLUDED_BY, DAMAGE_GRADES, FINAL_CLASSES_2019
from aefi.rules.forms import (
    DIAMETER,
    FEVER,
    OBTAINED,
    ORGANISATION,
    OUTCOME,
    ROUTE,
    SEX,
    SITE,
    YES_NO,
    Item,
)


@dataclass(frozen=True)
class GroupForm:
    """One edition: what stands once above, and what is asked of each person."""

    version: str
    header: tuple[Item, ...]
    columns: tuple[Item, ...]


HEADER = (
    Item("code", "1", "群体性AEFI编码", "group code", is_key=True),
    Item("area", "2", "发生地区", "area"),
    Item("vaccine", "3", "可疑疫苗名称", "suspect vaccine", is_key=True),
    Item("manufacturer", "4", "生产企业", "manufacturer", is_key=True),
    Item("spec", "5", "规格(剂/支或粒)", "doses per vial"),
    Item("release", "6", "有无批签发合格证书", "lot-release certificate", codes=YES_NO),
    Item("unit", "7", "接种单位", "vaccination unit"),
    Item("vaccinated", "8", "接种人数", "number vaccinated", is_key=True),
    Item("reacting", "9", "反应发生人数", "number reacting", is_key=True),
    Item("reporting_unit", "10", "报告单位", "reporting unit", is_key=True),
    Item("reporter", "11", "报告人", "reporter"),
    Item("reporter_phone", "12", "联系电话", "phone"),
)
COLUMNS = (
    Item("number", "1", "编号", "number"),
    Item("name", "2", "姓名", "name", is_key=True),
    Item("sex", "3", "性别", "sex", is_key=True, codes=SEX),
    Item("birth_date", "4", "出生日期", "date of birth", is_key=True),
    Item("lot", "5", "疫苗批号", "lot", is_key=True),
    Item("expires_on", "6", "疫苗有效期", "expiry"),
    Item("given_on", "7", "接种日期", "vaccination date", is_key=True),
    Item("organisation", "8", "接种组织形式", "organisation", is_key=True, codes=ORGANISATION),
    Item("dose_number", "9", "接种剂次", "dose number", is_key=True),
    Item("amount", "10", "接种剂量(ml或粒)", "amount (mL or pills)", is_key=True),
    Item("route", "11", "接种途径", "route", is_key=True, codes=ROUTE),
    Item("site", "12", "接种部位", "body site", is_key=True, codes=SITE),
    Item("correct", "13", "接种实施是否正确", "correct practice", is_key=True, codes=YES_NO),
    Item("onset_on", "14", "反应发生日期", "onset date", is_key=True),
    Item("discovered_on", "15", "发现/就诊日期", "discovery or visit date", is_key=True),
    Item("hospitalised", "16", "是否住院", "hospitalised", is_key=True, codes=YES_NO),
    Item("outcome", "17", "病人转归", "outcome", is_key=True, codes=OUTCOME),
    Item("obtained", "18", "反应获得方式", "how it became known", is_key=True, codes=OBTAINED),
    Item("reported_on", "19", "报告日期", "report date", is_key=True),
    Item("investigated_on", "20", "调查日期", "investigation date", is_key=True),
    Item("fever", "21", "发热(腋温℃)", "axillary fever (°C)", is_key=True, codes=FEVER),
    Item("redness", "22", "局部红肿(直径cm)", "redness (cm)", is_key=True, codes=DIAMETER),
    Item("induration", "23", "局部硬结(直径cm)", "induration (cm)", is_key=True, codes=DIAMETER),
    Item("concluded_by", "24", "做出结论的组织", "concluded by", is_key=True, codes=CONCLUDED_BY),
    Item("concluded_at", "25", "组织级别", "level", is_key=True, codes=CONCLUDED_AT),
    Item("final_class", "26", "反应分类", "class", is_key=True, codes=FINAL_CLASSES_2019),
    Item("damage_grade", "27", "损害程度分级", "damage grade", codes=DAMAGE_GRADES),
    Item("diagnosis", "28", "最终临床诊断", "final diagnosis", is_key=True),
)
GROUP_2010 = GroupForm("cn-group-2010", HEADER, COLUMNS)
