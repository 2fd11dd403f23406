"""Chromium without a window: opens a page, acts on it, and tells what it saw."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
WATCH = """<script>
const seen = { errors: [] };
addEventListener("error", (event) => seen.errors.push(event.message || "a part was not loaded"), true);
addEventListener("securitypolicyviolation", (event) => seen.errors.push(`refused: ${event.blockedURI}`));
for (const name of ["error", "warn"]) console[name] = (...words) => seen.errors.push(words.join(" "));
</script>"""
ACT = """<script>
(async () => {{
  for (let turn = 0; turn < 100 && document.getElementById("figures")?.textContent === ""; turn += 1) {{
    await new Promise((done) => setTimeout(done, 50));
  }}
  try {{
    {actions}
  }} catch (error) {{
    seen.errors.push(String(error));
  }}
  const result = document.createElement("pre");
  result.id = "seen";
  result.textContent = JSON.stringify(seen);
  document.body.append(result);
}})();
</script>"""


def open_page(page: Path, actions: str, *, width: int = 1280) -> dict[str, Any]:
    """What a script of ``actions`` notes in ``seen`` on a copy of the page, and under ``errors`` what went wrong."""
    assert CHROMIUM is not None
    text = page.read_text(encoding="utf-8")
    text = text.replace("<style>", WATCH + "<style>", 1).replace("</body>", ACT.format(actions=actions) + "</body>")
    copy = page.with_name("acted.html")
    copy.write_text(text, encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},900", "--virtual-time-budget=20000"]
    command = [CHROMIUM, *flags, f"--user-data-dir={page.parent / 'profile'}", "--dump-dom", copy.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=500, check=True)
    found = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(html.unescape(found[1]))
