"""The map with a real mouse and real keys: wheel, pan, keys from point to point, a map in space."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from featx_core.maps.projection import project
from tests.browser.map.the_map import EEL, LABELS, features, half_of, middle_of

pytestmark = pytest.mark.browser


def test_wheel_zooms_at_the_pointer_and_drag_pans(on_map):
    chart = on_map()
    at = chart.places()[EEL]
    pixel = np.round(at)
    expect(chart.hover(at)).to_have_text(f"{EEL}.png")
    for _ in range(3):
        chart.page.mouse.wheel(0, -150)
    chart.rests()
    zoom = chart.view()[0]
    assert zoom == pytest.approx(np.exp(3 * 150 * 0.0018), rel=1e-4)
    at = pixel + (at - pixel) * zoom  # what is under the pointer stays
    np.testing.assert_allclose(chart.places()[EEL], at, atol=0.02)
    assert chart.page.evaluate("window.scrollY") == 0
    moved = np.array([90, -70])
    middle = np.array([chart.box["x"] + 60, chart.box["y"] + chart.box["height"] - 80])
    chart.drag([middle, middle + moved])
    chart.rests()
    np.testing.assert_allclose(chart.places()[EEL], at + moved, atol=0.02)
    expect(chart.hover(at + moved)).to_have_text(f"{EEL}.png")
    chart.key("f")
    chart.rests()
    assert chart.view() == [1, 0, 0]
    expect(chart.hover(chart.places()[EEL])).to_have_text(f"{EEL}.png")


def test_points_are_reached_and_opened_with_keys(on_map):
    chart = on_map()
    places = chart.places()
    chart.key("ArrowRight")  # the point nearest to the middle
    start = int(np.argmin(np.linalg.norm(places - middle_of(chart), axis=1)))
    card = chart.page.locator(".card .name")
    expect(card).to_have_text(f"{start}.png")
    chart.page.keyboard.press("ArrowLeft")
    away = places - places[start]
    ahead = np.where((-away[:, 0] > 0) & (np.abs(away[:, 1]) <= -away[:, 0]), np.linalg.norm(away, axis=1), np.inf)
    expected = int(np.argmin(ahead))
    expect(card).to_have_text(f"{expected}.png")
    expect(chart.page.locator(".map [aria-live]")).to_have_text(
        re.compile(rf"{expected}\.png, Label: {LABELS[expected]}")
    )
    chart.page.keyboard.press("Enter")
    chart.counts("1 image")
    expect(chart.page.get_by_text(f"{expected}.png", exact=True).first).to_be_visible()
    assert chart.over.evaluate("node => node.getRootNode().activeElement === node")
    name = chart.over.get_attribute("aria-label")
    assert name == f"PCA map of {len(LABELS)} images in 2 dimensions"


def test_a_map_in_space_turns_and_is_selected_in(on_map):
    chart = on_map("&map=pca&axes=3")
    page = chart.page
    chart.key("l")
    box = chart.box
    left, top, right, bottom = box["x"] + 4, box["y"] + 60, box["x"] + box["width"] - 4, box["y"] + box["height"] - 4
    chart.drag([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)])
    chart.counts(f"{len(LABELS)} images")
    chart.key("Escape")
    chart.key("m")
    middle = middle_of(chart)
    chart.drag([middle, middle + np.array([120, 30])])
    chart.rests()
    yaw, pitch = chart.view()[3:]
    assert yaw == pytest.approx(-0.6 + 120 * 0.008, abs=0.05)
    assert pitch == pytest.approx(0.42 + 30 * 0.008, abs=0.05)
    page.mouse.click(*spot(chart, EEL))
    chart.counts("1 image")
    expect(page.get_by_text(f"{EEL}.png", exact=True).first).to_be_visible()


def spot(chart, row):
    """Return where a point of the map in space stands: turned about the vertical, then tipped, nearer ones larger."""
    exact = project(features(), "pca", n_components=3).coordinates.astype(np.float64)
    low, high = exact.min(axis=0), exact.max(axis=0)
    x, y, z = ((exact - (low + high) / 2) / (np.max(high - low) / 2))[row]
    zoom, left, up, yaw, pitch = chart.view()
    across, back = np.cos(yaw) * x + np.sin(yaw) * z, -np.sin(yaw) * x + np.cos(yaw) * z
    over, near = np.cos(pitch) * y - np.sin(pitch) * back, np.sin(pitch) * y + np.cos(pitch) * back
    grown = 1 / (1 - 0.22 * near)
    scale = zoom * 0.72 * half_of(chart).min()
    return middle_of(chart) + scale * np.array([across * grown - left, up - over * grown])
