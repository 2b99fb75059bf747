"""The dashboard: pages, pictures and data of the databases that crawls write, over HTTP."""
