#!/bin/sh
# `st.stop()` does not only leave the script: from then on the session refuses whatever this run still draws. A frame around pages that
# catches the end of a page, to draw what stands below all of them, gets the same exception again at its first element, and what comes
# after that in the handler is skipped in silence. An exception of the same class that is merely raised ends the page, and the handler draws.
# Seen with Streamlit 1.67.0 on 2026-11-28.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check "streamlit==1.67.0"
cd "$folder"
cat > app.py <<'PY'
import streamlit as st
from streamlit.runtime.scriptrunner import StopException


def leave():
    raise StopException


for end in (leave, st.stop):
    try:
        end()
    except StopException:
        try:
            st.write(f"below, after {end.__name__}")
        except StopException:
            print("refused after", end.__name__)
PY
venv/bin/python - 2>/dev/null <<'PY'
import contextlib, io
import streamlit
from streamlit.testing.v1 import AppTest

with contextlib.redirect_stdout(io.StringIO()) as out:
    drawn = [found.value for found in AppTest.from_file("app.py").run(timeout=60).markdown]
print("Streamlit", streamlit.__version__, "drawn:", drawn, "and", out.getvalue().strip())
assert drawn == ["below, after leave"] and out.getvalue().strip() == "refused after stop", (drawn, out.getvalue())
print("as seen")
PY
