"""The report as one page for a browser: templates, and charts drawn as SVG."""
