"""The resolved policy: frozen, digested, without a trace of YAML or pydantic. What every engine works on."""
