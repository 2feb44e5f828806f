"""Runs of forewarn as a Prefect flow."""
