"""Parts of a page that are drawn again by themselves, and three ways in which Streamlit loses what is around them.

1. What a part draws is left out of what is still to be sent as soon as the part is drawn again. Meanwhile its place is
   gone, what stands below moves up, and what comes next finds its place taken or missing ("Bad delta path index"), which
   takes the whole page down to blank white. `draw` gives each part a place that nothing else stands in.
2. A script runs in a thread and hands what it draws to the event loop. When a part asks to be drawn again just when the
   thread has ended and the loop has not sent all of it, Streamlit makes a new runner at once and ignores what the old
   one left: the page stays as it was, and its parts stop asking. `compat.mend` lets such a run begin one turn of the loop
   later, behind what is to be sent.

3. Parts that a page no longer has are forgotten when it is drawn to its end, but not where it ends early or fails. A late
   request then draws such a part where something else stands ("'setIn' cannot be called on an ElementNode"), which takes the
   page down as well. `compat.forgetting` is for those ends, but not for a run that was told to stop: another run has taken its
   place, and its parts would be forgotten, so that the page stands still. Pages end early by `end_page`: from `st.stop` on,
   whatever is drawn or asked for is refused, the bars of jobs and the forgetting among it.

All need a busy machine, and parts that ask several times a second, as those do that show progress.
"""

from collections.abc import Callable
from typing import ParamSpec

import streamlit as st

from pages._ui.shell.compat import end_page as end_page

Asked = ParamSpec("Asked")


def draw(part: Callable[Asked, None], run_every: float | None = None) -> Callable[Asked, None]:
    """Make a function draw a part of the page that is drawn again by itself: the only way to make a fragment here.

    Args:
        part: Draws it.
        run_every: Seconds until it is drawn again; only when one of its controls is used unless given.
    """

    def in_its_place(*arguments: Asked.args, **options: Asked.kwargs) -> None:
        with st.container():
            st.fragment(part, run_every=run_every)(*arguments, **options)

    return in_its_place
