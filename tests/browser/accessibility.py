"""Faults of a page for those who see little, use a keyboard alone, or read on a phone."""

from __future__ import annotations

from selenium.webdriver import Chrome

_LOW_CONTRAST = """
const luminance = ([r, g, b]) => {
  const [x, y, z] = [r, g, b].map(c => c / 255).map(
    c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const numbers = text => (text.match(/[\\d.]+/g) || []).map(Number);
const ground = element => {
  for (let e = element; e; e = e.parentElement) {
    const found = numbers(getComputedStyle(e).backgroundColor);
    if (found.length === 3 || found[3] === 1) return found.slice(0, 3);
  }
  return [255, 255, 255];
};
const faults = [];
for (const element of document.querySelectorAll("body *")) {
  const own = [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  if (!own || !element.checkVisibility({visibilityProperty: true})) continue;
  const style = getComputedStyle(element);
  const [a, b] = [luminance(numbers(style.color).slice(0, 3)), luminance(ground(element))];
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const large = parseFloat(style.fontSize) >= 24;
  if (contrast < (large ? 3 : 4.5))
    faults.push(`${element.tagName} ${element.className} ${contrast.toFixed(2)}: ` +
      element.textContent.trim().slice(0, 30));
}
return faults;
"""
_UNNAMED = """
return [...document.querySelectorAll("input, select, textarea, button, a[href], img")].filter(e =>
  e.checkVisibility() && !(e.getAttribute("aria-label") || e.alt || (e.labels || []).length ||
  e.textContent.trim())).map(e => e.outerHTML.slice(0, 100));
"""


def low_contrasts(browser: Chrome) -> list[str]:
    """Visible texts whose contrast is below what WCAG 2 asks at level AA."""
    return list(browser.execute_script(_LOW_CONTRAST))


def unnamed(browser: Chrome) -> list[str]:
    """Visible controls, links and pictures without a name."""
    return list(browser.execute_script(_UNNAMED))


def overflow(browser: Chrome) -> int:
    """Pixels by which the page is wider than a phone's window."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True},
    )
    script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    found = int(browser.execute_script(script))
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    return found
