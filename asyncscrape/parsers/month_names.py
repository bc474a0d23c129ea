"""The names of months and days of the week in other languages, and dates written with them put into English.

English dates are what the readers of `dates` and strptime understand. A name may be followed by a dot, and its case
does not matter; words that stand between the parts of a date ("8 de abril de 2021") are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from unicodedata import normalize

import msgspec

ENGLISH_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Language(msgspec.Struct, frozen=True):
    """The words of one language: all spellings of each name, separated by spaces, the names by "|"."""

    months: str
    days: str = ""
    between: str = ""
    """Words without a meaning of their own, separated by "|"."""


LANGUAGES: Mapping[str, Language] = {
    "cs": Language(
        "leden ledna led|únor února úno|březen března bře|duben dubna dub|květen května kvě|červen června čvn|"
        "červenec července čvc|srpen srpna srp|září zář|říjen října říj|listopad listopadu lis|prosinec prosince pro",
        "pondělí po|úterý út|středa st|čtvrtek čt|pátek pá|sobota so|neděle ne",
        "v|ve|dne|hodin|hod",
    ),
    "da": Language(
        "januar jan|februar feb|marts mar|april apr|maj|juni jun|juli jul|august aug|september sep sept|oktober okt|"
        "november nov|december dec",
        "mandag man ma|tirsdag tirs tir ti|onsdag ons on|torsdag tors tor to|fredag fre fr|"
        "lørdag lør lø|søndag søn sø",
        "den|d|kl|klokken",
    ),
    "de": Language(
        "Januar Jänner Jan Jän|Februar Feber Feb|März Mär Mrz|April Apr|Mai|Juni Jun|Juli Jul|August Aug|"
        "September Sep Sept|Oktober Okt|November Nov|Dezember Dez",
        "Montag Mo|Dienstag Di|Mittwoch Mi|Donnerstag Do|Freitag Fr|Samstag Sonnabend Sa|Sonntag So",
        "den|der|dem|am|um|Uhr",
    ),
    "es": Language(
        "enero ene|febrero feb|marzo mar|abril abr|mayo may|junio jun|julio jul|agosto ago|"
        "septiembre setiembre sep sept set|octubre oct|noviembre nov|diciembre dic",
        "lunes lun|martes mar|miércoles mié mier|jueves jue|viernes vie|sábado sáb|domingo dom",
        "de|del|a las|a la|h|hs|horas",
    ),
    "fi": Language(
        "tammikuu tammikuuta tammi|helmikuu helmikuuta helmi|maaliskuu maaliskuuta maalis|huhtikuu huhtikuuta huhti|"
        "toukokuu toukokuuta touko|kesäkuu kesäkuuta kesä|heinäkuu heinäkuuta heinä|elokuu elokuuta elo|"
        "syyskuu syyskuuta syys|lokakuu lokakuuta loka|marraskuu marraskuuta marras|joulukuu joulukuuta joulu",
        "maanantai maanantaina ma|tiistai tiistaina ti|keskiviikko keskiviikkona ke|torstai torstaina to|"
        "perjantai perjantaina pe|lauantai lauantaina la|sunnuntai sunnuntaina su",
        "kello|klo",
    ),
    "fr": Language(
        "janvier janv jan|février févr fév|mars mar|avril avr|mai|juin|juillet juil|août aou|septembre sept sep|"
        "octobre oct|novembre nov|décembre déc",
        "lundi lun|mardi mar|mercredi mer|jeudi jeu|vendredi ven|samedi sam|dimanche dim",
        "le|à|du",
    ),
    "it": Language(
        "gennaio gen|febbraio feb|marzo mar|aprile apr|maggio mag|giugno giu|luglio lug|agosto ago|"
        "settembre set sett|ottobre ott|novembre nov|dicembre dic",
        "lunedì lun|martedì mar|mercoledì mer|giovedì gio|venerdì ven|sabato sab|domenica dom",
        "di|del|il|alle ore|alle|ore",
    ),
    "nb": Language(
        "januar jan|februar feb|mars mar|april apr|mai|juni jun|juli jul|august aug|september sep sept|oktober okt|"
        "november nov|desember des",
        "mandag man ma|tirsdag tir ti|onsdag ons on|torsdag tor to|fredag fre fr|lørdag lør lø|søndag søn sø",
        "den|kl|klokken",
    ),
    "nl": Language(
        "januari jan|februari feb|maart mrt|april apr|mei|juni jun|juli jul|augustus aug|september sep sept|"
        "oktober okt|november nov|december dec",
        "maandag ma|dinsdag di|woensdag wo|donderdag do|vrijdag vr|zaterdag za|zondag zo",
        "om|uur",
    ),
    "pl": Language(
        "styczeń stycznia sty|luty lutego lut|marzec marca mar|kwiecień kwietnia kwi|maj maja|czerwiec czerwca cze|"
        "lipiec lipca lip|sierpień sierpnia sie|wrzesień września wrz|październik października paź|"
        "listopad listopada lis|grudzień grudnia gru",
        "poniedziałek pon pn|wtorek wt|środa śr|czwartek czw|piątek pt pią|sobota sob sb|niedziela niedz nd",
        "dnia|r|roku|o|godz|godzina",
    ),
    "pt": Language(
        "janeiro jan|fevereiro fev|março mar|abril abr|maio mai|junho jun|julho jul|agosto ago|setembro set|"
        "outubro out|novembro nov|dezembro dez",
        "segunda-feira segunda seg|terça-feira terça ter|quarta-feira quarta qua|quinta-feira quinta qui|"
        "sexta-feira sexta sex|sábado sáb|domingo dom",
        "de|do|às|as",
    ),
    "ru": Language(
        "январь января янв|февраль февраля фев февр|март марта мар|апрель апреля апр|май мая|июнь июня июн|"
        "июль июля июл|август августа авг|сентябрь сентября сен сент|октябрь октября окт|ноябрь ноября ноя нояб|"
        "декабрь декабря дек",
        "понедельник пн|вторник вт|среда ср|четверг чт|пятница пт|суббота сб|воскресенье вс",
        "г|года|в",
    ),
    "sv": Language(
        "januari jan|februari feb|mars mar|april apr|maj|juni jun|juli jul|augusti aug|september sep sept|"
        "oktober okt|november nov|december dec",
        "måndag mån må|tisdag tis ti|onsdag ons on|torsdag tors tor to|fredag fre fr|lördag lör lö|söndag sön sö",
        "den|kl|klockan",
    ),
}

Months = str | Sequence[str]
"""One of the languages, or the twelve names themselves."""


class Translation:
    """Dates of one language, put into English."""

    def __init__(self, language: Language) -> None:
        self._months = _numbers(language.months)
        self._days = _numbers(language.days)
        self._month = _any_of(self._months)
        self._day_in_front = re.compile(rf"\s*{_any_of(self._days).pattern}", re.IGNORECASE) if self._days else None
        self._between = _any_of(dict.fromkeys(language.between.split("|"), 0)) if language.between else None

    def readings(self, text: str, month: str = "%B", day: str = "%A") -> Iterator[str]:
        """The text in English, the likely reading first: "mar" may be a month or a day of the week.

        `month` and `day` are strptime's letters for the form of the names: "%B" is April, "%b" is Apr.
        """
        plain = normalize("NFC", text)
        if self._between:
            plain = " ".join(self._between.sub(" ", plain).split())
        months = self._with_months(plain, month)
        in_front = self._day_in_front.match(plain) if self._day_in_front else None
        if in_front:
            name = _form(ENGLISH_DAYS[self._days[in_front[1].lower()]], day == "%a")
            yield f"{name}{self._with_months(plain[in_front.end() :], month)}"
        yield months

    def _with_months(self, text: str, form: str) -> str:
        return self._month.sub(lambda name: _form(ENGLISH_MONTHS[self._months[name[1].lower()]], form == "%b"), text)


def _form(name: str, short: bool) -> str:
    return name[:3] if short else name


def _numbers(names: str) -> dict[str, int]:
    """The place of each spelling, in lower case."""
    groups = names.lower().split("|") if names else []
    return {spelling: place for place, group in enumerate(groups) for spelling in group.split()}


def _any_of(words: Mapping[str, int]) -> re.Pattern[str]:
    """One of the words, whole, perhaps with a dot behind it."""
    longest_first = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.compile(rf"(?<![^\W\d_])({longest_first})(?![^\W_])\.?", re.IGNORECASE)


@lru_cache
def translation(months: Months) -> Translation:
    """The translation from a language, or with these names of months."""
    return Translation(LANGUAGES[months] if isinstance(months, str) else Language("|".join(months)))
