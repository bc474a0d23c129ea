"""Words of which names, titles and comments are put together. All people, labels and titles are invented."""

from __future__ import annotations


def _listed(text: str, separator: str = " ") -> tuple[str, ...]:
    return tuple(text.split(separator))


FIRST = _listed(
    "Nora Kai Mika Ilse Jonas Tove Matteo Renée Łukasz Zoë Björn Søren Ángel İpek Șerban Dóra Väinö Þóra "
    "Inês Čeněk Amara Idris Leontine Caspar Yara Otis Maud Ferran Odile Bram Sunniva Tarek Ludmila Ezra "
    "Wilhelmina Ansel Priya Kofi Noa Ruben"
)
LAST = _listed(
    "Vale Orr Brandt Lindqvist Moreau Åkesson Núñez Kowalczyk Grünwald Øverland Demir Ionescu Szabó "
    "Korhonen Aðalsteinn Branco Dvořák Okafor Haddad Ferreira Winther Castellan Marlow Thorne Valcourt "
    "Bisset Quill Sandoval Ravn Ettinger Hale Voss Pryce Lamarr Oduya Castro Brink Falk Mercer Roux"
)
ALIASES = _listed(
    "Halogen Kvadrat Tidewater Monolit Strobelight Ferrum Undertow Polaris Ampère Nachtzug Blindspot "
    "Vantablack Sodium Graphite Lowtide Ostinato Parallax Meridian Subterra Obsidian Kilohertz Resonator "
    "Feldspar Longwave Aphelion Cobalt Driftwood Insomnia Lacuna Membrane Nocturne Overpass Pylon Quartz "
    "Refraction Substrate Turbine Umbra Vertigo Wavelength"
)
ALIAS_FORMS = ("{}", "DJ {}", "{} 9", "{} Collective", "The {} Unit", "{}.", "{} [live]", "_{}", "{} & Sons")

SCRIPTED_NAMES = (
    ("Марта Лисова", "Marta Lisova"),
    ("Глеб Юрьев", "Gleb Yuryev"),
    ("Снежный Человек", "Snezhny Chelovek"),
    ("Діана Щербак", "Diana Shcherbak"),
    ("Ελένη Μάρκου", "Eleni Markou"),
    ("Νίκος Σιδέρης", "Nikos Sideris"),
    ("ليلى منصور", "Layla Mansour"),
    ("سامر عودة", "Samer Odeh"),
    ("נועה ברק", "Noa Barak"),
    ("עידו שלו", "Ido Shalev"),
    ("夜行列車", "Yakou Ressha"),
    ("はるか みなと", "Haruka Minato"),
    ("サイトウ・レン", "Ren Saito"),
    ("한겨울", "Han Gyeoul"),
    ("서윤 리", "Seoyun Lee"),
    ("陳夜雨", "Chen Yeyu"),
    ("林小鹿", "Lin Xiaolu"),
    ("ปลายฟ้า", "Plaifa"),
    ("ธันวา", "Thanwa"),
    ("ნინო ბერიძე", "Nino Beridze"),
)
"""Names in other scripts, with the spelling that a shop uses."""

LABELS = (
    ("Tidewater Recordings", "TDW"),
    ("Kellerlicht", "KLR"),
    ("Nachtbus", "NB"),
    ("Fjord Audio", "FJA"),
    ("Concrete Garden", "CG"),
    ("Rotor Musik", "ROT"),
    ("Lune Rouge Disques", "LRD"),
    ("Ostkreuz Tapes", "OKT"),
    ("Slow Magnet", "SLM"),
    ("Ironwood", "IRW"),
    ("Perpetuum", "PRP"),
    ("Salt & Static", "S&S"),
    ("Hexagon Trax", "HEX"),
    ("Дом 17", "DOM"),
    ("Basalto", "BSL"),
    ("Mirror Hall", "MH"),
    ("Velvet Engine", "VE"),
    ("Nordlys", "NRD"),
    ("Acid Orchard", "ACO"),
    ("Third Rail", "3RL"),
    ("Paper Moon Club", "PMC"),
    ("Turbinenhalle", "TBH"),
    ("Kaze レコード", "KAZE"),
    ("Open Circuit", "OPC"),
)
"""Labels with the beginning of their catalogue numbers."""

