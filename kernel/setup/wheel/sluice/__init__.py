"""Sluice: a Jupyter kernel for TypeScript. Its programs run on Node.js and stand in app/."""
