"""The advisor in a real browser: its mend goes onto the workbench with one click, and Train trains it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from front_page import LIMIT_MS, accuracy, button, errors, open_front_page, screenshot, trace, wait_for_progress

from playground.catalog.optimizers import SGD
from playground.catalog.presets import preset

ADVICE = ".st-key-advice"


@pytest.mark.parametrize("width", [1280, 390])
def test_a_click_on_the_mend_and_one_on_train_bring_the_better_curve(
    width: int, start_app: Any, open_page: Any, tmp_path: Path
) -> None:
    run = preset("first-network").run
    dataset = run.dataset.model_copy(update={"name": "mnist-5k", "training_size": 1000})
    training = run.training.model_copy(update={"epochs": 2, "optimizer": SGD(learning_rate=5.0)})
    link = run.model_copy(update={"dataset": dataset, "training": training}).to_link()
    app = start_app(Path(__file__).parents[2] / "app.py")
    page = open_front_page(open_page, f"{app}/?spec={link}", width=width)
    button(page, "Train").click()
    wait_for_progress(page, "Done")
    page.locator(ADVICE).get_by_text("shot up to").wait_for(timeout=LIMIT_MS)
    before = accuracy(page, "validation accuracy")
    page.locator(ADVICE).get_by_role("button", name="Why?").click()
    page.get_by_text("learning rate 5 → 0.5").wait_for()
    screenshot(page, f"advisor-why-{width}", tmp_path)
    page.keyboard.press("Escape")
    page.locator(ADVICE).get_by_role("button", name="Lower the learning rate to 0.5").click()
    page.get_by_text("Only the learning rate differs: 5 → 0.5").wait_for()
    button(page, "Train").click()
    wait_for_progress(page, "Done")
    after = accuracy(page, "validation accuracy")
    assert before is not None and after is not None and after > before + 20
    curves = page.evaluate("document.querySelector('.live-chart').data.map(trace => trace.uid ?? '')")
    assert any(name.startswith("overlay-") for name in curves), "the old curve stands behind the new one"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert trace(page, "smooth-y") and not errors(page)
    screenshot(page, f"advisor-mended-{width}", tmp_path)
