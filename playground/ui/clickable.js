// Shows HTML whose buttons carry data-pick, and tells the page which one was clicked.

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".clickable");
  if (element.shown !== data.html) {
    element.innerHTML = data.html;
    element.shown = data.html;
  }
  for (const button of element.querySelectorAll("[data-pick]")) {
    button.setAttribute("aria-pressed", String(button.dataset.pick === data.picked));
  }
  element.onclick = (event) => {
    const button = event.target.closest("[data-pick]");
    if (!button) return;
    setTriggerValue("picked", button.dataset.pick);
    const target = data.target && document.querySelector(`.st-key-${data.target}`);
    // On a phone, what was enlarged may stand above the screen.
    target?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  };
}
