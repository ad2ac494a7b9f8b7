"""A run as code: the script, whether it gives the same features, and its files to download."""

import streamlit as st

from featx_core.recipes.networks import why_not
from featx_core.recipes.recipe import NOTEBOOK, SCRIPT, CheckedRecipe
from featx_core.studies.files.recipe import RecipeStudy
from featx_core.workspace.runs import Run
from pages._ui.shell import formatting, jobs

_HEIGHT = 420  # pixels of the preview


def show(run: Run) -> None:
    """Offer the script, once it has been run in a process of its own."""
    with st.expander("Run as code", icon=":material/code:", key="as_code", on_change="rerun") as place:
        if not place.open:
            return
        if words := why_not(run.spec):
            st.caption(formatting.escape(words))
            return
        st.caption("A script and a notebook that give the same features with Keras and NumPy, without featx.")
        recipe = jobs.offer(
            RecipeStudy(run.digest), "Write and check the script", icon=":material/code:", key="write_code"
        )
        if recipe is not None:
            _offer(run, recipe)


def _offer(run: Run, recipe: CheckedRecipe) -> None:
    if recipe.is_reproduced:
        st.success(formatting.escape(recipe.words), icon=":material/check_circle:")
    else:
        st.error(formatting.escape(recipe.words), icon=":material/error:")
    st.code(recipe.script, language="python", height=_HEIGHT)
    if not recipe.is_reproduced:
        return
    stem = formatting.file_stem(run.title)
    row = st.container(horizontal=True)
    for words, name, mime, content in (
        ("All files (.zip)", f"{stem}.zip", "application/zip", recipe.archive),
        ("Script (.py)", SCRIPT, "text/x-python", recipe.script.encode()),
        ("Notebook (.ipynb)", NOTEBOOK, "application/x-ipynb+json", recipe.notebook.encode()),
    ):
        row.download_button(
            words,
            data=content,
            file_name=name,
            mime=mime,
            on_click="ignore",
            icon=":material/download:",
            key=f"code_{name}",
        )
    if recipe.has_weights:
        st.caption("The script needs the weights that lie beside it in the zip.")
