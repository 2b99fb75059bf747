"""What the measurements of a database say: rows in memory go in, values come out."""