MOODS = _listed(
    "Glass Midnight Static Hollow Paper Iron Violet Slow Distant Burning Silent Neon Broken Velvet "
    "Northern Second Last Empty Golden Liquid Concrete Electric Frozen Hidden Lunar Perfect Restless "
    "Sacred Vanishing Winter Déjà Über Ödland Café Façade"
)
THINGS = _listed(
    "Tide Machine Garden Signal Horizon Echo Motion Ritual Shadow Mirror Highway Voltage Memory Circuit "
    "Gravity Bloom Cathedral Fever Harbour Island Language Mantra Nebula Orbit Pressure Quarter River "
    "System Temple Ultimatum Vision Weather Youth Zenith"
)
PLAIN_TITLES = _listed(
    "Closer;Home;Without You;Alive;Let It Go;The Feeling;Higher;Nightfall;Control;Run;Phoenix;Stay;Lost;"
    "1999;Untold;Breathe;Rise;Freedom;Acid Test;Body Talk;Don't Stop;It's You (And Me);Ø;99%;"
    "C'est la Vie;Señorita;Für Elise 2099;Naïve",
    ";",
)
"""Titles that several artists use."""
SCRIPTED_TITLES = (
    ("Белая ночь", "Belaya Noch"),
    ("Тишина", "Tishina"),
    ("Дорога домой", "Doroga Domoy"),
    ("Θάλασσα", "Thalassa"),
    ("Μεσάνυχτα", "Mesanychta"),
    ("ليل طويل", "Layl Tawil"),
    ("לילה לבן", "Laila Lavan"),
    ("真夜中", "Mayonaka"),
    ("ひかり", "Hikari"),
    ("새벽", "Saebyeok"),
    ("夜上海", "Ye Shanghai"),
    ("ฝนตก", "Fon Tok"),
)
"""Titles in other scripts, with the spelling that a shop uses."""

GENRES = (
    ("Techno (Peak Time / Driving)", "Peak Time", ("Techno", "techno", "Peak Time Techno")),
    ("Techno (Raw / Deep / Hypnotic)", "Deep / Hypnotic", ("Techno", "Deep Techno", "hypnotic techno")),
    ("Melodic House & Techno", None, ("Melodic Techno", "Melodic House & Techno", "Electronic")),
    ("Deep House", None, ("Deep House", "deep house", "House")),
    ("Minimal / Deep Tech", "Deep Tech", ("Minimal", "Deep Tech", "minimal")),
    ("House", "Acid", ("House", "Acid House", "Dance & EDM")),
    ("Trance (Main Floor)", "Tech Trance", ("Trance", "trance")),
    ("Electro (Classic / Detroit / Modern)", None, ("Electro", "electro")),
)
"""Genres and subgenres of the shop, and what uploaders type for them."""
TAGS = _listed(
    "techno;acid;dub;deep house;berlin;warehouse;vinyl only;live;free;modular;Dance & EDM;909;dark;"
    "melodic techno;テクノ;техно;ambient;peak time;after hours;rave",
    ";",
)
PLACES = (
    ("Berlin", "Germany", "DE"),
    ("Leipzig", "Germany", "DE"),
    ("Göteborg", "Sweden", "SE"),
    ("São Paulo", "Brazil", "BR"),
    ("Łódź", "Poland", "PL"),
    ("London", "Britain (UK)", "GB"),
    ("Detroit", "United States", "US"),
    ("東京", "Japan", "JP"),
    ("서울", "South Korea", "KR"),
    ("Київ", "Ukraine", "UA"),
    ("Αθήνα", "Greece", "GR"),
    ("تونس", "Tunisia", "TN"),
    ("somewhere between here & there", None, None),
    ("", "France", "FR"),
    (None, "Netherlands", "NL"),
    (None, None, None),
)
"""City, country and country code, as people fill them in."""
BIOS = (
    "live sets & remixes\nbookings: {slug}@example.org",
    "{name}\r\n\r\nDemos → demos@example.org\r\nhttps://{slug}.example.org",
    "“less, but louder” 🎛️\n@tidewater @kellerlicht",
    "Музыка для ночных поездов 🚂",
    "",
    "音楽制作。ブッキング: {slug}@example.org",
    "‏موسيقى إلكترونية من القلب‏",
    None,
    None,
)
VENUES = _listed("Kellerlicht;Warehouse 12;Fjord Festival;Turbinenhalle;Rooftop Athens;渋谷 Basement;Boat Party", ";")
SERIES = (
    "Kellerlicht Podcast {n:03} — {name}",
    "{name} @ {venue} 20{year}",
    "{name} - Live at {venue} (full set)",
    "Nachtbus Mix #{n} by {name}",
    "{name} b2b {other} | {venue}",
    "Radio Show {n} w/ {name}",
    "Vinyl only DJ set [{n} min]",
)
"""Titles of DJ sets."""

