"""All words that public forms say besides those of their authors, in both languages."""

from dataclasses import dataclass

from mailcrm.model.form_answers import Problem, Trouble
from mailcrm.web.texts import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class FormTexts:
    """One language. `{value}` is filled in where a problem has a bound; nothing here is HTML."""

    optional: str
    colon: str
    choose: str
    send: str
    privacy_link: str
    empty: str
    other_language: str

    problem_title: str
    problems_lead: str
    again: str
    often: str
    thanks_title: str
    thanks_lead: str
    closed_title: str
    closed_lead: str
    lost_title: str
    lost_lead: str
    unread_title: str
    unread_lead: str

    troubles: dict[Trouble, str]


_ENGLISH = FormTexts(
    optional=" (optional)",
    colon=": ",
    choose="Please choose",
    send="Send",
    privacy_link="Privacy notice",
    empty="Leave this empty",
    other_language="中文",
    problem_title="Please check",
    problems_lead="Nothing has been sent yet. Please check these:",
    again="This page had been open for a long time, or was sent before. All that you wrote is still here: please press the "
    "button once more.",
    often="Too much has come from your network within an hour. Nothing has been sent; all that you wrote is still here. "
    "Please try again later.",
    thanks_title="Thank you",
    thanks_lead="Your message has arrived.",
    closed_title="This form is closed",
    closed_lead="It does not take messages any more. Please write to us by e-mail.",
    lost_title="There is no such form",
    lost_lead="Perhaps a part of its address is missing. Please look for it on our web site.",
    unread_title="That did not work",
    unread_lead="What you sent could not be read, so nothing was kept. This form takes text and no files, and not too much "
    "of it. Please go back and try again.",
    troubles={
        Trouble.MISSING: "Please fill this in.",
        Trouble.EMAIL: "Please write an e-mail address like name@example.com.",
        Trouble.PHONE: "Please write a phone number like +49 89 1234567.",
        Trouble.NUMBER: "Please write a number like 1250.5.",
        Trouble.DATE: "Please write a date like 2026-03-05.",
        Trouble.CHOICE: "Please choose one of the answers.",
        Trouble.LONG: "At most {value} characters, please.",
        Trouble.LEAST: "Please write a number of at least {value}.",
        Trouble.MOST: "Please write a number of at most {value}.",
        Trouble.PATTERN: "Please write it like {value} (9 is any digit, A any letter, * either).",
    },
)

_CHINESE = FormTexts(
    optional="（选填）",
    colon="：",
    choose="请选择",
    send="提交",
    privacy_link="隐私说明",
    empty="此处请留空",
    other_language="English",
    problem_title="请检查",
    problems_lead="内容尚未提交，请检查以下各项。",
    again="此页面打开时间过长，或已提交过。您填写的内容仍在下方，请再次点击提交。",
    often="一小时内来自您所在网络的提交过多，内容尚未提交，您填写的内容仍在下方。请稍后再试。",
    thanks_title="谢谢",
    thanks_lead="我们已收到您的留言。",
    closed_title="此表单已关闭",
    closed_lead="此表单不再接收留言，请通过电子邮件与我们联系。",
    lost_title="没有这个表单",
    lost_lead="网址可能不完整，请从我们的网站重新进入。",
    unread_title="提交未成功",
    unread_lead="您提交的内容无法读取，因此没有保存。此表单只接收文字，不接收文件，内容也不能过长。请返回后重试。",
    troubles={
        Trouble.MISSING: "请填写此项。",
        Trouble.EMAIL: "请填写电子邮箱，例如 name@example.com。",
        Trouble.PHONE: "请填写电话号码，例如 +86 755 8888 1234。",
        Trouble.NUMBER: "请填写数字，例如 1250.5。",
        Trouble.DATE: "请填写日期，例如 2026-03-05。",
        Trouble.CHOICE: "请从选项中选择。",
        Trouble.LONG: "最多 {value} 个字符。",
        Trouble.LEAST: "请填写不小于 {value} 的数字。",
        Trouble.MOST: "请填写不大于 {value} 的数字。",
        Trouble.PATTERN: "请按 {value} 的格式填写（9 为数字，A 为字母，* 为数字或字母）。",
    },
)

FORM_TEXTS: dict[Language, FormTexts] = {"en": _ENGLISH, "zh-CN": _CHINESE}


def told(language: Language, problem: Problem) -> str:
    """What is said at the field."""
    return FORM_TEXTS[language].troubles[problem.trouble].replace("{value}", problem.value)
