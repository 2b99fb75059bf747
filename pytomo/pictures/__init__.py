"""Pictures of what was measured: values in, SVG or PNG bytes out."""