PRAISE = (
    "that bassline",
    "what a drop!!",
    "ID please?",
    "goosebumps",
    "played this last night, the floor went mad",
    "when is this out?",
    "support from Göteborg",
    "tune",
    "this is the one",
    "Absolut irre Nummer!",
    "c'est énorme, bravo à vous deux",
    "¡qué temazo! ¿dónde lo compro?",
    "świetny kawałek, gęsia skórka",
    "çok iyi olmuş, ellerine sağlık",
    "příjemné překvapení",
    "Vilken låt! Åh, den här går på repeat",
    "uau… que delícia de groove",
    "không thể ngừng nghe",
    "Вот это бас!",
    "Когда релиз? Очень жду",
    "Дуже класно, дякую за музику",
    "мурашки по коже",
    "Τι κομμάτι! Μπράβο",
    "φοβερό μπάσο",
    "يا سلام على هذا الإيقاع",
    "‏رائع جداً‏ — 10/10",
    "שיר מטורף",
    "‏וואו, איזה דרופ!‏ (2:31)",
    "やばい、鳥肌立った",
    "このベースラインが最高",
    "いつリリースですか？",
    "소름 돋았다",
    "베이스 미쳤다 ㅋㅋㅋ",
    "太棒了！循环一整天",
    "這個 drop 太神了",
    "เพลงนี้สุดยอดมาก",
    "ชอบมากเลย",
    "🔥🔥🔥",
    "👩🏽‍🎤 queen",
    "👨‍👩‍👧‍👦 whole family dancing",
    "🏳️‍🌈❤️‍🔥",
    "🕺🏿💃🏻",
    "one\ntwo\nthree",
    "first line\r\n\r\nthird line, after an empty one",
    "tab\there and \"quotes\", a comma; and 'more'",
    "<b>not html</b> &amp; not &#39;entities&#39;",
    "https://example.org/?a=1&b=2 check this",
    "e\u0301 is not é, and ﬁ is a ligature",
    "Z͑ͫ̓a̾l̐go̓",
    "   spaces around   ",
    "\u202bנקרא מימין\u202c mixed with left",
    "null",
    "0",
    "=1+1",
    "…",
)
MOMENT_PRAISE = (
    "THIS moment",
    "that break",
    "drooop 💥",
    "here it comes…",
    "the vocal!",
    "diese Stelle!!",
    "этот момент",
    "この瞬間!",
    "여기!!",
    "هنا 🔥",
    "everybody hands up 🙌🏾",
    "αυτό το σημείο",
)
EMOJI = ("", "", "", "", " 🔥", " 🙏", " ❤️", " 👏🏼👏🏼", " 🖤", " ✨", " 🫶🏽", " 🧑‍🚀")
