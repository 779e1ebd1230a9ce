"""Small lists that make the hotel group believable: places, people, companies."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """Where a hotel stands. Taxes are percents: of a night, of anything else."""

    name: str
    short: str
    city: str
    country: str
    language: str
    zone: str
    offset: int
    street: str
    postal: str
    latitude: str
    longitude: str
    night_tax: int
    other_tax: int


PLACES = (
    Place("Hotel Donaukanal", "DONAU", "Wien", "AT", "de-AT", "Europe/Vienna", 1,
          "Obere Donaustraße 93", "1020", "48.214930", "16.377240", 10, 20),
    Place("Spreehof", "SPREE", "Berlin", "DE", "de-DE", "Europe/Berlin", 1,
          "Holzmarktstraße 12", "10179", "52.513610", "13.419170", 7, 19),
    Place("Casa do Chafariz", "CHAFARIZ", "Lisboa", "PT", "pt-PT", "Europe/Lisbon", 0,
          "Rua de São Miguel 41", "1100-544", "38.711230", "-9.129960", 6, 23),
    Place("Hôtel des Écluses", "ECLUSES", "Paris", "FR", "fr-FR", "Europe/Paris", 1,
          "Quai de Jemmapes 88", "75010", "48.872050", "2.365120", 10, 20),
    Place("Hotelli Töölönlahti", "TOOLO", "Helsinki", "FI", "fi-FI", "Europe/Helsinki",
          2, "Runeberginkatu 7", "00100", "60.176400", "24.928700", 14, 26),
    Place("Liffey Rooms", "LIFFEY", "Dublin", "IE", "en-IE", "Europe/Dublin", 0,
          "Bachelors Walk 20", "D01 X2P3", "53.347400", "-6.262100", 13, 23),
    Place("Locanda dei Navigli", "NAVIGLI", "Milano", "IT", "it-IT", "Europe/Rome", 1,
          "Alzaia Naviglio Grande 36", "20144", "45.451600", "9.173700", 10, 22),
    Place("Ξενοδοχείο Λυκαβηττός", "LYKAV", "Αθήνα", "GR", "el-GR", "Europe/Athens", 2,
          "Οδός Δεινοκράτους 14", "106 75", "37.979200", "23.744800", 13, 24),
)  # fmt: skip


class People(NamedTuple):
    """Names of one country: women, men, families."""

    country: str
    language: str
    women: str
    men: str
    families: str


PEOPLE = (
    People("DE", "de-DE", "Anna Jördis Käthe Sophie", "Jürgen Max Björn Emil",
           "Müller Schröder Weiß Großmann Vogel"),
    People("FR", "fr-FR", "Zoé Hélène Chloé Inès", "François Rémi Loïc Noël",
           "Lefèvre Dupré Châtelain Müntz Garçon"),
    People("CZ", "cs-CZ", "Žofie Markéta Tereza Eliška", "Jiří Ondřej Tomáš Matěj",
           "Dvořáková Šťastný Říha Černý Novotná"),
    People("PT", "pt-PT", "Inês Conceição Beatriz Íris", "João Simão Tomé Luís",
           "Gonçalves Simões Araújo Patrão Leitão"),
    People("GB", "en-GB", "Olivia Siân Grace Maeve", "Oliver Hamish Idris Noah",
           "O'Neill Smith Carter-Jones Lloyd MacÉinrí"),
    People("PL", "pl-PL", "Łucja Zofia Małgorzata Róża", "Łukasz Paweł Stanisław Jan",
           "Wiśniewska Dąbrowski Król Żak Sępień"),
    People("GR", "el-GR", "Ελένη Μαρία Σοφία Δανάη", "Γιώργος Νίκος Αλέξης Ορέστης",
           "Παπαδοπούλου Νικολάου Μακρής Ζέρβας"),
    People("JP", "ja-JP", "美咲 陽菜 さくら 結衣", "翔太 大輔 健 蓮",
           "佐藤 鈴木 高橋 渡辺"),
    People("US", "en-US", "Emma Zoe Renée Ava", "Liam José Ethan Beau",
           "Johnson Nuñez Miller Brown Kowalski"),
    People("AE", "ar-AE", "ليلى فاطمة نور", "عمر يوسف خالد",
           "المنصوري الحمادي الشامسي"),
)  # fmt: skip


class Source(NamedTuple):
    """A way in which bookings come: its share, and the agency behind it."""

    name: str
    share: int
    origin: str
    commander: str | None
    agency: str | None
    prepaid: float


SOURCES = (
    Source("BookRight", 30, "ChannelManager", None, "BookRight B.V.", 0.2),
    Source("Voyago", 14, "ChannelManager", None, "Voyago Travel Inc.", 0.9),
    Source("Website", 26, "Distributor", None, None, 0.4),
    Source("E-mail", 10, "Commander", "Email", None, 0.1),
    Source("Telephone", 8, "Commander", "Phone", None, 0.0),
    Source("Walk-in", 5, "Commander", "InPerson", None, 0.0),
    Source("Reisebüro", 7, "Connector", None, "Reisebüro Übersee GmbH", 0.3),
)

COMPANIES = (
    "Nordlicht Energie AG",
    "Łódzkie Zakłady Optyczne S.A.",
    "Fjällräv Consulting AB",
    "Brânză & Fiii S.R.L.",
    "Oğuz Denizcilik A.Ş.",
    "Atelier d'Été SARL",
    "Hranice Glass s.r.o.",
    "Pacific Rim Robotics K.K.",
    'Verlag "Die Brücke" GmbH',
    "Quinta da Várzea, Lda.",
)

# Guests a night by month: winter is quiet, May and September are full.
SEASON = (0.75, 0.8, 0.9, 1.05, 1.2, 1.15, 1.1, 1.15, 1.25, 1.05, 0.85, 0.95)

MENU = (
    ("Breakfast", "14.50"),
    ("Dinner à la carte", "38.90"),
    ("House wine", "6.80"),
    ("Parking", "22.00"),
    ("Minibar", "9.25"),
    ("Sauna", "18.00"),
)
