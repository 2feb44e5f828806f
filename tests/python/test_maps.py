"""Maps for other programs: GeoJSON as RFC 7946 wants it, SVG as XML, PNG of the size that was asked for.

The files are those that examples/maps/custom_map.rs writes, and the countries of the snapshot of crates/maps.
"""

import json
import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import examples
import pytest

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOT = ROOT / "crates/maps/tests/it/snapshots/it__snapshots__countries.snap"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("maps")
    examples.run("custom_map", cwd=folder)
    return folder


def area(ring):
    """Twice the area, above 0 for a ring that turns to the left."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:]))


def polygons(geometry):
    if geometry is None:
        return []
    kinds = {"Polygon": [geometry["coordinates"]], "MultiPolygon": geometry["coordinates"]}
    return kinds[geometry["type"]]


def check(collection):
    """That a collection is what RFC 7946 says; gives its features."""
    assert collection["type"] == "FeatureCollection"
    for feature in collection["features"]:
        assert feature["type"] == "Feature" and set(feature) == {"type", "id", "properties", "geometry"}
        for outer, *holes in polygons(feature["geometry"]):
            for ring in (outer, *holes):
                assert len(ring) >= 4 and ring[0] == ring[-1]
                assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in ring)
            assert area(outer) > 0 and all(area(hole) < 0 for hole in holes)
    return collection["features"]


def test_cells_are_squares_with_values(drawn):
    collection = json.loads((drawn / "custom_map.geojson").read_text())
    features = check(collection)
    assert len(features) == 2000 and collection["legend"]["ticks"][-1] == collection["legend"]["top"] == 1000
    assert all(area(polygons(f["geometry"])[0][0]) == 0.5 for f in features)
    first = features[0]
    # Row 200 and column 400: 9.5 to 10 degrees north, 19.5 to 20 east.
    assert polygons(first["geometry"])[0][0][0] == [19.5, 9.5]
    north, east = 9.75 - 15.5, (19.75 - 32.5) * 0.9636304532
    assert first["properties"]["value"] == pytest.approx(111.2 * (north**2 + east**2) ** 0.5, rel=1e-4)


def test_countries_are_polygons_in_pieces_and_unknown_is_null():
    text = SNAPSHOT.read_text().split("---\n", 2)[2]
    first, second, third = check(json.loads(text))
    assert [len(polygons(f["geometry"])) for f in (first, second, third)] == [1, 2, 0]
    assert [f["properties"]["value"] for f in (first, second, third)] == [0.25, 12.5, None]


def test_svg_is_xml_with_its_text(drawn):
    root = ElementTree.parse(drawn / "custom_map.svg").getroot()
    space = {"svg": "http://www.w3.org/2000/svg"}
    assert root.get("role") == "img" and root.get("width") == "800"
    assert root.find("svg:title", space).text == "How far is it to Khartoum?"
    texts = [element.text for element in root.findall("svg:text", space)]
    assert {"Kilometres", "here", "no data", "≥ 1,000"} <= set(texts)


def test_png_is_as_wide_as_asked(drawn):
    header = (drawn / "custom_map.png").read_bytes()[:26]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    width, _, depth, colour = struct.unpack(">IIBB", header[16:26])
    assert (width, depth, colour) == (800, 8, 3), "eight bits with a palette"
