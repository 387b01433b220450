"""What families are told, by vaccine: data with source, version and who must approve it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """One sentence in both languages."""

    zh: str
    en: str


VERSION = "2026-1"
SOURCE = Words(
    "《预防接种工作规范》（2016年版）；世界卫生组织疫苗反应信息表",
    "Norms for vaccination work (2016); WHO vaccine reaction information sheets",
)
APPROVAL = Words(
    "本说明尚待现场医生和疾控中心审定",
    "To be approved by the site physician and the CDC",
)
"""Source: docs/sources.md#guardian-texts."""

WATCH_FOR = (
    Words("呼吸困难、喘鸣、声音嘶哑", "Trouble breathing, wheezing or a hoarse voice"),
    Words("嘴唇、面部或舌头肿胀", "Swelling of lips, face or tongue"),
    Words("全身皮疹或风团", "Rash or hives away from the injection site"),
    Words("面色苍白、头晕、晕倒、叫不醒", "Very pale, dizzy, fainting or hard to wake"),
    Words("反复呕吐、抽搐、婴儿发软", "Repeated vomiting, a fit, or a limp baby"),
)
POSSIBLE = (
    Words("接种部位疼痛、发红、肿胀", "Pain, redness or swelling where the dose was given"),
    Words("低热、乏力、食欲下降、哭闹", "Mild fever, tiredness, less appetite, crying"),
)
"""What is common and passes by itself, usually within one to three days."""
BY_VACCINE: dict[str, tuple[Words, ...]] = {
    "HPV": (
        Words(
            "青少年可能晕倒：请坐满时间，起身要慢",
            "Teenagers may faint: stay seated for the full time and get up slowly",
        ),
    ),
    "FLU": (Words("可能有头痛和肌肉酸痛", "Headache and aching muscles are possible"),),
    "COV": (
        Words("可能有头痛、肌肉酸痛和发冷", "Headache, aching muscles and chills are possible"),
    ),
}
"""Further words by the beginning of the vaccine's code."""
AFTER_CARE = (
    Words(
        "留观时间满并经工作人员同意后再离开", "Leave only after the full time and when staff agree"
    ),
    Words("当天多喝水、多休息，避免剧烈运动", "Drink, rest and avoid hard exercise today"),
    Words("接种部位保持清洁，不要揉搓", "Keep the place of the dose clean; do not rub it"),
    Words(
        "若出现上述危险表现，立即拨打 120",
        "If one of the danger signs appears at home, phone 120 at once",
    ),
)


def possible_for(codes: list[str]) -> tuple[Words, ...]:
    """Return what may follow these vaccines: the common words, then those of each vaccine."""
    further = [BY_VACCINE[start] for start in BY_VACCINE if any(c.startswith(start) for c in codes)]
    return (*POSSIBLE, *(words for group in further for words in group))
