"""Invoices that need a person before dunning begins: what is known about each, and the worksheet that decides."""
