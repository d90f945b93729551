"""Tidy tables to arrays over seeds and sizes, and their means with intervals."""
