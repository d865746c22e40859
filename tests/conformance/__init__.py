"""The published vectors against whoever implements the sealed values: `pytest tests/conformance --vectors FOLDER`."""
