"""What the benches run on: network namespaces, links between them, and what passes there."""
