"""Recipes, calibration, building artifacts, the artifact cache."""
