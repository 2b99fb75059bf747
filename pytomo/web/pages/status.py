"""The state of the dashboard: for programs that wait for rows, and for people who wonder."""

from pytomo.web.page import Page
from pytomo.web.parameters import DATABASE
from pytomo.web.state import state

PAGE = Page(
    name="status",
    path="/status",
    title="Status",
    text="Which database is shown and followed, and what it is doing.",
    parameters=(DATABASE,),
    build=state,
    version=state,
)
