"""Countries of places: capitals, borders, coasts, islands, seas and disputed lands."""

import pytest

from dsqc.forms import vocabulary
from dsqc.forms.reference import reference_table
from dsqc.rules.geography import agrees, country_at, country_term, is_known

CAPITALS = {
    "South Korea": (37.5665, 126.9780),
    "North Korea": (39.0392, 125.7625),
    "Japan": (35.6895, 139.6917),
    "China": (39.9042, 116.4074),
    "Mongolia": (47.8864, 106.9057),
    "Viet Nam": (21.0285, 105.8542),
    "Philippines": (14.5995, 120.9842),
    "Indonesia": (-6.2088, 106.8456),
    "Singapore": (1.3521, 103.8198),
    "Australia": (-35.2809, 149.1300),
    "New Zealand": (-41.2866, 174.7756),
    "India": (28.6139, 77.2090),
    "Russia": (55.7558, 37.6173),
    "Germany": (52.5200, 13.4050),
    "France": (48.8566, 2.3522),
    "United Kingdom": (51.5074, -0.1278),
    "Spain": (40.4168, -3.7038),
    "Norway": (59.9139, 10.7522),
    "Denmark": (55.6761, 12.5683),
    "Finland": (60.1699, 24.9384),
    "Iceland": (64.1466, -21.9426),
    "Egypt": (30.0444, 31.2357),
    "South Africa": (-25.7479, 28.2293),
    "Kenya": (-1.2921, 36.8219),
    "USA": (38.9072, -77.0369),
    "Canada": (45.4215, -75.6972),
    "Mexico": (19.4326, -99.1332),
    "Brazil": (-15.7939, -47.8828),
    "Argentina": (-34.6037, -58.3816),
    "Fiji": (-18.1248, 178.4501),
    "Tuvalu": (-8.5211, 179.1962),
    "Maldives": (4.1755, 73.5093),
    "Cote d'Ivoire": (6.8276, -5.2893),
    "Turkiye": (39.9334, 32.8597),
}
ISLANDS_OF_SOUTH_KOREA = {
    "Dokdo": (37.2411, 131.8646),
    "Ulleungdo": (37.4845, 130.9057),
    "Jeju": (33.3617, 126.5292),
    "Marado": (33.1200, 126.2675),
    "Baengnyeongdo": (37.9669, 124.7147),
    "Yeonpyeongdo": (37.6668, 125.6995),
    "Gageodo": (34.0722, 125.1192),
    "Heuksando": (34.6785, 125.4353),
}


@pytest.mark.parametrize("country", CAPITALS)
def test_capitals_lie_in_their_country_and_in_no_other(country: str) -> None:
    place = CAPITALS[country]
    assert country_at(*place) == country
    assert [name for name in CAPITALS if agrees(name, *place)] == [country]


@pytest.mark.parametrize("island", ISLANDS_OF_SOUTH_KOREA)
def test_islands_of_south_korea(island: str) -> None:
    assert agrees("South Korea", *ISLANDS_OF_SOUTH_KOREA[island])


def test_dokdo_is_land_of_south_korea_alone() -> None:
    assert country_at(37.2411, 131.8646) == "South Korea"
    assert not agrees("Japan", 37.2411, 131.8646)


@pytest.mark.parametrize(
    ("country", "latitude", "longitude", "expected"),
    [
        ("South Korea", 37.96, 126.68, True),  # Panmunjom, on the border
        ("North Korea", 37.96, 126.68, True),
        ("South Korea", 39.03, 125.75, False),  # Pyongyang
        ("South Korea", 36.0, 125.0, True),  # the Yellow Sea, 130 km off the coast
        ("South Korea", 37.5, 136.978, False),  # one digit wrong: off Noto
        ("Japan", 34.2, 129.3, True),  # Tsushima
        ("South Korea", 34.4, 129.35, False),
        ("Chile", -33.4, -70.6, True),
        ("Chile", 33.4, -70.6, False),
        ("Fiji", -17.0, -179.9, True),  # east of the date line
        ("Russia", 66.0, -172.0, True),
        ("Norway", 78.22, 15.64, True),
        ("Svalbard", 78.22, 15.64, True),
        ("Svalbard", 59.91, 10.75, False),
        ("France", 4.92, -52.31, True),
        ("French Guiana", 4.92, -52.31, True),
        ("French Guiana", 48.85, 2.35, False),
        ("USA", 13.44, 144.79, True),  # Guam carries its own term or the state's
        ("Guam", 13.44, 144.79, True),
        ("Guam", 21.3, -157.85, False),
        ("Hong Kong", 22.32, 114.17, True),
        ("China", 22.32, 114.17, True),
        ("Ukraine", 44.95, 34.1, True),  # disputed
        ("Russia", 44.95, 34.1, True),
        ("Poland", 44.95, 34.1, False),
        ("Borneo", 1.0, 114.0, True),
        ("Borneo", -6.2, 106.8, False),
        ("Antarctica", -90.0, 0.0, True),
        ("Pacific Ocean", 0.0, -150.0, True),
        ("Pacific Ocean", 37.5665, 126.9780, True),  # Seoul lies 25 km from tidewater
        ("Pacific Ocean", 36.35, 127.38, False),  # Daejeon does not
        ("Atlantic Ocean", 0.0, -150.0, False),
        ("Mediterranean Sea", 40.0, 5.0, True),
        ("Mediterranean Sea", 48.85, 2.35, False),
        ("Baltic Sea", 57.0, 19.5, True),
    ],
)
def test_borders_coasts_and_seas(country: str, latitude: float, longitude: float, expected: bool) -> None:
    assert agrees(country, latitude, longitude) is expected


def test_every_term_of_the_list_is_known_and_no_other() -> None:
    terms = set(vocabulary("insdc_country"))
    assert [term for term in terms if not is_known(term)] == []
    for table in ("geography/countries", "geography/areas", "geography/territories"):
        for row in reference_table(table):
            assert set(row["terms"].split(";")) <= terms, row["name"]


def test_what_nobody_knows_agrees_with_any_place() -> None:
    assert agrees("Atlantis", 0.0, 0.0)


def test_country_of_a_location() -> None:
    assert country_term("South Korea:Seoul") == "South Korea"
    assert country_term("Republic of Korea : Seoul") == "South Korea"
    assert country_term("") == ""
