// The canvas brings a toolbar of its own: hidden until the mouse is over it, it lies over the controls above, and, on a
// touch screen, unseen over a corner of the drawing. The page has buttons for what a learner needs of it.

const STYLE = new CSSStyleSheet();
STYLE.replaceSync(".dc-toolbar {display: none !important;} .dc-canvas {outline-color: rgba(128, 128, 128, .6) !important;}");

function hideToolbars() {
  for (const element of document.querySelectorAll("[class*=_canvas] *")) {
    const sheets = element.shadowRoot?.adoptedStyleSheets;
    if (sheets && !sheets.includes(STYLE)) element.shadowRoot.adoptedStyleSheets = [...sheets, STYLE];
  }
}

export default function () {
  hideToolbars();
  const observer = new MutationObserver(hideToolbars);
  observer.observe(document.body, { childList: true, subtree: true });
  return () => observer.disconnect();
}
